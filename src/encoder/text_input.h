/* text_input.h: what encoders of text have in common: a tokenizer, its files, and a longest text.
 */
#ifndef MER_ENCODER_TEXT_INPUT_H
#define MER_ENCODER_TEXT_INPUT_H

#include "encoder/modality.h"
#include "encoder/turn_ids.h"
#include "nn/packing.h"

/** Zero-initialize. */
typedef struct mer__text_input {
  mer_tokenizer *tokenizer;
  json_t *base_config; /* the encoder's config.json, without what mer adds to it */
  int64_t max_length;  /* tokens */
} mer__text_input;

/** Most tokens of a text where nobody says how many. */
enum { MER__DEFAULT_LENGTH = 128 };

/** Most tokens of a text where `asked` for, by an encoder of `most` positions: fewer where that is
 * the default. MER_STATUS_INVALID: too many were asked for. */
mer_status mer__text_length(int64_t *length, int64_t asked, int64_t most, mer_error *err);

/** Opens the tokenizer in `folder` and keeps `root`, the encoder's config.json. MER_STATUS_FORMAT:
 * the vocabulary has more tokens than `vocab_size`. */
mer_status mer__text_input_open(mer__text_input *text, const json_t *root, const char *folder,
                                int64_t vocab_size, mer_error *err);
void mer__text_input_clear(mer__text_input *text);

/** Tokens of a text, with the `turns` of its context that are read, at most max_length; the input
 * borrows them. `kept` is that of mer__text_turns_encode. A text that has no tokens of its own (it
 * is empty, or blanks alone) is not present.
 */
mer_status mer__text_input_tokenize(mer__input *input, mer_tokens *tokens,
                                    const mer__text_input *text, const mer__turns *turns,
                                    const char *string, size_t size, const mer_context *context,
                                    mer__turn_ids *kept, mer_error *err);

/** Token ids of a batch, packed. */
typedef struct mer__token_batch {
  const int32_t *ids, *type_ids, *positions; /* [T] */
  mer__packing packing;
} mer__token_batch;

/** Joins inputs into one batch, in the arena. Positions are counted from 0 in each input; if
 * `padding` is not -1, from padding + 1, and tokens that are padding, which are not counted, have
 * that position (RoBERTa). Types are those of the tokenizer, or 0 where the encoder has but one
 * (`n_types`). MER_STATUS_NO_MEMORY. */
mer_status mer__token_batch_join(mer__token_batch *batch, const mer__input *const *inputs,
                                 int64_t n, int64_t padding, int64_t n_types, mer__arena *arena,
                                 mer_error *err);

#endif
