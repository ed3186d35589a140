/* white_noise.h: white Gaussian noise that is added to what the rows have of a modality, or stands
 * in its place. Row i draws from stream i of the seed, whatever the threads are. */
#ifndef MER_DATA_WHITE_NOISE_H
#define MER_DATA_WHITE_NOISE_H

#include <stdbool.h>

#include "base/rng.h"
#include "mer/model.h"

typedef struct mer__white_noise {
  bool in[MER_MAX_MODALITIES]; /* whether a modality of the model gets it; texts have other words
                                  already (eval/disturbed_texts.h) */
  bool alone;                  /* nothing else is left: the mean in the place of the values */
  double level;                /* the noise's deviation beside that of the values */
  bool drawn; /* each row draws the two above: a quarter of the rows have noise alone, the others
                 noise of 0 to 30 dB below what they have */
  uint64_t seed;
} mer__white_noise;

/** That of one row, and what it is made of. */
typedef struct mer__row_noise {
  bool alone;
  double level;
  mer__rng rng;
} mer__row_noise;

/** That of modality `m`, which draws other numbers than the others. */
mer__white_noise mer__white_noise_of_modality(const mer__white_noise *noise, int m);
/** Noise whose power is so many decibels below that of the values, as the level. */
double mer__noise_level(double snr_db);
mer__row_noise mer__white_noise_of_row(const mer__white_noise *noise, int64_t row);
/** x with noise, or that in its place; `mean` and `deviation` are those that it has without. */
double mer__row_noise_add(mer__row_noise *noise, double x, double mean, double deviation);

#endif
