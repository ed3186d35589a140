/* added_tokens.c: reads the tokens that were added to a vocabulary. Since transformers 4.34
 * tokenizer_config.json lists all of them with their settings; before, added_tokens.json had their
 * ids, and special_tokens_map.json listed those that are special. */
#include "text/added_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { MAX_ADDED = 1 << 14, MAX_CONTENT_BYTES = 1 << 9 };

/* A token as the files state it. */
typedef struct entry {
  const char *content;
  int64_t id;       /* -1: not stated */
  const char *file; /* that lists it, for messages */
  bool normalized, single_word, lstrip, rstrip;
} entry;

typedef struct reader {
  const mer__added_sources *sources;
  entry *entries;
  size_t n, capacity;
  json_t *contents; /* those of the entries, each a key */
  json_t *specials; /* the contents of special tokens that files list beside added_tokens.json */
} reader;

static mer_status refuse(const reader *r, const char *file, const char *key, mer_error *err) {
  return mer__fail(err, MER_STATUS_FORMAT, "%s/%s: expected a token, found another value at '%s'",
                   r->sources->folder, file, key);
}

static mer_status refuse_number(const reader *r, const char *file, mer_error *err) {
  return mer__fail(err, MER_STATUS_LIMIT,
                   "%s/%s: expected at most %d added tokens of at most %d bytes",
                   r->sources->folder, file, MAX_ADDED, MAX_CONTENT_BYTES);
}

/* Makes `content` a key of a set. */
static mer_status put(json_t *set, const char *content, mer_error *err) {
  return json_object_set_new_nocheck(set, content, json_true()) == 0 ? MER_OK
                                                                     : mer__fail_memory(err);
}

/* Appends a token; one that is listed twice counts once. `file` is NULL for a default. */
static mer_status push(reader *r, entry e, const char *file, mer_error *err) {
  size_t size = strlen(e.content);
  if (size == 0) return MER_OK;
  if (json_object_get(r->contents, e.content)) return MER_OK;
  if (file && (size > MAX_CONTENT_BYTES || r->n >= MAX_ADDED)) return refuse_number(r, file, err);
  if (mer__grow(&r->entries, &r->capacity, r->n + 1, sizeof *r->entries) != 0)
    return mer__fail_memory(err);
  e.file = file;
  r->entries[r->n++] = e;
  return put(r->contents, e.content, err);
}

/* A setting that is true or false. */
static bool setting(const json_t *object, const char *key, bool otherwise) {
  const json_t *value = json_object_get(object, key);
  return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

/* A token as text, or as an object with its settings. False if it is neither. */
static bool parse_token(entry *e, const json_t *value, bool special) {
  const json_t *content = json_is_object(value) ? json_object_get(value, "content") : value;
  if (!json_is_string(content) || strlen(json_string_value(content)) < json_string_length(content))
    return false;
  special = setting(value, "special", special);
  *e = (entry){.content = json_string_value(content),
               .id = -1,
               .normalized = setting(value, "normalized", !special),
               .single_word = setting(value, "single_word", false),
               .lstrip = setting(value, "lstrip", false),
               .rstrip = setting(value, "rstrip", false)};
  return true;
}

/* {"ID": {"content": ...}, ...} of tokenizer_config.json. */
static mer_status read_decoder(reader *r, const json_t *decoder, mer_error *err) {
  const char *key;
  json_t *value;
  mer_status status = MER_OK;
  json_object_foreach((json_t *)decoder, key, value) {
    entry e;
    char *end;
    long long id = strtoll(key, &end, 10);
    if (*end || end == key || id < 0 || !json_is_object(value) || !parse_token(&e, value, false))
      return refuse(r, "tokenizer_config.json", key, err);
    e.id = id;
    if ((status = push(r, e, "tokenizer_config.json", err)) != MER_OK) break;
  }
  return status;
}

/* [{"id", "content", ..}, ..] of tokenizer.json. */
static mer_status read_listed(reader *r, const json_t *list, mer_error *err) {
  mer_status status = MER_OK;
  if (!json_is_array(list)) return refuse(r, "tokenizer.json", "added_tokens", err);
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++) {
    const json_t *value = json_array_get(list, i), *id = json_object_get(value, "id");
    entry e;
    if (!parse_token(&e, value, false) || !json_is_integer(id) || json_integer_value(id) < 0)
      return refuse(r, "tokenizer.json", "added_tokens", err);
    e.id = json_integer_value(id);
    status = push(r, e, "tokenizer.json", err);
  }
  return status;
}

