/* model_state.h: what a model directory holds, as training and prediction see it. */
#ifndef MER_MODEL_MODEL_STATE_H
#define MER_MODEL_MODEL_STATE_H

#include <jansson.h>

#include "base/output_folder.h"
#include "mer/model.h"
#include "model/network.h"

/** Most tokens that are predicted in one batch, unless one utterance alone has more: enough for
 * full speed of the matrix products, few enough for the cache. */
enum { MER__BATCH_TOKENS = 192 };

struct mer_model {
  char kind[16];
  char **labels; /* [network.n_labels] */
  mer__network network;
  mer_tokenizer *tokenizer; /* NULL without text */
  json_t *encoder_config;   /* Hugging Face's config.json of the text encoder, or NULL */
  json_t *training;         /* provenance, written to config.json; or NULL */
  char *config_text;        /* of mer_model_config */
};

/** Writes config.json, model.safetensors and the tokenizer's files of `model`, with its
 * parameters taken from `values` (the block's layout), into an existing folder. */
mer_status mer__model_write(const mer_model *model, const float *values, const char *folder,
                            mer_error *err);

/** Writes the same from `tensors` [n_tensors]; `dtype`, that of the encoder's weights, stands in
 * config.json unless it is MER_DTYPE_F32. */
mer_status mer__model_write_tensors(const mer_model *model, const mer_tensor *tensors,
                                    int64_t n_tensors, mer_dtype dtype, const char *folder,
                                    mer_error *err);

/** The names in a model directory, and of a training that is not finished. */
#define MER__TRAINING_LOG "train.jsonl"
#define MER__CHECKPOINT "checkpoint.safetensors"
extern const mer__output_kind mer__model_output;

/** Rounds the weights of the text modality to int8, in memory, of a reduced range if so. They
 * cannot be trained then. MER_STATUS_FORMAT (a weight is not finite), MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY; then the model is of no use. */
mer_status mer__model_quantize(mer_model *model, bool reduce_range, mer_error *err);

/** Packs the weights of the text modality's Linear layers for prediction, in memory, and back; what
 * is packed cannot be trained or written. Without text, or if it is int8, nothing changes. */
mer_status mer__model_pack(mer_model *model, mer_error *err);
mer_status mer__model_unpack(mer_model *model, mer_error *err);

/** The model of an encoder, borrowed: it has nothing but a text modality. */
mer_model *mer__encoder_model(mer_encoder *encoder);

/** Fills the parts of `model` that come from an encoder directory: tokenizer, configurations, and
 * the settings of its text modality. */
mer_status mer__model_adopt_encoder(mer_model *model, mer__modality *modality, const char *folder,
                                    int64_t max_length, mer_error *err);

/** Reads the parameters of a text modality from `folder`/model.safetensors. */
mer_status mer__model_load_encoder(mer_model *model, const mer__modality *modality,
                                   const char *folder, mer_error *err);

/** The text modality, or NULL. */
mer__modality *mer__model_text(mer_model *model);

/** Tokens of a text for this model's encoder. */
mer_status mer__model_tokenize(mer_tokens *tokens, const mer_model *model, const char *text,
                               mer_error *err);

/** Probabilities [n, K] of `inputs` [n, n_modalities], in batches of similar length. `task` names
 * the work in progress and errors. */
mer_status mer__model_infer(float *probs, const mer_model *model, const mer__input *inputs,
                            int64_t n, const mer_monitor *monitor, const char *task,
                            mer_error *err);

/** Vectors [n, width] of modality `m` for `inputs` [n] of that modality alone, all present. */
mer_status mer__model_embed(float *vectors, const mer_model *model, int m, const mer__input *inputs,
                            int64_t n, const mer_monitor *monitor, const char *task,
                            mer_error *err);

#endif
