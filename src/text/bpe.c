/* bpe.c: byte-level byte pair encoding. */
#include "text/bpe.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text_buffer.h"
#include "text/bpe_merges_read.h"
#include "text/utf8.h"
#include "text/vocabulary_json.h"

/* Words of more bytes are merged in memory of their own. */
enum { STACK_WORD = 256 };

/* GPT-2 spells a byte as the character of that number, or, where that is not visible, as one from
 * U+0100 on. Fills the byte of each character. */
static void list_characters(int16_t bytes[512]) {
  int next = 0x100;
  memset(bytes, 0xFF, 512 * sizeof *bytes);
  for (int byte = 0; byte < 256; byte++) {
    bool visible = (byte > ' ' && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    bytes[visible ? byte : next++] = (int16_t)byte;
  }
}

/* Appends the bytes that a token stands for; false if it has other characters. */
static bool append_bytes(mer__text_buffer *out, const char *token, size_t size,
                         const int16_t bytes[512]) {
  size_t n, begin = out->size;
  for (size_t i = 0; i < size; i += n) {
    uint32_t c = mer__utf8_read(&n, (const uint8_t *)token + i);
    if (c >= 512 || bytes[c] < 0) {
      out->size = begin;
      return false;
    }
    const char byte = (char)bytes[c];
    mer__text_append(out, &byte, 1);
  }
  return true;
}

static void push_all(mer__id_sink *sink, const int32_t *ids, int64_t n) {
  if (n < 0) sink->failed = true;
  for (int64_t i = 0; i < n; i++) mer__id_push(sink, ids[i]);
}

/* The ids of single bytes; returns their number. */
static size_t list_symbols(int32_t *ids, const mer__bpe *bpe, const uint8_t *word, size_t size) {
  size_t n = 0;
  bool after_unknown = false;
  for (size_t i = 0; i < size; i++) {
    int32_t id = bpe->symbols[word[i]];
    bool unknown = id < 0;
    if (unknown && (bpe->unknown < 0 || (after_unknown && bpe->fuse_unknown))) continue;
    ids[n++] = unknown ? bpe->unknown : id;
    after_unknown = unknown;
  }
  return n;
}

static int64_t merge_word(int32_t *ids, const mer__bpe *bpe, const uint8_t *word, size_t size) {
  return mer__bpe_merge_all(ids, list_symbols(ids, bpe, word, size), &bpe->merges);
}

static void encode(mer__id_sink *sink, const void *state, const uint8_t *word, size_t size) {
  const mer__bpe *bpe = state;
  int32_t stack[STACK_WORD], *ids = stack;
  int32_t whole = mer__vocabulary_find(&bpe->words, mer__vocabulary_hash(&bpe->words, word, size),
                                       word, size, false);
  if (whole >= 0) {
    mer__id_push(sink, whole);
    return;
  }
  if (size > STACK_WORD) ids = mer__malloc(size, sizeof *ids);
  push_all(sink, ids, ids ? merge_word(ids, bpe, word, size) : -1);
  if (ids != stack) mer__free(ids);
}

/* Takes the tokens that are spelled in bytes, and the ids of single bytes. */
static mer_status take_words(mer__bpe *bpe, const mer__vocabulary *vocabulary, const char *path,
                             mer_error *err) {
  mer__text_buffer bytes = {0};
  int16_t characters[512];
  mer_status status = MER_OK;
  size_t n = (size_t)vocabulary->n_tokens, size, at = 0;
  mer__token_text *tokens = mer__calloc(n, sizeof *tokens);
  if (!tokens) MER__CHECK(mer__fail_memory(err));
  list_characters(characters);
  memset(bpe->symbols, 0xFF, sizeof bpe->symbols);
  mer__text_append(&bytes, "", 0);
  for (size_t i = 0; i < n; i++, at = bytes.size) {
    const char *token = mer__vocabulary_token(&size, vocabulary, (int32_t)i);
    if (!append_bytes(&bytes, token, size, characters)) continue;
    tokens[i] = (mer__token_text){token, bytes.size - at};
    if (bytes.size - at == 1) bpe->symbols[(uint8_t)bytes.data[at]] = (int32_t)i;
  }
  if (bytes.failed) MER__CHECK(mer__fail_memory(err));
  at = 0;
  for (size_t i = 0; i < n; at += tokens[i].size, i++)
    if (tokens[i].text) tokens[i].text = bytes.data + at;
  status = mer__vocabulary_build(&bpe->words, tokens, n, path, err);
cleanup:
  mer__text_clear(&bytes);
  mer__free(tokens);
  return status;
}

/* Enters the words that are one token: with `all` every one, as some files say, else those that
 * the merges give. A long one that is left out is merged from its bytes each time. */
static void enter_words(mer__bpe *bpe, bool all) {
  int32_t ids[MER__BPE_SHORT_WORD];
  for (int32_t id = 0; id < bpe->words.n_tokens; id++) {
    size_t size;
    const char *token = mer__vocabulary_token(&size, &bpe->words, id);
    const uint8_t *bytes = (const uint8_t *)token;
    if (size == 0) continue;
    if (all ||
        (size <= MER__BPE_SHORT_WORD && merge_word(ids, bpe, bytes, size) == 1 && ids[0] == id))
      mer__vocabulary_enter(&bpe->words, id);
  }
}

static void free_state(void *state) {
  mer__bpe *bpe = state;
  if (!bpe) return;
  mer__vocabulary_clear(&bpe->words);
  mer__bpe_merges_clear(&bpe->merges);
  mer__free(bpe);
}

/* Makes a state without merges. */
static mer_status make(mer__bpe **out, const mer__vocabulary *vocabulary, const char *unknown,
                       const mer__json_place *place, mer_error *err) {
  mer__bpe *bpe = mer__calloc(1, sizeof *bpe);
  if (!bpe) return mer__fail_memory(err);
  *out = bpe;
  bpe->unknown = unknown ? mer__vocabulary_find_text(vocabulary, unknown) : -1;
  if (unknown && bpe->unknown < 0)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: %s: the unk_token '%s' is not in the vocab",
                     place->path, place->name, unknown);
  return take_words(bpe, vocabulary, place->path, err);
}

