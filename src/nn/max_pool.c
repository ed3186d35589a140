/* max_pool.c: threads share the rows of the result, or the images. */
#include "nn/max_pool.h"

#include <string.h>

#include "nn/max_pool_kernels.h"
#include "nn/parallel.h"

/* The pixel number i of the result. */
static void pool_one(float *y, int32_t *which, const float *x, mer__map in, mer__map out, int64_t c,
                     mer__window2d w, int64_t i) {
  const mer__max_pool_kernels *kernels = MER__CHOSEN(mer__max_pool);
  const int64_t row = i / out.width, image = row / out.height;
  const int64_t top = row % out.height * w.stride - w.padding;
  const int64_t left = i % out.width * w.stride - w.padding;
  bool begun = false;
  for (int64_t v = top < 0 ? 0 : top; v < mer__min(top + w.kernel, in.height); v++)
    for (int64_t u = left < 0 ? 0 : left; u < mer__min(left + w.kernel, in.width); u++) {
      const int64_t pixel = (image * in.height + v) * in.width + u;
      kernels->larger(y + i * c, which ? which + i * c : NULL, x + pixel * c, (int32_t)pixel, begun,
                      c);
      begun = true;
    }
}

void mer__max_pool_forward(float *y, int32_t *which, const float *x, mer__map in, int64_t channels,
                           mer__window2d window) {
  const mer__map out = mer__window2d_map(window, in);
  const int64_t n = mer__map_pixels(out);
#pragma omp parallel for schedule(static) if (mer__shared(n * channels >= MER__PARALLEL_MIN))
  for (int64_t i = 0; i < n; i++) pool_one(y, which, x, in, out, channels, window, i);
}

void mer__max_pool_backward(float *dx, const float *dy, const int32_t *which, mer__map in,
                            int64_t channels, mer__window2d window) {
  const mer__map out = mer__window2d_map(window, in);
  const int64_t n = out.height * out.width * channels;
  memset(dx, 0, (size_t)(mer__map_pixels(in) * channels) * sizeof *dx);
#pragma omp parallel for schedule(static) if (mer__shared(out.n * n >= MER__PARALLEL_MIN))
  for (int64_t image = 0; image < out.n; image++)
    for (int64_t i = image * n; i < (image + 1) * n; i++)
      dx[which[i] * channels + i % channels] += dy[i];
}

void mer__max_rows(float *y, int32_t *which, const float *x, int64_t first, int64_t n,
                   int64_t channels) {
  const mer__max_pool_kernels *kernels = MER__CHOSEN(mer__max_pool);
  for (int64_t t = first; t < first + n; t++)
    kernels->larger(y, which, x + t * channels, (int32_t)t, t > first, channels);
}
