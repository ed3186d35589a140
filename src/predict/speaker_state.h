/* speaker_state.h: what a predictor has heard of a speaker. */
#ifndef MER_PREDICT_SPEAKER_STATE_H
#define MER_PREDICT_SPEAKER_STATE_H

#include "encoder/speaker.h"
#include "predict/predictor.h"

struct mer_speaker {
  const mer_predictor *predictor;
  mer__speaker heard[MER_MAX_MODALITIES]; /* of those that adapt */
};

/** Whether modality m adapts to speakers. */
static inline bool mer__predictor_adapts(const mer_predictor *p, int m) {
  return p->model->network.modalities[m].by_speaker;
}

/** Numbers of the statistics of an utterance, of a modality that adapts. */
static inline int64_t mer__speaker_width(const mer_predictor *p, int m) {
  return mer__modality_frozen_width(&p->model->network.modalities[m]);
}

/** Mean and deviation [mer__speaker_width] within the speakers of the training set, borrowed. */
void mer__speaker_constants(float **mean, float **deviation, const mer_predictor *p, int m);

#endif
