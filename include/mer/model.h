/* mer/model.h: trained classifiers, from their directories to probabilities.
 * Stable (mer/mer.h). */
#ifndef MER_MODEL_H
#define MER_MODEL_H

#include "mer/base.h"
#include "mer/encoder.h"
#include "mer/speech.h"
#include "mer/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A trained classifier of one or several modalities. Immutable once open. */
typedef struct mer_model mer_model;

/** Opens a model directory: config.json, model.safetensors and, with text, the files of its
 * tokenizer; or the directory of a classifier in Hugging Face's layout
 * (..ForSequenceClassification, ..ForImageClassification), with its own head and labels. Statuses
 * as mer_encoder_open; MER_STATUS_LIMIT (such a classifier has more than 64 labels: a model
 * can be trained upon it). Replace a directory in use by renaming: one of int8 reads its file until
 * the second call that uses it, and if the file was changed in place, answers MER_STATUS_IO. */
MER_API mer_status mer_model_open(mer_model **out, const char *folder, mer_error *err);
/** Accepts NULL. */
MER_API void mer_model_close(mer_model *model);

/** What a model's scores mean. */
typedef enum mer_target {
  MER_TARGET_LABEL,  /* one of the labels: probabilities that sum to 1 */
  MER_TARGET_LABELS, /* any number of the labels: a probability for each */
  MER_TARGET_VALUES, /* a real number for each "label" (arousal, valence): regression */
} mer_target;
MER_API mer_target mer_model_target(const mer_model *model);

/** Whether a directory holds a classifier, so that mer_model_open is for it: one of mer's, or one
 * in Hugging Face's layout (also one of more labels than it takes). False also where there is no
 * config.json that can be read. */
MER_API bool mer_model_is_in(const char *folder);

/** What a directory holds, a classifier or an encoder of any kind, as a JSON object: "type"
 * ("model" or "encoder", or "tensors": of no encoder that is known, with or without a config.json),
 * "architecture", "parameters", "dtype", of a classifier "labels" and "target", of sound "rate_hz",
 * of images "image_size" (the "height" and "width" that the network takes, after resizing and
 * cropping), "unused" (tensors of its files that are not used), and more. A classifier of more
 * labels than a model can have is an "encoder" with "n_labels". It is opened for that.
 * `*json` is freed by mer_text_free. Statuses as mer_encoder_open. */
MER_API mer_status mer_describe_folder(char **json, const char *folder, mer_error *err);

/** "text", "audio", "image" or "fusion"; borrowed. */
MER_API const char *mer_model_kind(const mer_model *model);
/** Of what it answers: its own, or those of mer_model_map_labels. */
MER_API int32_t mer_model_n_labels(const mer_model *model);
/** Name of a label, borrowed; NULL if out of range. */
MER_API const char *mer_model_label(const mer_model *model, int32_t index);
/** Makes the model answer with other labels, so that one from elsewhere is measured on a data set:
 * `map` is entries MODEL'S=DATA'S ("happy=joy,sad=sadness,calm="), separated by commas or ends of
 * lines; lines that begin with # are comments, and the case of letters does not matter. What
 * several labels become one has the sum of their probabilities (of MER_TARGET_LABELS the largest);
 * what nothing stands for is dropped, and the others share its probability out; a temperature
 * applies to what comes of that. `labels` [n_labels]
 * are those that the answers will have, in that order; a label of the model that has the name of
 * one needs no entry, any other is an error. NULL: the names of the entries, and those of the
 * labels without one, in the model's order. Before the model is used by threads. MER_STATUS_INVALID
 * (an entry that is none, an unknown label, a label twice, labels without an entry, nothing is
 * left, a value that is not of one), MER_STATUS_LIMIT (labels), MER_STATUS_NO_MEMORY: then nothing
 * has changed. */
MER_API mer_status mer_model_map_labels(mer_model *model, const char *map,
                                        const char *const *labels, int32_t n_labels,
                                        mer_error *err);
/** Name of one of the model's own labels that mer_model_map_labels has dropped, borrowed: the first
 * for index 0; NULL if there are no more. */
