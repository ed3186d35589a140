/* row_moments.c: mean and deviation of each column, in double precision. The rows are read once,
 * one after the other: those of many hours lie in a file that may not fit into memory. */
#include "encoder/row_moments.h"

#include <math.h>

#include "base/alloc.h"
#include "base/error.h"

/* Sums of one value over the rows. */
typedef struct moments {
  double sum, squares;
} moments;

/* A value that never changes has deviation 1. */
static void set_moments(float *mean, float *deviation, moments t, int64_t n) {
  const double average = n ? t.sum / (double)n : 0;
  const double variance = n ? t.squares / (double)n - average * average : 0;
  /* The subtraction leaves rounding errors where a value never changes. */
  const double rounding = n ? 1e-12 * t.squares / (double)n : 0;
  *mean = (float)average;
  *deviation = variance > 1e-10 + rounding ? (float)sqrt(variance) : 1.0f;
}

mer_status mer__row_moments(float *mean, float *deviation, const float *const *rows, int64_t n,
                            int64_t width, mer_error *err) {
  moments *of = mer__calloc((size_t)width, sizeof *of);
  if (!of) return mer__fail_memory(err);
#pragma omp parallel
  {
    for (int64_t i = 0; i < n; i++) {
#pragma omp for schedule(static) nowait
      for (int64_t j = 0; j < width; j++) {
        of[j].sum += rows[i][j];
        of[j].squares += (double)rows[i][j] * rows[i][j];
      }
    }
#pragma omp for schedule(static)
    for (int64_t j = 0; j < width; j++) set_moments(&mean[j], &deviation[j], of[j], n);
  }
  mer__free(of);
  return MER_OK;
}