/* Whether `content` is one of BERT's special tokens. */
static bool is_usual(const char *content) {
  for (int i = 0; i < MER__N_SPECIALS; i++)
    if (strcmp(mer__special_names[i], content) == 0) return true;
  return false;
}

/* Notes the special tokens that a file lists. */
static mer_status note_specials(reader *r, const json_t *list, const char *file, mer_error *err) {
  mer_status status = MER_OK;
  if (json_array_size(list) > MAX_ADDED) return refuse_number(r, file, err);
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++) {
    entry e;
    if (parse_token(&e, json_array_get(list, i), true)) status = put(r->specials, e.content, err);
  }
  return status;
}

static const json_t *additional(const json_t *object) {
  return json_object_get(object, "additional_special_tokens");
}

/* {"TOKEN": ID, ...} of added_tokens.json. */
static mer_status read_added(reader *r, mer_error *err) {
  const mer__added_sources *s = r->sources;
  const char *key;
  json_t *value;
  mer_status status;
  MER__CHECK(note_specials(r, additional(s->specials), "special_tokens_map.json", err));
  MER__CHECK(note_specials(r, additional(s->config), "tokenizer_config.json", err));
  json_object_foreach((json_t *)s->added, key, value) {
    bool special = is_usual(key) || json_object_get(r->specials, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
      return refuse(r, "added_tokens.json", key, err);
    entry e = {.content = key, .id = json_integer_value(value), .normalized = !special};
    if ((status = push(r, e, "added_tokens.json", err)) != MER_OK) break;
  }
cleanup:
  return status;
}

/* A list of special tokens; those that are not yet known follow the others. */
static mer_status read_specials(reader *r, const json_t *list, const char *file, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++) {
    entry e;
    if (!parse_token(&e, json_array_get(list, i), true))
      return refuse(r, file, "additional_special_tokens", err);
    status = push(r, e, file, err);
  }
  return status;
}

static int by_id(const void *a, const void *b) {
  int64_t x = ((const entry *)a)->id, y = ((const entry *)b)->id;
  return (x > y) - (x < y);
}

/* Special tokens of the family that the vocabulary has. */
static mer_status read_defaults(reader *r, const mer__vocabulary *vocabulary, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = 0; i < r->sources->n_defaults && status == MER_OK; i++) {
    const mer__added_default *d = &r->sources->defaults[i];
    if (mer__vocabulary_find_text(vocabulary, d->content) < 0) continue;
    status = push(r, (entry){.content = d->content, .id = -1, .lstrip = d->lstrip}, NULL, err);
  }
  return status;
}

static void sort(reader *r) {
  if (r->n) qsort(r->entries, r->n, sizeof *r->entries, by_id);
}

static mer_status read_entries(reader *r, const mer__vocabulary *vocabulary, mer_error *err) {
  const mer__added_sources *s = r->sources;
  const json_t *listed = json_object_get(s->tokenizer, "added_tokens");
  const json_t *decoder = json_object_get(s->config, "added_tokens_decoder");
  bool decodes = json_is_object(decoder);
  mer_status status;
  if (s->tokenizer) {
    status = listed && !json_is_null(listed) ? read_listed(r, listed, err) : MER_OK;
    sort(r);
    return status;
  }
  MER__CHECK(decodes ? read_decoder(r, decoder, err) : read_added(r, err));
  sort(r);
  if (!decodes)
    MER__CHECK(read_specials(r, additional(s->specials), "special_tokens_map.json", err));
  MER__CHECK(read_specials(r, additional(s->config), "tokenizer_config.json", err));
  status = read_defaults(r, vocabulary, err);
cleanup:
  return status;
}

/* Whether the entries are those that every BERT has in its vocabulary, with their usual settings.
 */
