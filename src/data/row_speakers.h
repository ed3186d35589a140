/* row_speakers.h: the rows of a split by who speaks, and the vectors of a frozen speech encoder
 * without what is particular to their speakers (encoder/speaker.h). */
#ifndef MER_DATA_ROW_SPEAKERS_H
#define MER_DATA_ROW_SPEAKERS_H

#include "mer/data.h"

/** Numbers [n] of the rows' speakers, from 0; -1: it is not known who speaks. Speakers of two data
 * sets that have the same name are two. For mer__free; NULL: memory is out. */
int32_t *mer__row_speakers(const mer_utterance *rows, int64_t n);

/** Vectors [n, width] of rows, and who speaks. */
typedef struct mer__spoken_vectors {
  float *vectors;
  int64_t n, width;
  const int32_t *speakers; /* [n] */
  const bool *present;     /* [n]: the row has a vector */
} mer__spoken_vectors;

/** Mean and deviation [width] of all: the mean over the rows, and the root of the mean of the
 * variances within each speaker. Rows without a speaker count as those of one.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__speakers_fit(float *mean, float *deviation, const mer__spoken_vectors *spoken,
                             mer_error *err);
/** Takes each speaker's own mean and deviation out of the vectors, as far as they are known: by
 * what was heard of the speaker until then, in an order that is drawn at random, always the same.
 * Rows without a speaker stay as they are. MER_STATUS_NO_MEMORY. */
mer_status mer__speakers_adapt(const mer__spoken_vectors *spoken, const float *mean,
                               const float *deviation, mer_error *err);

#endif
