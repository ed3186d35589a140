/* bert_config.h: the shape of a BERT encoder, from Hugging Face's config.json. */
#ifndef MER_ENCODER_BERT_CONFIG_H
#define MER_ENCODER_BERT_CONFIG_H

#include <jansson.h>

#include "layers/transformer.h"

typedef struct mer__bert_config {
  int64_t vocab_size, max_positions, n_types;
  mer__transformer_config layers;
} mer__bert_config;

/** Reads and checks the fields; `path` is for the messages. MER_STATUS_FORMAT;
 * MER_STATUS_UNSUPPORTED (another activation than "gelu", relative positions, a decoder, another
 * model type). */
mer_status mer__bert_config_read(mer__bert_config *config, const json_t *root, const char *path,
                                 mer_error *err);

#endif
