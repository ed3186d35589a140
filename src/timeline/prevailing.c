/* prevailing.c: a running mean of a speaker's probabilities by seconds of speech, whose weight
 * halves with every 10 s of speech. A label prevails once it leads by a margin, so that two that
 * are as likely do not take turns. */
#include "timeline/prevailing.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

static const double HALF_S = 10;   /* of speech, after which it counts half */
static const double FIRST_S = 3;   /* of speech, before which nothing prevails */
static const float MARGIN = .1f;   /* by which another label must lead */
static const double UNKNOWN_S = 2; /* of an item without times */

static bool is_speaker(const mer__mood *mood, const char *speaker) {
  if (!mood->speaker || !speaker) return !mood->speaker && !speaker;
  return strcmp(mood->speaker, speaker) == 0;
}

/* The speaker's mood, or a new one; NULL: there are too many, or memory is out (and the status). */
static mer__mood *find(mer_status *status, mer__prevailing *p, const char *speaker,
                       mer_error *err) {
  *status = MER_OK;
  for (size_t i = 0; i < p->n; i++)
    if (is_speaker(&p->moods[i], speaker)) return &p->moods[i];
  if (p->n == MER__PREVAILING_SPEAKERS) return NULL;
  char *copy = speaker ? mer__strdup(speaker) : NULL;
  if ((speaker && !copy) || mer__grow(&p->moods, &p->capacity, p->n + 1, sizeof *p->moods) != 0) {
    mer__free(copy);
    *status = mer__fail_memory(err);
    return NULL;
  }
  p->moods[p->n] = (mer__mood){.speaker = copy, .label = -1};
  return &p->moods[p->n++];
}

static void add(mer__mood *mood, const mer_answer *answer, double seconds) {
  const double old = mood->weight * exp2(-seconds / HALF_S), weight = old + seconds;
  for (int32_t k = 0; k < answer->n_labels; k++)
    mood->probs[k] = (float)((mood->probs[k] * old + answer->probs[k] * seconds) / weight);
  mood->weight = weight;
}

mer_status mer__prevailing_add(int32_t *before, int32_t *after, mer__prevailing *prevailing,
                               const mer_timeline_item *item, const mer_model *model,
                               mer_error *err) {
  const mer_answer *answer = &item->answer;
  mer_status status;
  *before = *after = -1;
  if (answer->status != MER_OK || mer_model_target(model) != MER_TARGET_LABEL) return MER_OK;
  mer__mood *mood = find(&status, prevailing, item->speaker, err);
  if (!mood) return status;
  const double seconds = item->end_s - item->start_s;
  add(mood, answer, seconds > 0 ? seconds : UNKNOWN_S);
  int32_t best = 0;
  for (int32_t k = 1; k < answer->n_labels; k++)
    if (mood->probs[k] > mood->probs[best]) best = k;
  if (mood->weight < FIRST_S || best == mood->label) return MER_OK;
  if (mood->label >= 0 && mood->probs[best] < mood->probs[mood->label] + MARGIN) return MER_OK;
  if (mood->label >= 0) {
    *before = mood->label;
    *after = best;
  }
  mood->label = best;
  return MER_OK;
}

void mer__prevailing_clear(mer__prevailing *prevailing) {
  for (size_t i = 0; i < prevailing->n; i++) mer__free(prevailing->moods[i].speaker);
  mer__free(prevailing->moods);
  *prevailing = (mer__prevailing){0};
}
