/* same_channels.h: whether two channels carry the same sound, perhaps at other levels or inverted:
 * then they are no two speakers. */
#ifndef MER_TIMELINE_SAME_CHANNELS_H
#define MER_TIMELINE_SAME_CHANNELS_H

#include <stdbool.h>
#include <stdint.h>

/** Sums over what has been compared. Zero-initialize. */
typedef struct mer__same_channels {
  double left, right, both; /* of squares, and of products */
  int64_t n_loud;           /* samples that are not silence */
} mer__same_channels;

/** Samples, at 16 kHz half a minute, after which no more need to be compared. */
enum { MER__COMPARED_SAMPLES = 30 * 16000 };

void mer__same_channels_add(mer__same_channels *sums, const float *left, const float *right,
                            int64_t n);
/** The correlation of the two, -1 to 1; 0 where one of them is silent. */
double mer__same_channels_correlation(const mer__same_channels *sums);

#endif