MER_API const char *mer_model_dropped_label(const mer_model *model, int32_t index);
/** What the logits are divided by before they become probabilities, so that these are as often
 * right as they say (Guo et al., "On calibration of modern neural networks", 2017): the order of
 * the labels stays. 1: the model is not calibrated. */
MER_API double mer_model_temperature(const mer_model *model);
/** Writes a temperature into config.json of the directory of a model that mer has written; nothing
 * else of it changes. MER_STATUS_INVALID (not between .001 and 1000; a model of values, or one that
 * mer has not written), MER_STATUS_NOT_FOUND, MER_STATUS_FORMAT, MER_STATUS_IO,
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_model_store_temperature(const char *folder, double temperature,
                                               mer_error *err);
MER_API int64_t mer_model_n_parameters(const mer_model *model);
/** Of the encoder's weights: "int8" or "bf16" where mer_model_quantize wrote them, else "f32". */
MER_API const char *mer_model_dtype(const mer_model *model);
/** The object "mer" of config.json as JSON text, borrowed: architecture, features, training. */
MER_API const char *mer_model_config(const mer_model *model);

typedef struct mer_modality_info {
  const char *name;                    /* "text", "audio", "image", or that of a precomputed one;
                                          borrowed */
  bool is_text;                        /* takes text; else a vector */
  bool from_sound;                     /* the vector is computed from sound with `features` */
  bool from_image;                     /* the vector is computed from an image */
  bool by_speaker;                     /* it is heard beside what its speaker has said before */
  int64_t width;                       /* of the vector a classifier sees */
  const mer_feature_options *features; /* borrowed; NULL unless from_sound */
  double max_duration_s;               /* with from_sound: the longest clips of the training, in
                                          seconds; 0: there was no limit */
  uint64_t reserved[7];                /* zeros; members of later versions take their place here */
} mer_modality_info;
MER_API int mer_model_n_modalities(const mer_model *model);
/** Zeros if `index` is out of range. */
MER_API mer_modality_info mer_model_modality(const mer_model *model, int index);

/** One utterance. A modality without input is missing, which is an ordinary case: the others
 * answer. */
typedef struct mer_input_data {
  const char *text;                         /* 0-terminated UTF-8 or NULL */
  const float *vectors[MER_MAX_MODALITIES]; /* by index of the modality: [width] or NULL */
  const mer_context *context;               /* what is said around it, or NULL */
  uint64_t reserved[7]; /* zeros; members of later versions take their place here */
} mer_input_data;

/** Probabilities, or values (mer_target), [n, n_labels] of `inputs` [n]. MER_STATUS_INVALID (a
 * vector holds a value that is not finite, or above 1e30, or belongs to an encoder of sound or of
 * images),
 * MER_STATUS_FORMAT (an answer is not finite), with the index of the utterance as the position of
 * the error; MER_STATUS_NO_MEMORY, MER_STATUS_IO (int8 weights: their file was changed in place),
 * MER_STATUS_INTERRUPTED. `monitor` may be NULL. */
MER_API mer_status mer_model_predict(float *probs, const mer_model *model,
                                     const mer_input_data *inputs, int64_t n,
                                     const mer_monitor *monitor, mer_error *err);

/** Writes a copy of a model or an encoder directory whose encoder's weights are rounded to `dtype`:
 * MER_DTYPE_I8, with a scale for each output channel, whose matrix products are computed with
 * integers (with `reduce_range` from coarser ones, which is faster on processors without
 * AVX512_VNNI); or MER_DTYPE_BF16, which halves the file and is computed in f32. What stands on the
 * encoder stays f32. The copy is used as any other directory, but int8 cannot be trained. `out`
 * appears whole or not at all, and replaces a model or a quantized encoder. MER_STATUS_INVALID
 * (`out` is something else, or `folder`; no encoder; int8 already; a reduced range of bf16),
 * statuses as mer_encoder_open, MER_STATUS_LIMIT, MER_STATUS_IO, MER_STATUS_INTERRUPTED (`monitor`,
 * which may be NULL, is asked between the steps). */
MER_API mer_status mer_model_quantize(const char *folder, const char *out, mer_dtype dtype,
                                      bool reduce_range, const mer_monitor *monitor,
                                      mer_error *err);

#ifdef __cplusplus
}
#endif
#endif
