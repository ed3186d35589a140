/* depthwise.c: the rows of the result, shared among threads. */
#include "nn/depthwise.h"

#include "nn/depthwise_kernels.h"
#include "nn/parallel.h"

/* Work on a map. */
typedef struct work {
  float *y;
  const float *x;
  mer__map in, out;
  int64_t channels, stride;
  const float *weight, *bias, *zeros;
} work;

/* Row number r of all rows of the results. */
static void run_row(const work *w, int64_t r) {
  const mer__depthwise_kernels *kernels = MER__CHOSEN(mer__depthwise);
  const int64_t channels = w->channels, top = r % w->out.height * w->stride - 1;
  const float *image = w->x + r / w->out.height * w->in.height * w->in.width * channels;
  float *y = w->y + r * w->out.width * channels;
  for (int64_t column = 0; column < w->out.width; column++, y += channels) {
    const int64_t left = column * w->stride - 1;
    const float *taps[MER__DEPTHWISE_TAPS];
    for (int t = 0; t < MER__DEPTHWISE_TAPS; t++) {
      const int64_t i = top + t / 3, j = left + t % 3;
      const bool inside = i >= 0 && i < w->in.height && j >= 0 && j < w->in.width;
      taps[t] = inside ? image + (i * w->in.width + j) * channels : w->zeros;
    }
    kernels->pixel(y, taps, w->weight, w->bias, channels);
  }
}

void mer__depthwise_forward(float *y, const float *x, mer__map in, int64_t channels, int64_t stride,
                            const float *weight, const float *bias, const float *zeros) {
  const mer__window2d window = {.kernel = 3, .stride = stride, .padding = 1};
  const work w = {y, x, in, mer__window2d_map(window, in), channels, stride, weight, bias, zeros};
  const int64_t n_rows = w.out.n * w.out.height;
  if (!mer__shared(mer__map_pixels(w.out) * channels >= MER__PARALLEL_MIN)) {
    for (int64_t r = 0; r < n_rows; r++) run_row(&w, r);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t r = 0; r < n_rows; r++) run_row(&w, r);
}
