/* gradient_clip.c: the sum of squares by a fixed number of ranges, added in their order. */
#include "train/gradient_clip.h"

#include "nn/parallel.h"
#include "train/adam_kernels.h"

enum { N_RANGES = 64 };

double mer__gradient_square(const float *grad, int64_t n) {
  double sums[N_RANGES], total = 0;
  const mer__adam_kernels *kernels = MER__CHOSEN(mer__adam);
  const int64_t size = (n + N_RANGES - 1) / N_RANGES;
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t r = 0; r < N_RANGES; r++) {
    int64_t begin = r * size;
    sums[r] =
        begin < n ? kernels->sum_of_squares(grad + begin, mer__chunk_size(n, begin, size)) : 0;
  }
  for (int r = 0; r < N_RANGES; r++) total += sums[r];
  return total;
}

double mer__gradient_clip_factor(double norm, double max_norm) {
  double factor = max_norm / (norm + 1e-6);
  return factor > 1 ? 1 : factor;
}
