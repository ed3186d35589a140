/* band_moments.c: sums in double precision. */
#include "encoder/band_moments.h"

#include <math.h>

#include "base/error.h"

/* Adds a clip's frames to the sums of each band and of its squares; returns the frames. */
static int64_t add_frames(double *sums, double *squares, const mer__input *input, int64_t bands) {
  const int64_t n_frames = input->length / bands;
  for (int64_t f = 0; f < n_frames; f++)
    for (int64_t j = 0; j < bands; j++) {
      const double x = input->values[f * bands + j];
      sums[j] += x;
      squares[j] += x * x;
    }
  return n_frames;
}

mer_status mer__band_moments_fit(float *mean, float *deviation, int64_t n_bands,
                                 const mer__source *source, int m, mer_error *err) {
  mer__input inputs[MER_MAX_MODALITIES];
  double *sums = mer__calloc(2 * (size_t)n_bands, sizeof *sums);
  int64_t n_frames = 0;
  if (!sums) return mer__fail_memory(err);
  double *squares = sums + n_bands;
  for (int64_t i = 0; i < source->n; i++) {
    source->get(inputs, source, i);
    if (inputs[m].present) n_frames += add_frames(sums, squares, &inputs[m], n_bands);
  }
  for (int64_t j = 0; j < n_bands && n_frames > 0; j++) {
    const double average = sums[j] / (double)n_frames;
    const double variance = squares[j] / (double)n_frames - average * average;
    if (mean) mean[j] = (float)average;
    deviation[j] = variance > 1e-6 ? (float)sqrt(variance) : 1;
  }
  mer__free(sums);
  return MER_OK;
}
