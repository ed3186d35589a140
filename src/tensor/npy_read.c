/* npy_read.c: reads NumPy's array files.
 * Format: numpy.lib.format, versions 1.0 to 3.0: a magic string, the header's size, a Python
 * dictionary with 'descr', 'fortran_order' and 'shape', the elements. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "tensor/dtype.h"
#include "tensor/npy_elements.h"

#define MAGIC "\x93NUMPY"
enum { MAGIC_BYTES = sizeof MAGIC - 1 };

enum { MAX_HEADER_BYTES = 1 << 20, MAX_WORD = 64 };

/* The header's text and what was read from it. */
typedef struct header {
  const char *at, *end, *path;
  char descr[MAX_WORD];
  bool fortran_order, has_descr, has_order, has_shape;
  int rank;
  int64_t shape[MER_MAX_RANK];
  size_t begin; /* of the elements in the file */
  mer_error *err;
} header;

static mer_status fail_header(const header *h, const char *expected) {
  return mer__fail(h->err, MER_STATUS_FORMAT, "%s: header of the array: expected %s", h->path,
                   expected);
}

static void skip_spaces(header *h) {
  while (h->at < h->end && isspace((unsigned char)*h->at)) h->at++;
}

/* Steps over `c`, if it is next. */
static bool accept(header *h, char c) {
  skip_spaces(h);
  if (h->at == h->end || *h->at != c) return false;
  h->at++;
  return true;
}

static mer_status read_string(char word[MAX_WORD], header *h) {
  char quote = accept(h, '\'') ? '\'' : '"';
  if (quote == '"' && !accept(h, '"')) return fail_header(h, "a quoted word");
  const char *close = memchr(h->at, quote, (size_t)(h->end - h->at));
  if (!close || close - h->at >= MAX_WORD) return fail_header(h, "a quoted word");
  memcpy(word, h->at, (size_t)(close - h->at));
  word[close - h->at] = 0;
  h->at = close + 1;
  return MER_OK;
}

static mer_status read_order(header *h) {
  skip_spaces(h);
  size_t left = (size_t)(h->end - h->at);
  h->fortran_order = left >= 4 && memcmp(h->at, "True", 4) == 0;
  if (!h->fortran_order && (left < 5 || memcmp(h->at, "False", 5) != 0))
    return fail_header(h, "fortran_order True or False");
  h->at += h->fortran_order ? 4 : 5;
  return MER_OK;
}

static bool read_dimension(int64_t *value, header *h) {
  skip_spaces(h);
  const char *begin = h->at;
  for (*value = 0; h->at < h->end && isdigit((unsigned char)*h->at); h->at++)
    if (__builtin_mul_overflow(*value, 10, value) ||
        __builtin_add_overflow(*value, *h->at - '0', value))
      return false;
  return h->at > begin;
}

static mer_status read_shape(header *h) {
  if (!accept(h, '(')) return fail_header(h, "a shape in parentheses");
  while (!accept(h, ')')) {
    if (h->rank == MER_MAX_RANK)
      return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: more than %d dimensions", h->path,
                       MER_MAX_RANK);
    if (!read_dimension(&h->shape[h->rank++], h))
      return fail_header(h, "whole numbers as dimensions");
    if (accept(h, ',')) continue;
    if (!accept(h, ')')) return fail_header(h, "',' or ')' after a dimension");
    return MER_OK;
  }
  return MER_OK;
}

static mer_status read_item(header *h) {
  char key[MAX_WORD];
  mer_status status = read_string(key, h);
  if (status != MER_OK) return status;
  if (!accept(h, ':')) return fail_header(h, "':'");
  bool *seen = strcmp(key, "descr") == 0           ? &h->has_descr
               : strcmp(key, "fortran_order") == 0 ? &h->has_order
               : strcmp(key, "shape") == 0         ? &h->has_shape
                                                   : NULL;
  if (!seen || *seen) return fail_header(h, "descr, fortran_order and shape, once each");
  *seen = true;
  skip_spaces(h);
  if (seen == &h->has_descr && h->at < h->end && *h->at == '[')
    return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: structured arrays are not supported",
                     h->path);
  if (seen == &h->has_descr) return read_string(h->descr, h);
  return seen == &h->has_order ? read_order(h) : read_shape(h);
}

static mer_status read_header(header *h) {
  if (!accept(h, '{')) return fail_header(h, "'{'");
  while (!accept(h, '}')) {
    mer_status status = read_item(h);
    if (status != MER_OK) return status;
    if (accept(h, ',')) continue;
    if (!accept(h, '}')) return fail_header(h, "',' or '}'");
    break;
  }
  if (!h->has_descr || !h->has_order || !h->has_shape)
    return fail_header(h, "descr, fortran_order and shape, once each");
  return MER_OK;
}

