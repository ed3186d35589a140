/* patches.c: a row of a square is a run of neighbouring pixels, cut off at the image's edges. */
#include "nn/patches.h"

#include <string.h>

static int64_t count(int64_t size, mer__window2d w) {
  const int64_t room = size + 2 * w.padding - w.kernel;
  return room < 0 ? 0 : room / w.stride + 1;
}

mer__map mer__window2d_map(mer__window2d window, mer__map in) {
  return (mer__map){in.n, count(in.height, window), count(in.width, window)};
}

/* A square: where it begins, perhaps outside of the image. */
typedef struct square {
  int64_t image, y, x;
} square;

static square square_at(int64_t i, mer__map out, mer__window2d w) {
  const int64_t row = i / out.width;
  return (square){row / out.height, row % out.height * w.stride - w.padding,
                  i % out.width * w.stride - w.padding};
}

/* The pixels of row `y` of a square that are in the image: `n` from the square's column `skip` on,
 * which is the image's pixel `at`. */
typedef struct run {
  int64_t skip, n, at;
} run;

static run run_of(square s, int64_t y, mer__map in, int64_t kernel) {
  const int64_t row = s.y + y, skip = s.x < 0 ? -s.x : 0;
  const int64_t end = s.x + kernel > in.width ? in.width - s.x : kernel;
  if (row < 0 || row >= in.height || end <= skip) return (run){0};
  return (run){skip, end - skip, (s.image * in.height + row) * in.width + s.x + skip};
}

/* What is done with one run: `row` [before + n + after] is a row of a square, `pixels` [n] what is
 * in the image. */
typedef void use_run(float *row, float *pixels, int64_t before, int64_t n, int64_t after);

static inline void each_run(float *rows, float *x, mer__map in, int64_t channels,
                            mer__window2d window, int64_t first, int64_t n_rows, use_run *use) {
  const mer__map out = mer__window2d_map(window, in);
  for (int64_t i = first; i < first + n_rows; i++) {
    const square s = square_at(i, out, window);
    for (int64_t y = 0; y < window.kernel; y++, rows += window.kernel * channels) {
      const run r = run_of(s, y, in, window.kernel);
      use(rows, x + r.at * channels, r.skip * channels, r.n * channels,
          (window.kernel - r.skip - r.n) * channels);
    }
  }
}

static inline void copy_run(float *row, float *pixels, int64_t before, int64_t n, int64_t after) {
  if (before > 0) memset(row, 0, (size_t)before * sizeof *row);
  memcpy(row + before, pixels, (size_t)n * sizeof *row);
  if (after > 0) memset(row + before + n, 0, (size_t)after * sizeof *row);
}

static inline void add_run(float *row, float *pixels, int64_t before, int64_t n, int64_t after) {
  (void)after;
#pragma omp simd
  for (int64_t j = 0; j < n; j++) pixels[j] += row[before + j];
}

void mer__patches_gather(float *rows, const float *x, mer__map in, int64_t channels,
                         mer__window2d window, int64_t first, int64_t n_rows) {
  each_run(rows, (float *)(uintptr_t)x, in, channels, window, first, n_rows, copy_run);
}

void mer__patches_scatter_add(float *dx, const float *rows, mer__map in, int64_t channels,
                              mer__window2d window, int64_t first, int64_t n_rows) {
  each_run((float *)(uintptr_t)rows, dx, in, channels, window, first, n_rows, add_run);
}
