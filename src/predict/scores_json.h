/* scores_json.h: what a model says of each label, as a member of a JSON object. */
#ifndef MER_PREDICT_SCORES_JSON_H
#define MER_PREDICT_SCORES_JSON_H

#include "base/text_buffer.h"
#include "mer/model.h"

/** Digits of a probability: more than a classifier knows. */
enum { MER__SCORE_DIGITS = 6 };

/** Writes "probs", or of a model of values "values", with the first n `scores` by label. */
void mer__scores_put(mer__text_buffer *out, const float *scores, int32_t n, const mer_model *model);

#endif
