/* text_input.c: what encoders of text have in common. */
#include "encoder/text_input.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/own_tokens.h"
#include "encoder/text_turns.h"
#include "tensor/json_memory.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_parts.h"

mer_status mer__text_length(int64_t *length, int64_t asked, int64_t most, mer_error *err) {
  *length = asked < most ? asked : most;
  if (asked <= most || asked == MER__DEFAULT_LENGTH) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "maximum length: %lld tokens, but the encoder has %lld positions",
                   (long long)asked, (long long)most);
}

mer_status mer__text_input_open(mer__text_input *text, const json_t *root, const char *folder,
                                int64_t vocab_size, mer_error *err) {
  mer__json_watch();
  text->base_config = mer__config_base(root);
  if (!text->base_config || mer__json_no_memory()) return mer__fail_memory(err);
  mer_status status = mer_tokenizer_open(&text->tokenizer, folder, err);
  if (status == MER_OK && text->tokenizer->files.data[MER__TOKENIZER_WORDS])
    status = mer__tokenizer_config_check(root, folder, "config.json", err);
  if (status != MER_OK) return status;
  int32_t size = mer_tokenizer_size(text->tokenizer);
  if (size <= vocab_size) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: the tokenizer has %d tokens, but config.json says vocab_size %lld", folder,
                   size, (long long)vocab_size);
}

void mer__text_input_clear(mer__text_input *text) {
  mer_tokenizer_close(text->tokenizer);
  json_decref(text->base_config);
  *text = (mer__text_input){0};
}

/* Marks what lies between the special tokens round one text. */
static void mark_own(mer_tokens *tokens, const mer_tokenizer *tokenizer) {
  const int32_t *n_specials = tokenizer->templates.single.n;
  for (int32_t t = n_specials[0]; t < tokens->n - n_specials[1]; t++)
    tokens->type_ids[t] |= MER__OWN_TOKEN;
}

mer_status mer__text_input_tokenize(mer__input *input, mer_tokens *tokens,
                                    const mer__text_input *text, const mer__turns *turns,
                                    const char *string, size_t size, const mer_context *context,
                                    mer__turn_ids *kept, mer_error *err) {
  const bool among_turns = mer__turns_are_written(turns);
  /* What every text has, also an empty one: [CLS] and [SEP], others of the same use, or nothing. */
  const int64_t n_special = (int64_t)mer__template_size(&text->tokenizer->templates.single);
  /* Among turns one token tells whether the text has any. */
  const int64_t most = among_turns ? n_special + 1 : text->max_length;
  mer_status status =
      mer_tokenizer_encode(tokens, text->tokenizer, string, size, NULL, 0, (int32_t)most, err);
  const bool present = tokens->n > n_special;
  if (status == MER_OK && turns->pool) mark_own(tokens, text->tokenizer);
  if (status == MER_OK && present && among_turns)
    status = mer__text_turns_encode(tokens, text->tokenizer, turns, text->max_length, string, size,
                                    context, kept, err);
  if (status == MER_OK)
    *input = (mer__input){
        .present = present, .length = tokens->n, .tokens = {tokens->ids, tokens->type_ids}};
  return status;
}

static void count_positions(int32_t *positions, const int32_t *ids, int64_t n, int32_t padding) {
  int32_t next = padding + 1;
  for (int64_t t = 0; t < n; t++) positions[t] = ids[t] == padding ? padding : next++;
}

mer_status mer__token_batch_join(mer__token_batch *batch, const mer__input *const *inputs,
                                 int64_t n, int64_t padding, int64_t n_types, mer__arena *arena,
                                 mer_error *err) {
  size_t n_tokens = 0;
  for (int64_t i = 0; i < n; i++) n_tokens += (size_t)inputs[i]->length;
  int32_t *ids = mer__arena_alloc(arena, n_tokens, sizeof *ids);
  int32_t *type_ids = mer__arena_alloc(arena, n_tokens, sizeof *type_ids);
  int32_t *positions = mer__arena_alloc(arena, n_tokens, sizeof *positions);
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  if (!ids || !type_ids || !positions || !offsets) return mer__fail_memory(err);
  int32_t at = 0;
  for (int64_t i = 0; i < n; i++) {
    const size_t bytes = (size_t)inputs[i]->length * sizeof *ids;
    memcpy(ids + at, inputs[i]->tokens.ids, bytes);
    for (int64_t t = 0; t < inputs[i]->length; t++)
      type_ids[at + t] = n_types == 1 ? 0 : inputs[i]->tokens.type_ids[t] & ~MER__OWN_TOKEN;
    count_positions(positions + at, ids + at, inputs[i]->length, (int32_t)padding);
    offsets[i] = at;
    at += (int32_t)inputs[i]->length;
  }
  offsets[n] = at;
  *batch = (mer__token_batch){ids, type_ids, positions, {(int32_t)n, offsets}};
  return MER_OK;
}
