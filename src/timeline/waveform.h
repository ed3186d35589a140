/* waveform.h: the loudest samples of a sound of any length, in a fixed number of pieces at most: as
 * the sound goes on, pieces become longer. */
#ifndef MER_TIMELINE_WAVEFORM_H
#define MER_TIMELINE_WAVEFORM_H

#include "mer/timeline.h"

/** Zero-initialize but for `piece`. */
typedef struct mer__waveform {
  int64_t piece; /* samples of a piece, above 0 */
  int64_t n;     /* pieces that are whole */
  int64_t rest;  /* samples of the one that is not */
  float peaks[MER_TIMELINE_CHANNELS][MER_TIMELINE_PEAKS + 1];
} mer__waveform;

/** Adds `n` samples of each channel. */
void mer__waveform_add(mer__waveform *waveform, const float *const *channels, int n_channels,
                       int64_t n);

#endif
