/* winograd_weights.c: the transformed weights of a point are panels, which hold 16 rows each. */
#include "nn/panels.h"
#include "nn/parallel.h"
#include "nn/winograd.h"
#include "nn/winograd_kernels.h"

enum {
  PANEL = MER__PANEL,
  KERNEL = MER__WINOGRAD_KERNEL,
  SQUARE = PANEL * PANEL, /* weights of 16 rows and 16 channels at a time */
};

int64_t mer__winograd_size(int64_t channels, int64_t out) {
  return MER__WINOGRAD_POINTS * mer__winograd_point(channels, out);
}

/* The weights of 16 rows and 16 channels from w on, as [9][channel][row]. */
static void exchange(float *to, const float *w, int64_t channels) {
  for (int64_t l = 0; l < PANEL; l++)
    for (int64_t k = 0; k < KERNEL; k++, w += channels)
      for (int64_t c = 0; c < PANEL; c++) to[k * SQUARE + c * PANEL + l] = w[c];
}

void mer__winograd_weights(float *to, const float *w, int64_t channels, int64_t out) {
  const int64_t point = mer__winograd_point(channels, out);
#pragma omp parallel for schedule(static) \
    collapse(2) if (mer__shared(channels * out >= MER__PARALLEL_MIN))
  for (int64_t o = 0; o < out; o += PANEL)
    for (int64_t c = 0; c < channels; c += PANEL) {
      float exchanged[KERNEL * SQUARE];
      exchange(exchanged, w + o * KERNEL * channels + c, channels);
      for (int64_t i = 0; i < PANEL; i++)
        MER__CHOSEN(mer__winograd)
            ->weights(to + o * channels + (c + i) * PANEL, point, exchanged + i * PANEL, SQUARE);
    }
}

void mer__winograd_turned_weights(float *to, const float *w, int64_t channels, int64_t out) {
  const int64_t point = mer__winograd_point(channels, out), row = KERNEL * out;
#pragma omp parallel for schedule(static) if (mer__shared(channels * out >= MER__PARALLEL_MIN))
  for (int64_t o = 0; o < out; o += PANEL)
    for (int64_t c = 0; c < channels; c++)
      MER__CHOSEN(mer__winograd)
          ->weights(to + o * channels + c * PANEL, point, w + c * row + row - out + o, -out);
}
