/* bert_config.h: the shape of a BERT encoder, from Hugging Face's config.json. */
#ifndef MER_MODEL_BERT_CONFIG_H
#define MER_MODEL_BERT_CONFIG_H

#include <jansson.h>

#include "mer/tensor.h"

typedef struct mer__bert_config {
  int64_t vocab_size, hidden_size, n_layers, n_heads, intermediate_size, max_positions, n_types;
  double layer_norm_epsilon;
  double hidden_dropout, attention_dropout; /* rates while training */
  mer_dtype dtype;   /* of the weights in the file as config.json tells: MER_DTYPE_I8, or
                        MER_DTYPE_BF16 where   mer has rounded them, else MER_DTYPE_F32 */
  bool reduce_range; /* of int8: see nn/int8_weights.h */
} mer__bert_config;

/** The key of config.json that tells the dtype of the weights; transformers ignores it. */
#define MER__DTYPE_KEY "mer_dtype"
/** The key that is true where int8 has a reduced range. */
#define MER__REDUCE_RANGE_KEY "mer_reduce_range"

/** Name of a dtype there and in what is printed: "f32", "bf16", "int8". */
const char *mer__bert_dtype_name(mer_dtype dtype);

/** Reads and checks the fields; `path` is for the messages. MER_STATUS_FORMAT;
 * MER_STATUS_UNSUPPORTED (another activation than "gelu", relative positions, a decoder, another
 * model type). */
mer_status mer__bert_config_read(mer__bert_config *config, const json_t *root, const char *path,
                                 mer_error *err);

#endif
