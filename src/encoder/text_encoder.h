/* text_encoder.h: transformers that read text: embeddings of tokens, and a stack of layers; the
 * vector of a text is the last hidden state of its first token, or made of those of its own tokens
 * (mer__text_pool). Families of them (BERT, RoBERTa, ..) differ in the names of tensors and of the
 * keys of config.json, and in few facts: a family is a row of the table in text_families.c, whose
 * fields are described here. */
#ifndef MER_ENCODER_TEXT_ENCODER_H
#define MER_ENCODER_TEXT_ENCODER_H

#include "encoder/text_embeddings.h"
#include "encoder/text_input.h"
#include "layers/token_cnn.h"
#include "layers/transformer.h"

/** Keys of config.json. */
typedef struct mer__text_keys {
  const char *hidden_size, *n_layers, *n_heads, *intermediate_size, *activation;
  const char *hidden_dropout, *attention_dropout, *classifier_dropout;
} mer__text_keys;

typedef struct mer__text_family {
  mer__encoder_type type; /* its name is the model_type of config.json */
  const mer__text_keys *keys;
  bool has_types;           /* a table of segment types */
  bool counts_from_padding; /* positions are counted as of RoBERTa: text_embeddings.h */
  bool no_sum_dropout;      /* nothing of the attention's result is dropped */
  const char *buckets; /* key of the number of buckets of the relative bias; NULL: there is none */
  int64_t n_buckets;   /* where config.json does not have it */
  int64_t max_distance;
  mer__transformer_names names;
  mer__checkpoint_head head; /* of its ForSequenceClassification; `hidden` is the hidden size */
} mer__text_family;

/** The table: the family number i, from 0 on, or NULL. */
const mer__text_family *mer__text_family_at(size_t i);

/** The shape of an encoder. */
typedef struct mer__text_config {
  int64_t vocab_size, n_positions, n_types; /* rows of the tables; n_types 0: there is none */
  int64_t padding;    /* the token whose number positions are counted from; -1: they begin at 0 */
  int64_t max_length; /* most tokens of a text */
  double classifier_dropout;
  mer__transformer_config layers;
} mer__text_config;

/** Reads and checks the fields; `path` is for the messages. MER_STATUS_FORMAT;
 * MER_STATUS_UNSUPPORTED (an activation that is not known, relative positions, a decoder). */
mer_status mer__text_config_read(mer__text_config *config, const mer__text_family *family,
                                 const json_t *root, const char *path, mer_error *err);

/** An instance: what modality->self points to. */
typedef struct mer__text_encoder {
  mer__text_input text;
  mer__text_config config;
  mer__text_embeddings embeddings;
  mer__transformer layers;
  mer__token_cnn cnn; /* if the vector is made by it */
} mer__text_encoder;

/** The functions of all families, for their rows: see mer__encoder_type. */
mer_status mer__text_encoder_adopt(mer__modality *modality, const mer__encoder_settings *settings,
                                   mer_error *err);
mer_status mer__text_encoder_parse(mer__modality *modality, const json_t *object,
                                   const json_t *root, const char *folder, const char *path,
                                   mer_error *err);
int mer__text_encoder_describe(const mer__modality *modality, json_t *object);
const json_t *mer__text_encoder_base_config(const mer__modality *modality);
mer_status mer__text_encoder_write_files(const mer__modality *modality, const char *folder,
                                         mer_error *err);
void mer__text_encoder_clear(mer__modality *modality);
mer_status mer__text_encoder_tokenize(mer__input *input, mer_tokens *tokens,
                                      const mer__modality *modality, const char *text, size_t size,
                                      const mer_context *context, mer__turn_ids *kept,
                                      mer_error *err);
const mer_tokenizer *mer__text_encoder_tokenizer(const mer__modality *modality);
void mer__text_encoder_inform(mer_encoder_info *info, const mer__modality *modality);
void mer__text_encoder_head(mer__checkpoint_head *head, const mer__modality *modality);
mer_status mer__text_encoder_declare(mer__modality *modality, mer__params *params, mer_error *err);
void mer__text_encoder_init(const mer__modality *modality, mer__params *params, mer__rng *rng);
int64_t mer__text_encoder_n_rows(const mer__modality *modality, const mer__input *input);
mer_status mer__text_encoder_forward(float *vectors, void **state, const mer__modality *modality,
                                     const mer__input *const *inputs, int64_t n,
                                     const mer__pass *pass, mer_error *err);
mer_status mer__text_encoder_backward(const mer__modality *modality, const void *state,
                                      const float *dvectors, const mer__pass *pass, mer_error *err);
int64_t mer__text_encoder_token_table(const mer__modality *modality);

#endif
