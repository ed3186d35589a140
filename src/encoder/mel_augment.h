/* mel_augment.h: changes of log-mel frames while training, as if the sound had been another one:
 * its ends cut off, so that it begins at another time; played faster or slower, with which its
 * pitch moves; louder or quieter; with white noise. The frames are in decibels. */
#ifndef MER_ENCODER_MEL_AUGMENT_H
#define MER_ENCODER_MEL_AUGMENT_H

#include <stdbool.h>

#include "base/rng.h"
#include "speech/bank.h"

/** What the frames are of: n bands on a scale, up to `top_hz`, each of a Hann window of the sound.
 */
typedef struct mer__mel_bands {
  mer__bank_scale scale;
  int64_t n;
  double top_hz, window_s;
} mer__mel_bands;

/** What is done to one clip. */
typedef struct mer__mel_change {
  int64_t first, n; /* frames of the clip that are taken */
  double speed;     /* of these by the result's */
  double gain_db;
  bool has_noise;
  double noise_db; /* its level in the lowest band */
} mer__mel_change;

/** No change of n frames. */
static inline mer__mel_change mer__mel_unchanged(int64_t n) {
  return (mer__mel_change){.n = n, .speed = 1};
}

/** Whether a clip gets loud noise, as a `share` of them does; 0 draws nothing. */
bool mer__mel_draw_loud(double share, mer__rng *rng);

/** Draws a change of `frames` [n, M], n > 0: up to 8 percent off at each end, a speed of 0.87 to
 * 1.15, up to 5 dB; noise up to 30 dB below the clip if it is to be `loud`, else for every seventh
 * clip noise 30 to 50 dB below its peak. */
void mer__mel_change_draw(mer__mel_change *change, const float *frames, int64_t n,
                          const mer__mel_bands *bands, bool loud, mer__rng *rng);

/** Frames of the result, at least 1; and most of them that a change of n frames has. */
int64_t mer__mel_change_frames(const mer__mel_change *change);
int64_t mer__mel_change_most_frames(int64_t n);

/** to [mer__mel_change_frames, M] of frames [.., M]; what the noise is made of is drawn from `rng`.
 */
void mer__mel_change_apply(float *to, const mer__mel_change *change, const float *frames,
                           const mer__mel_bands *bands, mer__rng *rng);

#endif