/* Reads what stands before the header's text: `*size` becomes that of the text. */
static mer_status read_prefix(size_t *size, header *h, int fd, size_t n_file) {
  uint8_t prefix[MAGIC_BYTES + 2 + 4] = {0};
  size_t least = MAGIC_BYTES + 2 + 2;
  if (n_file < least) return mer__fail(h->err, MER_STATUS_FORMAT, "%s: not a .npy file", h->path);
  mer_status status = mer__file_read_all(fd, prefix, least, h->path, h->err);
  if (status != MER_OK) return status;
  int version = prefix[MAGIC_BYTES];
  if (memcmp(prefix, MAGIC, MAGIC_BYTES) != 0)
    return mer__fail(h->err, MER_STATUS_FORMAT, "%s: not a .npy file", h->path);
  if (version < 1 || version > 3)
    return mer__fail(h->err, MER_STATUS_UNSUPPORTED, "%s: .npy version %d, expected 1 to 3",
                     h->path, version);
  if (version > 1) { /* the size has two more bytes */
    if (n_file < sizeof prefix)
      return mer__fail(h->err, MER_STATUS_FORMAT, "%s: truncated", h->path);
    status = mer__file_read_all(fd, prefix + least, 2, h->path, h->err);
    if (status != MER_OK) return status;
  }
  const uint8_t *n = prefix + MAGIC_BYTES + 2;
  *size = (size_t)n[0] | (size_t)n[1] << 8 | (size_t)n[2] << 16 | (size_t)n[3] << 24;
  h->begin = (version > 1 ? sizeof prefix : least) + *size;
  return MER_OK;
}

/* Reads the header's text, which is the caller's. */
static mer_status read_text(char **text, header *h, int fd, size_t n_file) {
  size_t size = 0;
  mer_status status = read_prefix(&size, h, fd, n_file);
  if (status != MER_OK) return status;
  if (size > MAX_HEADER_BYTES)
    return mer__fail(h->err, MER_STATUS_LIMIT, "%s: header of %zu bytes, at most %d are read",
                     h->path, size, MAX_HEADER_BYTES);
  if (h->begin > n_file)
    return mer__fail(h->err, MER_STATUS_FORMAT,
                     "%s: truncated: header of %zu bytes in a file of %zu", h->path, size, n_file);
  *text = mer__malloc(size, 1);
  if (!*text) return mer__fail_memory_for(h->err, h->path);
  h->at = *text;
  h->end = *text + size;
  return mer__file_read_all(fd, *text, size, h->path, h->err);
}

/* Describes the elements after the header, whose number must be the shape's. */
static mer_status find_elements(mer__npy_elements *elements, const header *h, size_t n_file) {
  mer_status status = mer__npy_element(elements, h->descr, h->path, h->err);
  if (status != MER_OK) return status;
  elements->fortran_order = h->fortran_order;
  elements->rank = h->rank;
  memcpy(elements->shape, h->shape, (size_t)h->rank * sizeof *h->shape);
  size_t n_bytes, n_data = n_file - h->begin;
  if (!mer__shape_count(&elements->n, h->shape, h->rank) ||
      __builtin_mul_overflow((size_t)elements->n, elements->n_bytes, &n_bytes))
    return mer__fail(h->err, MER_STATUS_FORMAT, "%s: the shape has too many elements", h->path);
  if (n_bytes != n_data)
    return mer__fail(h->err, MER_STATUS_FORMAT,
                     "%s: %zu bytes of elements, expected %zu for its shape", h->path, n_data,
                     n_bytes);
  return MER_OK;
}

static mer_status read_elements(float **data, const mer__npy_elements *elements, int fd,
                                const char *path, mer_error *err) {
  *data = mer__malloc((size_t)elements->n, sizeof **data);
  if (!*data) return mer__fail_memory_for(err, path);
  mer_status status = mer__npy_elements_read(*data, elements, fd, path, err);
  if (status == MER_OK) return MER_OK;
  mer__free(*data);
  *data = NULL;
  return status;
}

mer_status mer_npy_read(float **data, int64_t *shape, int *rank, const char *path, mer_error *err) {
  int fd;
  size_t n_file = 0;
  char *text = NULL;
  mer__npy_elements elements;
  header h = {.path = path, .err = err};
  if (data) *data = NULL;
  mer_status status = mer__file_open(&fd, &n_file, path, err);
  if (status != MER_OK) return status;
  MER__CHECK(read_text(&text, &h, fd, n_file));
  MER__CHECK(read_header(&h));
  MER__CHECK(find_elements(&elements, &h, n_file));
  if (data) MER__CHECK(read_elements(data, &elements, fd, path, err));
  memcpy(shape, h.shape, (size_t)h.rank * sizeof *shape);
  *rank = h.rank;
cleanup:
  mer__free(text);
  close(fd);
  return status;
}

void mer_npy_free(float *data) { mer__free(data); }