static bool is_plain(const reader *r, const mer__vocabulary *vocabulary) {
  for (size_t i = 0; i < r->n; i++)
    if (!is_usual(r->entries[i].content) || r->entries[i].normalized || r->entries[i].single_word ||
        mer__vocabulary_find_text(vocabulary, r->entries[i].content) < 0)
      return false;
  return r->n == MER__N_SPECIALS;
}

static char *pattern_of(const entry *e, const mer__text_pipeline *pipeline) {
  mer__normal_room room = {0};
  const char *normalized = e->content;
  size_t size = strlen(e->content);
  if (e->normalized)
    normalized = mer__text_pipeline_normalize(&room, &size, pipeline, e->content, size);
  char *pattern = normalized ? mer__strndup(normalized, size) : NULL;
  mer__normal_room_clear(&room);
  return pattern;
}

static mer_status take(mer__added_tokens *added, const entry *e, const mer__vocabulary *vocabulary,
                       const mer__text_pipeline *pipeline, const reader *r, mer_error *err) {
  int32_t id = mer__vocabulary_find_text(vocabulary, e->content);
  bool is_new = id < 0;
  if (is_new) id = vocabulary->n_tokens + added->n_new++;
  if (e->id >= 0 && e->id != id)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s/%s: the added token '%s' has the id %lld, expected %d, which %s",
                     r->sources->folder, e->file, e->content, (long long)e->id, (int)id,
                     is_new ? "follows those before it" : "it has in the vocabulary");
  mer__added_token *token = &added->items[added->n++];
  *token = (mer__added_token){.id = id,
                              .normalized = e->normalized,
                              .single_word = e->single_word,
                              .lstrip = e->lstrip,
                              .rstrip = e->rstrip};
  token->content = mer__strdup(e->content);
  token->pattern = pattern_of(e, pipeline);
  if (!token->content || !token->pattern) return mer__fail_memory(err);
  added->any_normalized |= e->normalized;
  return MER_OK;
}

/* Makes the trie of those that are looked for in the raw text, or in the normalized one. */
static mer_status make_trie(mer__added_tokens *added, bool normalized, const char *path,
                            mer_error *err) {
  mer__vocabulary patterns = {0};
  mer__token_text *texts = mer__calloc(added->n, sizeof *texts);
  if (!texts) return mer__fail_memory(err);
  for (size_t i = 0; i < added->n; i++) {
    const mer__added_token *token = &added->items[added->n - 1 - i];
    if (token->normalized == normalized)
      texts[i] = (mer__token_text){token->pattern, strlen(token->pattern)};
  }
  mer_status status = mer__vocabulary_build(&patterns, texts, added->n, path, err);
  if (status == MER_OK)
    status = mer__byte_trie_build(&added->tries[normalized], &patterns, path, err);
  mer__vocabulary_clear(&patterns);
  mer__free(texts);
  return status;
}

mer_status mer__added_tokens_read(mer__added_tokens *added, const mer__added_sources *sources,
                                  const mer__vocabulary *vocabulary,
                                  const mer__text_pipeline *pipeline, mer_error *err) {
  reader r = {.sources = sources, .contents = json_object(), .specials = json_object()};
  mer_status status;
  if (!r.contents || !r.specials) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(read_entries(&r, vocabulary, err));
  added->plain = pipeline->bert && is_plain(&r, vocabulary);
  if (r.n == 0 || added->plain) goto cleanup;
  added->items = mer__calloc(r.n, sizeof *added->items);
  if (!added->items) MER__CHECK(mer__fail_memory(err));
  for (size_t i = 0; i < r.n; i++)
    MER__CHECK(take(added, &r.entries[i], vocabulary, pipeline, &r, err));
  MER__CHECK(make_trie(added, false, sources->folder, err));
  MER__CHECK(make_trie(added, true, sources->folder, err));
cleanup:
  json_decref(r.contents);
  json_decref(r.specials);
  mer__free(r.entries);
  return status;
}

void mer__added_tokens_clear(mer__added_tokens *added) {
  for (size_t i = 0; i < added->n; i++) {
    mer__free(added->items[i].content);
    mer__free(added->items[i].pattern);
  }
  mer__free(added->items);
  mer__byte_trie_clear(&added->tries[0]);
  mer__byte_trie_clear(&added->tries[1]);
  *added = (mer__added_tokens){0};
}
