/* model_state.h: what a model directory holds, as training and prediction see it. */
#ifndef MER_MODEL_MODEL_STATE_H
#define MER_MODEL_MODEL_STATE_H

#include <jansson.h>

#include "base/output_folder.h"
#include "base/pool.h"
#include "mer/model.h"
#include "model/label_map.h"
#include "model/network.h"

/** Most tokens that are predicted in one batch, unless one utterance alone has more: enough for
 * full speed of the matrix products, few enough for the cache. */
enum { MER__BATCH_TOKENS = 192 };

struct mer_model {
  char kind[16];             /* "": an encoder by itself */
  char **labels;             /* [network.n_labels] */
  mer__label_map *label_map; /* to the labels of the answers; NULL: they are the model's own */
  mer__network network;
  double temperature; /* as mer_model_temperature; 0: the model is not calibrated */
  json_t *training;   /* provenance, written to config.json; or NULL */
  char *config_text;  /* of mer_model_config */
  mer_model *parts[MER_MAX_MODALITIES]; /* of a joint model (model/joint.h), owned: that of each
                                           modality of `network`, whose modalities are then copies
                                           of theirs, and which has no parameters; else NULL */
};

/** Writes config.json, model.safetensors and the encoders' own files of `model`, with its
 * parameters taken from `values` (the block's layout), into an existing folder. Adapters are added
 * to the weights that they adapt. MER_STATUS_INVALID: a parameter is not finite, and nothing is
 * written. */
mer_status mer__model_write(const mer_model *model, const float *values, const char *folder,
                            mer_error *err);

/** Writes the same from `tensors` [n_tensors], whose weights are stored in `dtype`. */
mer_status mer__model_write_tensors(const mer_model *model, const mer_tensor *tensors,
                                    int64_t n_tensors, mer_dtype dtype, const char *folder,
                                    mer_error *err);

/** The names in a model directory, and of a training that is not finished. */
#define MER__TRAINING_LOG "train.jsonl"
#define MER__CHECKPOINT "checkpoint.safetensors"
#define MER__RESERVE "reserve" /* holds room on the disk, train/space.h */
extern const mer__output_kind mer__model_output;

/** Opens an encoder directory as a model that has nothing but one modality. Statuses as
 * mer_encoder_open. */
mer_status mer__model_of_encoder(mer_model **out, const mer__encoder_type *type, const char *folder,
                                 json_t *unused, mer_error *err);
/** mer_model_open; `unused`, an array or NULL, gets the names of the tensors that are not used,
 * here and in the other functions that read parameters. */
mer_status mer__model_open(mer_model **out, const char *folder, json_t *unused, mer_error *err);
/** mer_encoder_open for encoders of images, too, which give no vectors by themselves. */
mer_status mer__encoder_open_any(mer_encoder **out, const char *folder, mer_error *err);
/** The model of an encoder, borrowed. */
mer_model *mer__encoder_model(const mer_encoder *encoder);
/** What makes the features of sound for it, borrowed; NULL: it takes none. */
const mer_feature_extractor *mer__encoder_extractor(const mer_encoder *encoder);

/** Sets up the modality `name` from an encoder directory or from nothing, by the encoder `type`,
 * and reads how its weights are stored. Statuses as mer_encoder_open. */
mer_status mer__model_adopt(mer_model *model, mer__modality *modality,
                            const mer__encoder_type *type, const char *name,
                            const mer__encoder_settings *settings, mer_error *err);

/** Reads the parameters of a modality from `folder`/model.safetensors; `whole`: also those that mer
 * adds to an encoder, which must be there then, but for attention over images. */
mer_status mer__model_load_encoder(mer_model *model, const mer__modality *modality,
                                   const char *folder, bool whole, json_t *unused, mer_error *err);
/** Reads the first `n_layers` of a checkpoint's head. */
mer_status mer__model_load_head(mer_model *model, int n_layers, const char *folder, mer_error *err);

/** Reads config.json, whose object is `root`, of a model directory. */
mer_status mer__model_parse(mer_model *model, const json_t *root, const char *folder,
                            const char *path, mer_error *err);

/** Reads from config.json how the encoders' weights are stored. MER_STATUS_UNSUPPORTED: a dtype or
 * a layout of int8 that is not known. */
mer_status mer__model_parse_dtype(mer__network *network, const json_t *root, const char *path,
                                  mer_error *err);

/** The limits of a temperature. */
extern const double mer__least_temperature, mer__most_temperature;

/** Name of a target in config.json: "label", "labels", "values". */
const char *mer__model_target_name(mer_target target);

/** Name of a dtype in config.json and in what is printed: "f32", "bf16", "int8". */
const char *mer__model_dtype_name(mer_dtype dtype);

/** Logits [n, mer_model_n_labels] of the rows of `source`, in batches of similar length; with
 * `without` [n, 1 + n_modalities, mer_model_n_labels]: also those without each modality. `arenas`
 * is a pool of memory to compute in. */
mer_status mer__model_logits(float *logits, const mer_model *model, const mer__source *source,
                             bool without, mer__pool *arenas, mer_error *err);

/** What `logits` [n, mer_model_n_labels] say by the model's target: probabilities, of the logits
 * divided by `temperature` (0: as they are), or values. In place, or not. */
void mer__model_answers(float *answers, const mer_model *model, const float *logits, int64_t n,
                        double temperature);

/** The logits alone, of which each must be finite: else MER_STATUS_FORMAT, and the position of the
 * error is its row. `task` names the work in progress and errors. */
mer_status mer__model_scores(float *logits, const mer_model *model, const mer__source *source,
                             const mer_monitor *monitor, const char *task, mer_error *err);

/** Answers [n, mer_model_n_labels] for the rows of `source`, in batches of similar length. `task`
 * names the work in progress and errors. MER_STATUS_FORMAT: an answer is not finite; the position
 * of the error is its row. */
mer_status mer__model_infer(float *probs, const mer_model *model, const mer__source *source,
                            const mer_monitor *monitor, const char *task, mer_error *err);

/** As mer__network_encode, in batches; of a joint model by that of the modality. `arenas` is a pool
 * of memory to compute in; NULL: made for this call. MER_STATUS_FORMAT: a vector is not finite. */
mer_status mer__model_embed(float *vectors, const mer_model *model, int m, const mer__input *inputs,
                            int64_t n, mer__pool *arenas, const mer_monitor *monitor,
                            const char *task, mer_error *err);

#endif
