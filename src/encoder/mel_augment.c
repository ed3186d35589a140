/* mel_augment.c: frames and bands are read between those that there are; powers are added. */
#include "encoder/mel_augment.h"

#include <math.h>

#include "encoder/grid_place.h"
#include "encoder/mel_frames.h"

enum { MOST_BANDS = 512 };
static const double most_cut = 0.08, most_speed = 1.15, most_gain_db = 5;
static const double least_noise_db = -50, most_noise_db = -30;
static const double least_loud_db = -30, most_loud_db = 0;
static const float noisy = 0.15f;      /* part of the clips that get noise that is not loud */
static const float negligible_db = 30; /* what is quieter by that adds nothing that counts */

static double between(double low, double high, mer__rng *rng) {
  return low + (high - low) * mer__rng_uniform(rng);
}

/* White noise in decibels in band j, where that in the first one has 0: of HTK's bands, which are
 * equally high, it is as much as they are wide, of Slaney's, which have the same area, the same. */
static float white_db(const mer__mel_bands *bands, int64_t j) {
  const double ratio = (700 + bands->top_hz) / 700; /* of the widths of the last and the first */
  if (bands->scale == MER__BANK_SLANEY || bands->n == 1) return 0;
  return (float)(10 * log10(ratio) * (double)j / (double)(bands->n - 1));
}

static double width_hz(const mer__mel_bands *bands, int64_t j) {
  const double step = mer__mel_of_hz(bands->scale, bands->top_hz) / (double)(bands->n + 1);
  return mer__hz_of_mel(bands->scale, (double)(j + 2) * step) -
         mer__hz_of_mel(bands->scale, (double)j * step);
}

/* What the power in band j counts in that of a frame: bands of the same area by their width. */
static double weight_of(const mer__mel_bands *bands, int64_t j) {
  return bands->scale == MER__BANK_SLANEY ? width_hz(bands, j) : 1;
}

/* How many independent numbers white noise has in band j: those of one frequency at least, and in a
 * wide band of so many as its triangle's weights (sum)^2 / (sum of squares) is in units of the
 * bandwidth of a Hann window's power, 1.94 / window. */
static double freedom(const mer__mel_bands *bands, int64_t j) {
  return hypot(1, 0.75 * width_hz(bands, j) * bands->window_s / 1.94);
}

/* The level, in the first band, of white noise that is as loud as the clip. */
static double level_db(const float *frames, int64_t n, const mer__mel_bands *bands) {
  double clip = 0, white = 0;
  for (int64_t j = 0; j < bands->n; j++) {
    const double weight = weight_of(bands, j);
    double sum = 0;
    for (int64_t t = 0; t < n; t++) sum += pow(10, 0.1 * frames[t * bands->n + j]);
    clip += weight * sum / (double)n;
    white += weight * pow(10, 0.1 * white_db(bands, j));
  }
  return 10 * log10(clip / white);
}

bool mer__mel_draw_loud(double share, mer__rng *rng) {
  return share > 0 && mer__rng_uniform(rng) < share;
}

void mer__mel_change_draw(mer__mel_change *change, const float *frames, int64_t n,
                          const mer__mel_bands *bands, bool loud, mer__rng *rng) {
  const int64_t before = (int64_t)(between(0, most_cut, rng) * (double)n);
  const int64_t after = (int64_t)(between(0, most_cut, rng) * (double)n);
  const double speed = exp(between(-log(most_speed), log(most_speed), rng));
  *change = (mer__mel_change){.first = before,
                              .n = n - before - after,
                              .speed = speed,
                              .gain_db = between(-most_gain_db, most_gain_db, rng),
                              .has_noise = mer__rng_uniform(rng) < noisy || loud};
  change->noise_db =
      loud ? level_db(frames, n, bands) + between(least_loud_db, most_loud_db, rng)
           : mer__frames_peak(frames, n * bands->n) + between(least_noise_db, most_noise_db, rng);
}

int64_t mer__mel_change_frames(const mer__mel_change *change) {
  const int64_t n = (int64_t)((double)change->n / change->speed + 0.5);
  return n > 0 ? n : 1;
}

int64_t mer__mel_change_most_frames(int64_t n) {
  const mer__mel_change slowest = {.n = n, .speed = 1 / most_speed};
  return mer__mel_change_frames(&slowest);
}

/* Where in the bands of the sound as it was each band of the faster one is. */
static void place_bands(mer__place *places, const mer__mel_bands *bands, double speed) {
  const double step = mer__mel_of_hz(bands->scale, bands->top_hz) / (double)(bands->n + 1);
  for (int64_t j = 0; j < bands->n; j++) {
    const double hz = mer__hz_of_mel(bands->scale, (double)(j + 1) * step) / speed;
    places[j] = mer__place_at(mer__mel_of_hz(bands->scale, hz) / step - 1, bands->n);
  }
}

/* The power of random noise has a gamma distribution, whose cube root is about normal (Wilson and
 * Hilferty, 1931). */
static void add_noise(float *frames, int64_t n, const mer__mel_change *change,
                      const mer__mel_bands *bands, mer__rng *rng) {
  for (int64_t j = 0; j < bands->n; j++) {
    const float mean_db = (float)change->noise_db + white_db(bands, j);
    const float deviation = (float)(1 / (3 * sqrt(freedom(bands, j)))); /* of the cube root */
    for (int64_t t = 0; t < n; t++) {
      float *value = &frames[t * bands->n + j];
      const float root = 1 - deviation * deviation + deviation * mer__rng_normal(rng);
      const float noise = mean_db + 30 * log10f(fmaxf(root, 0.01f)), d = noise - *value;
      if (d > negligible_db) *value = noise;
      else if (d > -negligible_db) *value += 10 * log10f(1 + powf(10, 0.1f * d));
    }
  }
}

void mer__mel_change_apply(float *to, const mer__mel_change *change, const float *frames,
                           const mer__mel_bands *bands, mer__rng *rng) {
  mer__place places[MOST_BANDS];
  const int64_t n = mer__mel_change_frames(change), n_bands = bands->n;
  place_bands(places, bands, change->speed);
  for (int64_t t = 0; t < n; t++) {
    const mer__place at = mer__place_at((double)t * change->speed, change->n);
    for (int64_t j = 0; j < n_bands; j++)
      to[t * n_bands + j] =
          mer__value_at(frames + change->first * n_bands, n_bands, at, places[j]) +
          (float)change->gain_db;
  }
  if (change->has_noise) add_noise(to, n, change, bands, rng);
}
