/* speaker.h: a speaker's own mean and deviation, taken out of the statistics of a frozen speech
 * encoder (layer_pool.h). Voices differ more than what they express, so that the same emotion of
 * two speakers lies far apart; beside what is usual for its speaker it does not. Of a speaker who
 * has said little, the mean and deviation of all speakers count more: those of the training set, as
 * if they had been seen in MER__SPEAKER_PRIOR utterances. */
#ifndef MER_ENCODER_SPEAKER_H
#define MER_ENCODER_SPEAKER_H

#include <stdint.h>

#include "mer/base.h"

enum { MER__SPEAKER_PRIOR = 5 };

/** What is known of a speaker. Zero-initialize. */
typedef struct mer__speaker {
  int64_t n;              /* utterances that were heard */
  double *mean, *squares; /* [size]: of them, and the sums of the squares of what differs from it */
} mer__speaker;

/** MER_STATUS_NO_MEMORY. */
mer_status mer__speaker_init(mer__speaker *speaker, int64_t size, mer_error *err);
void mer__speaker_clear(mer__speaker *speaker);
void mer__speaker_copy(mer__speaker *to, const mer__speaker *from, int64_t size);
/** Adds the statistics [size] of an utterance (Welford's method). */
void mer__speaker_add(mer__speaker *speaker, const float *statistics, int64_t size);
/** The statistics as they would be if the speaker had the mean and deviation [size] of all
 * speakers. In place, or not. */
void mer__speaker_adapt(float *out, const float *statistics, const mer__speaker *speaker,
                        const float *mean, const float *deviation, int64_t size);

#endif
