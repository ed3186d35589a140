/* intensity.c: how agitated an answer is, by the arousal of its labels. The table is our own
 * reading of where emotions lie between calm and agitated (Russell, "A circumplex model of affect",
 * 1980), in steps of a fifth: it orders, it does not measure. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "mer/timeline.h"

static const struct {
  const char *label;
  float arousal;
} arousals[] = {
    {"anger", 1},      {"angry", 1},       {"excited", 1},      {"mad", 1},        {"fear", .8f},
    {"fearful", .8f},  {"scared", .8f},    {"joy", .8f},        {"happy", .8f},    {"joyful", .8f},
    {"surprise", .8f}, {"surprised", .8f}, {"frustrated", .8f}, {"powerful", .6f}, {"disgust", .6f},
    {"contempt", .4f}, {"sadness", .2f},   {"sad", .2f},        {"boredom", 0},    {"peaceful", 0},
    {"calm", 0},       {"neutral", 0},
};

/* The arousal of a label; NaN: it is not in the table. */
static float arousal_of(const char *label) {
  for (size_t i = 0; i < sizeof arousals / sizeof *arousals; i++)
    if (strcasecmp(arousals[i].label, label) == 0) return arousals[i].arousal;
  return NAN;
}

static float of_values(const mer_answer *answer, const mer_model *model) {
  for (int32_t k = 0; k < answer->n_labels; k++)
    if (strcasecmp(mer_model_label(model, k), "arousal") == 0)
      return fminf(fmaxf(answer->probs[k], 0), 1);
  return NAN;
}

float mer_timeline_intensity(const mer_answer *answer, const mer_model *model) {
  float sum = 0, known = 0;
  if (answer->status != MER_OK) return NAN;
  if (mer_model_target(model) == MER_TARGET_VALUES) return of_values(answer, model);
  for (int32_t k = 0; k < answer->n_labels; k++) {
    const float arousal = arousal_of(mer_model_label(model, k));
    if (isnan(arousal)) continue;
    sum += arousal * answer->probs[k];
    known += answer->probs[k];
  }
  return known > 0 ? sum / known : NAN;
}
