/* wordpiece.c: a word to the ids of its pieces. */
#include "text/wordpiece.h"

#include <string.h>

#include "base/alloc.h"
#include "base/dispatch.h"
#include "base/error.h"
#include "text/vocabulary_json.h"

/* The longest token at the beginning of `rest`, its bytes in `*size`; -1 if there is none. */
static int32_t longest_piece(size_t *size, const mer__vocabulary *vocabulary, const uint8_t *rest,
                             size_t rest_size, bool inside) {
  uint64_t hashes[MER__WORD_MAX_BYTES + 1];
  size_t longest = vocabulary->longest;
  if (inside) longest = longest > 2 ? longest - 2 : 0;
  if (rest_size > longest) rest_size = longest;
  hashes[0] = mer__vocabulary_hash(vocabulary, "##", inside ? 2 : 0);
  for (size_t i = 0; i < rest_size; i++)
    hashes[i + 1] = mer__vocabulary_hash_add(vocabulary->key, hashes[i], rest[i]);
  for (*size = rest_size; *size > 0; --*size) {
    int32_t id = mer__vocabulary_find(vocabulary, hashes[*size], rest, *size, inside);
    if (id >= 0) return id;
  }
  return -1;
}

MER__INLINE void push_pieces(mer__id_sink *sink, const mer__wordpiece *model, const uint8_t *word,
                             size_t size) {
  size_t n_before_word = sink->n;
  for (size_t at = 0, piece; at < size; at += piece) {
    int32_t id = longest_piece(&piece, model->vocabulary, word + at, size - at, at > 0);
    if (id < 0) {
      sink->n = n_before_word;
      mer__id_push(sink, model->unknown);
      return;
    }
    mer__id_push(sink, id);
  }
}

bool mer__wordpiece_visit(void *user, const mer__word *word) {
  const mer__wordpiece_run *run = user;
  mer__id_sink *sink = run->sink;
  if (word->special >= 0) mer__id_push(sink, run->model->specials[word->special]);
  else if (word->too_long) mer__id_push(sink, run->model->unknown);
  else push_pieces(sink, run->model, word->bytes, word->size);
  return mer__id_wanted(sink);
}

bool mer__wordpiece_make(mer__token_model *model, const mer__vocabulary *vocabulary,
                         const char *unknown) {
  mer__wordpiece *state = mer__malloc(1, sizeof *state);
  if (!state) return false;
  state->vocabulary = vocabulary;
  state->unknown = mer__vocabulary_find_text(vocabulary, unknown);
  for (int i = 0; i < MER__N_SPECIALS; i++)
    state->specials[i] = mer__vocabulary_find_text(vocabulary, mer__special_names[i]);
  *model = (mer__token_model){&mer__wordpiece_kind, state};
  return true;
}

/* Words are cut at `max_input_chars_per_word`, pieces begin with the prefix: both have one value in
 * every checkpoint. */
static mer_status read_settings(const char **unknown, const json_t *model,
                                const mer__json_place *place, mer_error *err) {
  const char *prefix = "##";
  int64_t longest = MER__WORD_MAX_CHARS;
  mer_status status;
  *unknown = "[UNK]";
  MER__CHECK(mer__json_text(unknown, model, "unk_token", place, err));
  MER__CHECK(mer__json_text(&prefix, model, "continuing_subword_prefix", place, err));
  MER__CHECK(mer__json_integer(&longest, model, "max_input_chars_per_word", place, err));
  if (strcmp(prefix, "##") != 0)
    status = mer__json_unsupported(place, "a continuing_subword_prefix other than ##", err);
  else if (longest != MER__WORD_MAX_CHARS)
    status = mer__json_unsupported(place, "a max_input_chars_per_word other than 100", err);
cleanup:
  return status;
}

static mer_status read(void **state, mer__vocabulary *vocabulary, const json_t *object,
                       const mer__json_place *place, mer_error *err) {
  const char *unknown;
  mer__token_model model = {0};
  mer_status status;
  MER__CHECK(read_settings(&unknown, object, place, err));
  MER__CHECK(mer__vocabulary_read(vocabulary, json_object_get(object, "vocab"), place, err));
  if (mer__vocabulary_find_text(vocabulary, unknown) < 0)
    MER__CHECK(mer__fail(err, MER_STATUS_FORMAT, "%s: %s: the unk_token '%s' is not in the vocab",
                         place->path, place->name, unknown));
  if (!mer__wordpiece_make(&model, vocabulary, unknown)) MER__CHECK(mer__fail_memory(err));
  *state = model.state;
cleanup:
  return status;
}

static void encode(mer__id_sink *sink, const void *state, const uint8_t *word, size_t size) {
  const mer__wordpiece *model = state;
  size_t n_chars = 0;
  for (size_t i = 0; i < size && n_chars <= MER__WORD_MAX_CHARS; i++)
    n_chars += (word[i] & 0xC0) != 0x80;
  if (n_chars > MER__WORD_MAX_CHARS) mer__id_push(sink, model->unknown);
  else push_pieces(sink, model, word, size);
}

const mer__token_model_kind mer__wordpiece_kind = {
    .name = "WordPiece", .read = read, .encode = encode, .free = mer__free};
