/* predictor.h: a model, and what the calls to it compute in. */
#ifndef MER_PREDICT_PREDICTOR_H
#define MER_PREDICT_PREDICTOR_H

#include "base/floats.h"
#include "base/pool.h"
#include "data/clip_features.h"
#include "mer/predict.h"
#include "model/turn_reading.h"

struct mer_predictor {
  mer_model *model;
  mer_feature_extractor *extractors[MER_MAX_MODALITIES]; /* of modalities of sound; else NULL */
  mer__face_detector *detector;                          /* of faces in videos; or NULL */
  mer__turn_cache
      *turns[MER_MAX_MODALITIES];     /* of modalities whose turns are read by their vectors */
  double min_confidence;              /* a lower probability of the label is "uncertain" */
  double heard_s[MER_MAX_MODALITIES]; /* of a sound, the first seconds that count; 0: all of it */
  bool takes_sound, takes_images;     /* there is such a modality */
  mer__pool calls;                    /* of mer__call */
  mer__pool arenas;
};

/** What one call computes in. It is used again by later calls and grows to the largest of them. */
typedef struct mer__call {
  mer__pooled pooled;
  int64_t *media; /* [n_media]: the requests that bring a sound or an image */
  size_t media_capacity;
  mer__floats *features; /* [n_media, n_modalities] */
  size_t features_capacity;
  mer_tokens *tokens; /* of texts: [tokens_capacity], by place among the inputs */
  size_t tokens_capacity;
  mer__input *inputs; /* [n, n_modalities] */
  size_t inputs_capacity;
  float *logits; /* [n, n_labels], or with `without` [n, 1 + n_modalities, n_labels] */
  size_t logits_capacity;
  mer__turn_reading
      turns[MER_MAX_MODALITIES];    /* of modalities whose turns are read by their vectors
                                     */
  mer__turn_request *turn_requests; /* [n] */
  size_t turn_requests_capacity;
  mer__floats statistics[MER_MAX_MODALITIES]; /* of sounds whose speakers are known */
  int64_t *rows;                              /* [n]: the requests that have an input */
  size_t rows_capacity;
  int64_t n_media, n_rows;
  int n_modalities;
  bool without; /* the answers are also wanted without each modality */
} mer__call;

/** The model of modality m: a joint model's part, else the model itself. */
const mer_model *mer__predictor_part(const mer_predictor *predictor, int m);
/** Lets the speakers of the requests be heard, and gives the call's sounds their statistics without
 * what is particular to these, where the model adapts. Statuses as mer__model_embed. */
mer_status mer__predictor_adapt(mer__call *call, mer_predictor *predictor,
                                const mer_request *requests, mer_error *err);

/** A call with room for `n` requests; NULL if memory is out. Given back by mer__call_give. */
mer__call *mer__call_take(mer_predictor *predictor, int64_t n, bool without);
void mer__call_give(mer_predictor *predictor, mer__call *call);
/** Makes room for the features of `call->n_media` requests; 0, or -1 if memory is out. */
int mer__call_reserve_media(mer__call *call);
/** The `clear` of their pool. */
void mer__call_free(mer__pooled *item);

/** What `logits` say: the probabilities, or values, and the label; -1 of values. */
int32_t mer__answer_of(float *probs, const mer_model *model, const float *logits);
/** What an answer would be by the logits `without` [n_modalities, n_labels] each modality. */
void mer__contributions_of(mer_contributions *contributions, const mer_answer *answer,
                           const mer_model *model, const float *without);

/** Features of the first `most_s` seconds of a sound; 0: of all. NULL if it can be used, and `err`
 * says what of it is damaged, if something is. Else why not, in static memory, and `err` says more:
 * MER_STATUS_NO_MEMORY, or MER_STATUS_INTERRUPTED by `monitor` (may be NULL), if nothing is wrong
 * with the sound. */
const char *mer__hear(mer__floats *features, const mer_feature_extractor *extractor,
                      const mer_sound *sound, double most_s, const mer_monitor *monitor,
                      mer_error *err);
/** The same of an image, which is packed (image/packed_image.h), and what was seen of a video. */
const char *mer__predictor_image(mer__floats *packed, mer__face_counts *faces,
                                 const mer_predictor *predictor, int m, const mer_image *image,
                                 mer_error *err);

#endif
