/* mer/encoder.h: encoders by themselves, from their directories to vectors.
 * Stable (mer/mer.h). */
#ifndef MER_ENCODER_H
#define MER_ENCODER_H

#include "mer/base.h"
#include "mer/text.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most modalities of a classifier. */
#define MER_MAX_MODALITIES 6

/** An encoder of texts or of sound: a directory as Hugging Face lays it out, or a model directory
 * that holds one. */
typedef struct mer_encoder mer_encoder;

/** Opens the configuration, the weights and what else the encoder of `folder` needs.
 * MER_STATUS_NOT_FOUND, MER_STATUS_FORMAT (the message names file and fault),
 * MER_STATUS_UNSUPPORTED (no encoder that is known, or one of images), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_encoder_open(mer_encoder **out, const char *folder, mer_error *err);

/** What an encoder of sound makes a vector of. */
typedef struct mer_encoder_options {
  size_t size;      /* of this struct; set by mer_encoder_options_init */
  bool layer_sum;   /* of all layers, summed: with the weights of the directory's classifier, if it
                       has some, else with equal ones; default: of the last layer */
  const char *pool; /* over time: "mean" (default), or "mean-std": mean and deviation */
} mer_encoder_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_encoder_options_init(mer_encoder_options *options, size_t size);
/** mer_encoder_open with options, which may be NULL. MER_STATUS_INVALID, too: an option, or one
 * that does not apply to an encoder of texts. */
MER_API mer_status mer_encoder_open_with(mer_encoder **out, const char *folder,
                                         const mer_encoder_options *options, mer_error *err);
/** Accepts NULL. */
MER_API void mer_encoder_close(mer_encoder *encoder);

/** Rounds the encoder's weights to int8, in memory, as mer_model_quantize does in files; nothing
 * happens if they are. MER_STATUS_FORMAT (a weight is not finite), MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY; then the encoder can only be closed. */
MER_API mer_status mer_encoder_quantize(mer_encoder *encoder, mer_error *err);

typedef struct mer_encoder_info {
  int64_t hidden_size; /* of its vectors */
  int64_t n_layers, n_heads, intermediate_size, vocab_size, max_positions;
  int64_t n_parameters;
  const char *dtype;    /* as mer_model_dtype */
  bool hears;           /* it takes sound (mer_encoder_embed_sounds), not texts */
  uint64_t reserved[7]; /* zeros; members of later versions take their place here */
} mer_encoder_info;
MER_API mer_encoder_info mer_encoder_describe(const mer_encoder *encoder);
/** The encoder's tokenizer, borrowed; NULL of one that hears. */
MER_API const mer_tokenizer *mer_encoder_tokenizer(const mer_encoder *encoder);

/** Last hidden state of [CLS] of each text, into `cls` [n, hidden_size]. Texts are 0-terminated
 * UTF-8 and cut to `max_length` tokens, at most max_positions (0 = 128, or fewer if it has fewer
 * positions). MER_STATUS_INVALID
 * (max_length; an encoder that hears), MER_STATUS_FORMAT (a vector is not finite), MER_STATUS_IO
 * (int8 weights: their file was changed in place), MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED.
 * `monitor` may be NULL. */
MER_API mer_status mer_encoder_embed(float *cls, const mer_encoder *encoder,
                                     const char *const *texts, int64_t n, int64_t max_length,
                                     const mer_monitor *monitor, mer_error *err);

#ifdef __cplusplus
}
#endif
#endif
