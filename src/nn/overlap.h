/* overlap.h: the frames that a convolution over time reads overlap: their gradients are added. */
#ifndef MER_NN_OVERLAP_H
#define MER_NN_OVERLAP_H

#include <stdint.h>

/** x[t * step + j] += frames[t, j] for t < n_frames, j < width. x: [(n_frames - 1) * step + width],
 * frames: [n_frames, width], dense. Uses all threads; each element is summed in the order of the
 * frames. */
void mer__overlap_add(float *x, const float *frames, int64_t n_frames, int64_t width, int64_t step);

#endif
