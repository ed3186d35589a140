/* bert_config.h: the shape of a BERT encoder, from Hugging Face's config.json. */
#ifndef MER_MODEL_BERT_CONFIG_H
#define MER_MODEL_BERT_CONFIG_H

#include <jansson.h>

#include "mer/base.h"

typedef struct mer__bert_config {
  int64_t vocab_size, hidden_size, n_layers, n_heads, intermediate_size, max_positions, n_types;
  double layer_norm_epsilon;
  double hidden_dropout, attention_dropout; /* rates while training */
} mer__bert_config;

/** Reads and checks the fields; `path` is for the messages. MER_FORMAT; MER_UNSUPPORTED (another
 * activation than "gelu", relative positions, a decoder, another model type). */
mer_status mer__bert_config_read(mer__bert_config *config, const json_t *root, const char *path,
                                 mer_error *err);

#endif