mer_status mer__bpe_make(mer__token_model *model, const mer__vocabulary *vocabulary,
                         const char *merges, size_t size, const char *path, mer_error *err) {
  const mer__json_place place = {path, "merges"};
  mer__bpe *bpe = NULL;
  mer_status status;
  model->kind = &mer__bpe_kind;
  MER__CHECK(make(&bpe, vocabulary, NULL, &place, err));
  MER__CHECK(mer__bpe_merges_parse(&bpe->merges, vocabulary, merges, size, path, err));
  enter_words(bpe, false);
cleanup:
  model->state = bpe;
  return status;
}

/* Settings that no byte-level checkpoint of an encoder has. */
static mer_status refuse_settings(const json_t *object, const mer__json_place *place,
                                  mer_error *err) {
  static const char *const names[] = {"dropout", "continuing_subword_prefix", "end_of_word_suffix",
                                      "byte_fallback"};
  mer_status status = MER_OK;
  for (size_t i = 0; i < sizeof names / sizeof names[0] && status == MER_OK; i++)
    status = mer__json_unset(object, names[i], place, err);
  return status;
}

static mer_status read(void **state, mer__vocabulary *vocabulary, const json_t *object,
                       const mer__json_place *place, mer_error *err) {
  const char *unknown = NULL;
  bool ignore_merges = false;
  mer__bpe *bpe = NULL;
  mer_status status;
  MER__CHECK(refuse_settings(object, place, err));
  MER__CHECK(mer__json_text(&unknown, object, "unk_token", place, err));
  MER__CHECK(mer__json_bool(&ignore_merges, object, "ignore_merges", place, err));
  MER__CHECK(mer__vocabulary_read(vocabulary, json_object_get(object, "vocab"), place, err));
  MER__CHECK(make(&bpe, vocabulary, unknown, place, err));
  MER__CHECK(mer__json_bool(&bpe->fuse_unknown, object, "fuse_unk", place, err));
  MER__CHECK(mer__bpe_merges_read(&bpe->merges, vocabulary, json_object_get(object, "merges"),
                                  place, err));
  enter_words(bpe, ignore_merges);
cleanup:
  *state = bpe;
  return status;
}

const mer__token_model_kind mer__bpe_kind = {
    .name = "BPE", .byte_level = true, .read = read, .encode = encode, .free = free_state};
