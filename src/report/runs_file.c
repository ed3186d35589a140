/* runs_file.c: a file of runs (docs/comparing.md) -> names and words. One JSON object; every member
 * is checked here, and a message names the file, the line and what was expected. */
#include "report/runs_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "mer/text.h"
#include "text/json_scan.h"

enum { MAX_FILE_BYTES = 1 << 20, MAX_WORDS = 256, MAX_NAME = 40 };

typedef struct reader {
  const char *path, *text;
  mer_runs_file *file;
  mer__arena *memory;
  mer_error *err;
} reader;

static int64_t line_of(const reader *r, const char *at) {
  int64_t line = 1;
  for (const char *c = r->text; c < at; c++) line += *c == '\n';
  return line;
}

static mer_status fail_at(const reader *r, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static mer_status fail_at(const reader *r, const char *at, const char *format, ...) {
  char message[320];
  const int64_t line = line_of(r, at);
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return mer__fail_at(r->err, MER_STATUS_FORMAT, line, "%s:%lld: %s", r->path, (long long)line,
                      message);
}

/* What the scan did not expect; MER_OK: nothing. */
static mer_status check_scan(const reader *r, const mer__json_scan *scan) {
  if (!scan->fault) return MER_OK;
  return fail_at(r, scan->text + scan->at, "expected %s", scan->fault);
}

/* A string with its terminating 0; one with a zero byte in it is a fault. */
static mer_status decode(char **out, const reader *r, const mer__json_value *string) {
  mer__text_buffer buffer = {0};
  mer__json_decode(&buffer, string);
  *out = buffer.failed ? NULL : mer__arena_alloc(r->memory, buffer.size + 1, 1);
  if (*out) {
    if (buffer.size) memcpy(*out, buffer.data, buffer.size);
    (*out)[buffer.size] = 0;
  }
  const bool zero = *out && strlen(*out) != buffer.size;
  mer__text_clear(&buffer);
  if (zero) return fail_at(r, string->text, "expected a text without zero bytes");
  return *out ? MER_OK : mer__fail_memory(r->err);
}

static const char *kind_name(mer__json_kind kind) {
  static const char *const names[] = {"null",   "a truth value", "a number",
                                      "a text", "an object",     "a list"};
  return names[kind];
}

static mer_status expect(const reader *r, const mer__json_value *value, mer__json_kind kind,
                         const char *what, const char *expected) {
  if (value->kind == kind) return MER_OK;
  return fail_at(r, value->text, "'%s': expected %s, found %s", what, expected,
                 kind_name(value->kind));
}

static mer_status read_text(const char **out, const reader *r, const mer__json_value *value,
                            const char *what) {
  char *text = NULL;
  mer_status status = expect(r, value, MER__JSON_STRING, what, "a text in quotation marks");
  if (status == MER_OK) status = decode(&text, r, value);
  *out = text;
  return status;
}

/* Names become names of folders. */
static bool is_name(const char *name) {
  static const char letters[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+";
  const size_t size = strlen(name);
  return size >= 1 && size <= MAX_NAME && name[0] != '.' && name[strspn(name, letters)] == 0;
}

/* Cuts `text` at its blanks, in place, into words [MAX_WORDS], of which `*n` are found; what stands
 * in '..' or ".." is one word, or a part of it. */
static mer_status cut_words(char **words, int32_t *n, char *text, const reader *r, const char *at,
                            const char *name) {
  char *to = text;
  for (const char *from = text; *(from += strspn(from, " \t\r\n"));) {
    if (*n == MAX_WORDS) return fail_at(r, at, "'%s': over %d words", name, MAX_WORDS);
    char quote = 0;
    words[(*n)++] = to;
    for (; *from && (quote || !strchr(" \t\r\n", *from)); from++) {
      if (*from == quote) quote = 0;
      else if (!quote && (*from == '\'' || *from == '"')) quote = *from;
      else *to++ = *from;
    }
    const bool ended = !*from; /* the 0 of the word may take its place */
    *to++ = 0;
    if (quote)
      return fail_at(r, at, "'%s': expected %c at the end of '%s'", name, quote, words[*n - 1]);
    if (ended) return MER_OK;
    from++;
  }
  return MER_OK;
}

static mer_status read_entry(mer_runs_entry *entry, const reader *r, const mer__json_value *key,
                             const mer__json_value *value) {
  char *words[MAX_WORDS], *name = NULL, *text = NULL;
  mer_status status;
  MER__CHECK(decode(&name, r, key));
  if (!is_name(name))
    return fail_at(r, key->text,
                   "'%s' is not a name: expected 1 to %d of the letters a-z A-Z 0-9 - _ + and ., "
                   "the first not a .",
                   name, MAX_NAME);
  MER__CHECK(expect(r, value, MER__JSON_STRING, name, "a text of options"));
  MER__CHECK(decode(&text, r, value));
  *entry = (mer_runs_entry){.name = name, .line = line_of(r, value->text)};
  char *copy = mer__arena_alloc(r->memory, strlen(text) + 1, 1);
  if (!copy) return mer__fail_memory(r->err);
  entry->text = strcpy(copy, text);
  MER__CHECK(cut_words(words, &entry->n_words, text, r, value->text, name));
  entry->words = mer__arena_alloc(r->memory, (size_t)entry->n_words + 1, sizeof *words);
  if (!entry->words) return mer__fail_memory(r->err);
  if (entry->n_words) memcpy(entry->words, words, (size_t)entry->n_words * sizeof *words);
cleanup:
  return status;
}

/* An object of names and options. */
static mer_status read_entries(mer_runs_entries *list, const reader *r,
                               const mer__json_value *object, const char *what) {
  mer__json_scan scan;
  mer__json_value key, value;
  mer_status status = expect(r, object, MER__JSON_OBJECT, what, "an object of names and options");
  if (status != MER_OK) return status;
  mer__json_begin(&scan, object->text, object->size);
  while (mer__json_next(&key, &value, &scan)) {
    if (list->n == MER_REPORT_MAX_RUNS)
      return fail_at(r, key.text, "'%s': over %d names", what, MER_REPORT_MAX_RUNS);
    mer_runs_entry *entry = &list->items[list->n];
    MER__CHECK(read_entry(entry, r, &key, &value));
    for (int32_t i = 0; i < list->n; i++)
      if (strcmp(list->items[i].name, entry->name) == 0)
        return fail_at(r, key.text, "'%s' stands in '%s' twice, first in line %lld", entry->name,
                       what, (long long)list->items[i].line);
    list->n++;
  }
  MER__CHECK(check_scan(r, &scan));
  if (list->n == 0) return fail_at(r, object->text, "'%s': expected a name, found none", what);
cleanup:
  return status;
}

/* A whole number from 0 to 2^32 - 1; false: something else. */
static bool read_seed(uint64_t *seed, const mer__json_value *value) {
  *seed = 0;
  if (value->kind != MER__JSON_NUMBER || value->size > 10) return false;
  for (size_t i = 0; i < value->size; i++) {
    if (value->text[i] < '0' || value->text[i] > '9') return false;
    *seed = 10 * *seed + (uint64_t)(value->text[i] - '0');
  }
  return *seed <= UINT32_MAX;
}

static mer_status read_seeds(const reader *r, const mer__json_value *list) {
  mer__json_scan scan;
  mer__json_value value;
  mer_runs_file *f = r->file;
  mer_status status = expect(r, list, MER__JSON_ARRAY, "seeds", "a list of whole numbers");
  if (status != MER_OK) return status;
  mer__json_begin(&scan, list->text, list->size);
  for (f->n_seeds = 0; mer__json_next_element(&value, &scan); f->n_seeds++) {
    uint64_t seed;
    if (f->n_seeds == MER_REPORT_MAX_SEEDS)
      return fail_at(r, value.text, "'seeds': over %d seeds", MER_REPORT_MAX_SEEDS);
    if (!read_seed(&seed, &value))
      return fail_at(r, value.text, "'seeds': expected whole numbers from 0 to 4294967295");
    for (int32_t i = 0; i < f->n_seeds; i++)
      if (f->seeds[i] == seed)
        return fail_at(r, value.text, "'seeds': %llu is given twice", (unsigned long long)seed);
    f->seeds[f->n_seeds] = seed;
  }
  MER__CHECK(check_scan(r, &scan));
  if (f->n_seeds == 0) return fail_at(r, list->text, "'seeds': expected a number, found none");
cleanup:
  return status;
}

static const char *const members[] = {"title", "note", "data", "test", "runs", "seeds", "baseline"};
enum { TITLE, NOTE, DATA, TEST, RUNS, SEEDS, BASELINE, N_MEMBERS };

static int find_member(const mer__json_value *key) {
  int i = 0;
  while (i < N_MEMBERS && !mer__json_is(key, members[i])) i++;
  return i;
}

static mer_status read_member(const reader *r, int member, const mer__json_value *value) {
  mer_runs_file *f = r->file;
  switch (member) {
    case TITLE: return read_text(&f->title, r, value, members[member]);
    case NOTE: return read_text(&f->note, r, value, members[member]);
    case DATA: return read_entries(&f->data, r, value, members[member]);
    case TEST: return read_entries(&f->tests, r, value, members[member]);
    case RUNS: return read_entries(&f->runs, r, value, members[member]);
    case SEEDS: return read_seeds(r, value);
    default: f->baseline_line = line_of(r, value->text);
  }
  return read_text(&f->baseline, r, value, members[member]);
}

static mer_status read_members(const reader *r, size_t size) {
  mer__json_scan scan;
  mer__json_value key, value;
  bool seen[N_MEMBERS] = {0};
  mer_status status = MER_OK;
  mer__json_begin(&scan, r->text, size);
  while (mer__json_next(&key, &value, &scan)) {
    const int member = find_member(&key);
    if (member == N_MEMBERS)
      return fail_at(r, key.text, "%.*s: expected title, note, data, test, runs, seeds or baseline",
                     key.size < 60 ? (int)key.size : 60, key.text);
    if (seen[member]) return fail_at(r, key.text, "'%s' is given twice", members[member]);
    seen[member] = true;
    MER__CHECK(read_member(r, member, &value));
  }
  MER__CHECK(check_scan(r, &scan));
  if (seen[RUNS] && seen[DATA]) return MER_OK;
  return fail_at(r, r->text + scan.at, "expected '%s', an object of names and options",
                 members[seen[RUNS] ? DATA : RUNS]);
cleanup:
  return status;
}

static mer_status check_baseline(const reader *r) {
  const mer_runs_file *f = r->file;
  if (!f->baseline) return MER_OK;
  for (int32_t i = 0; i < f->runs.n; i++)
    if (strcmp(f->runs.items[i].name, f->baseline) == 0) return MER_OK;
  return mer__fail_at(r->err, MER_STATUS_FORMAT, f->baseline_line,
                      "%s:%lld: 'baseline': '%.60s' is not one of the runs", r->path,
                      (long long)f->baseline_line, f->baseline);
}

mer_status mer__runs_file_parse(mer_runs_file *file, const char *text, size_t size,
                                const char *path, mer_error *err) {
  *file = (mer_runs_file){.n_seeds = 1}; /* seed 0 */
  file->memory = mer__calloc(1, sizeof(mer__arena));
  if (!file->memory) return mer__fail_memory(err);
  const reader r = {path, text, file, file->memory, err};
  mer_status status = read_members(&r, size);
  if (status == MER_OK) status = check_baseline(&r);
  if (status != MER_OK) mer_runs_file_clear(file);
  return status;
}

mer_status mer_runs_file_read(mer_runs_file *file, const char *path, mer_error *err) {
  char *text = NULL;
  size_t size;
  *file = (mer_runs_file){0};
  mer_status status = mer_text_read(&text, &size, path, MAX_FILE_BYTES, err);
  if (status == MER_OK) status = mer__runs_file_parse(file, text, size, path, err);
  mer_text_free(text);
  return status;
}

void mer_runs_file_clear(mer_runs_file *file) {
  if (file->memory) mer__arena_clear(file->memory);
  mer__free(file->memory);
  *file = (mer_runs_file){0};
}
