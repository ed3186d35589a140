/* bpe_merges_read.c: reads the pairs of byte pair encoding. */
#include "text/bpe_merges_read.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* What is read, and where it is: `number` is a line of a file or an element of a list. */
typedef struct reader {
  mer__bpe_merges *merges;
  const mer__vocabulary *vocabulary;
  const char *path, *unit;
  size_t number;
  char *both; /* room for the longest token */
} reader;

static mer_status begin(reader *r, size_t n, mer_error *err) {
  r->both = mer__malloc(r->vocabulary->longest + 1, 1);
  if (!r->both) return mer__fail_memory(err);
  return mer__bpe_merges_reserve(r->merges, n, r->path, err);
}

static int32_t id_of(const reader *r, const char *token, size_t size) {
  const uint8_t *bytes = (const uint8_t *)token;
  return mer__vocabulary_find(r->vocabulary, mer__vocabulary_hash(r->vocabulary, bytes, size),
                              bytes, size, false);
}

static mer_status refuse(const reader *r, const char *found, mer_error *err) {
  return mer__fail_at(err, MER_STATUS_FORMAT, (int64_t)r->number,
                      "%s: %s %zu: expected two tokens that are one together, found %s", r->path,
                      r->unit, r->number, found);
}

static mer_status add(reader *r, const char *left, size_t left_size, const char *right,
                      size_t right_size, mer_error *err) {
  int32_t a = id_of(r, left, left_size), b = id_of(r, right, right_size), id = -1;
  if (a < 0 || b < 0) return refuse(r, "one that is not in the vocabulary", err);
  if (left_size + right_size <= r->vocabulary->longest) {
    memcpy(r->both, left, left_size);
    memcpy(r->both + left_size, right, right_size);
    id = id_of(r, r->both, left_size + right_size);
  }
  if (id < 0) return refuse(r, "two that the vocabulary does not have together", err);
  mer__bpe_merges_add(r->merges, a, b, id);
  return MER_OK;
}

/* Adds "left right". */
static mer_status add_line(reader *r, const char *line, size_t size, mer_error *err) {
  const char *space = size ? memchr(line, ' ', size) : NULL;
  if (!space) return refuse(r, "no space", err);
  size_t left = (size_t)(space - line), right = size - left - 1;
  if (right && memchr(space + 1, ' ', right)) return refuse(r, "two spaces", err);
  return add(r, line, left, space + 1, right, err);
}

mer_status mer__bpe_merges_parse(mer__bpe_merges *merges, const mer__vocabulary *vocabulary,
                                 const char *file, size_t size, const char *path, mer_error *err) {
  reader r = {.merges = merges, .vocabulary = vocabulary, .path = path, .unit = "line"};
  const char *line = file, *end = file + size;
  size_t n_lines = 1;
  mer_status status;
  for (size_t i = 0; i < size; i++) n_lines += file[i] == '\n';
  MER__CHECK(begin(&r, n_lines, err));
  for (size_t n; line < end; line += n + 1) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    n = (size_t)((stop ? stop : end) - line);
    r.number++;
    size_t used = n > 0 && line[n - 1] == '\r' ? n - 1 : n;
    if (used >= 8 && memcmp(line, "#version", 8) == 0) continue;
    MER__CHECK(add_line(&r, line, used, err));
  }
cleanup:
  mer__free(r.both);
  return status;
}

static mer_status add_element(reader *r, const json_t *element, mer_error *err) {
  const json_t *left = json_array_get(element, 0), *right = json_array_get(element, 1);
  if (json_is_string(element))
    return add_line(r, json_string_value(element), json_string_length(element), err);
  if (json_array_size(element) != 2 || !json_is_string(left) || !json_is_string(right))
    return refuse(r, "something else", err);
  return add(r, json_string_value(left), json_string_length(left), json_string_value(right),
             json_string_length(right), err);
}

mer_status mer__bpe_merges_read(mer__bpe_merges *merges, const mer__vocabulary *vocabulary,
                                const json_t *list, const mer__json_place *place, mer_error *err) {
  reader r = {.merges = merges, .vocabulary = vocabulary, .path = place->path, .unit = "merge"};
  mer_status status;
  if (!json_is_array(list)) return mer__json_expected(place, "merges", "a list", err);
  MER__CHECK(begin(&r, json_array_size(list), err));
  for (size_t i = 0; i < json_array_size(list); i++) {
    r.number = i + 1;
    MER__CHECK(add_element(&r, json_array_get(list, i), err));
  }
cleanup:
  mer__free(r.both);
  return status;
}
