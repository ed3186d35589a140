/* row_moments.c: mean and deviation of each column, in double precision. */
#include "encoder/row_moments.h"

#include <math.h>

/* Sums of one value over the training rows that have it. */
typedef struct moments {
  double sum, squares;
  int64_t n;
} moments;

/* A value that never changes has deviation 1. */
static void set_moments(float *mean, float *deviation, moments t) {
  const double average = t.n ? t.sum / (double)t.n : 0;
  const double variance = t.n ? t.squares / (double)t.n - average * average : 0;
  /* The subtraction leaves rounding errors where a value never changes. */
  const double rounding = t.n ? 1e-12 * t.squares / (double)t.n : 0;
  *mean = (float)average;
  *deviation = variance > 1e-10 + rounding ? (float)sqrt(variance) : 1.0f;
}

void mer__row_moments(float *mean, float *deviation, const float *const *rows, int64_t n,
                      int64_t width) {
#pragma omp parallel for schedule(static, 64)
  for (int64_t j = 0; j < width; j++) {
    moments t = {.n = n};
    for (int64_t i = 0; i < n; i++) {
      t.sum += rows[i][j];
      t.squares += (double)rows[i][j] * rows[i][j];
    }
    set_moments(&mean[j], &deviation[j], t);
  }
}
