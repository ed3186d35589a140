/* winograd_kernels.c: F(4 x 4, 3 x 3) of Lavin and Gray (2016), one direction after the other; some
 * channels at a time, in vectors. */
#include "nn/winograd_kernels.h"

#include "nn/f32x8.h"

#if defined(__AVX512F__)
typedef mer__f32x16 vector;
#define LOAD(x) MER__LOAD16(x)
#else
typedef mer__f32_part vector;
#define LOAD(x) MER__LOAD_PART(x)
#endif

enum { LANES = sizeof(vector) / sizeof(float), IN = MER__WINOGRAD_IN, OUT = MER__WINOGRAD_OUT };

#define UNROLLED _Pragma("GCC unroll 16")

MER__INLINE void store(float *to, vector x) { memcpy(to, &x, sizeof x); }

MER__INLINE void input_line(vector t[IN], const vector d[IN]) {
  const vector even = d[4] - 4.0f * d[2], odd = d[3] - 4.0f * d[1];
  const vector even2 = d[4] - d[2], odd2 = 2.0f * (d[3] - d[1]);
  t[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = even2 + odd2;
  t[4] = even2 - odd2;
  t[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

MER__INLINE void output_line(vector y[OUT], const vector m[IN]) {
  const vector even = m[1] + m[2], odd = m[1] - m[2];
  const vector even2 = m[3] + m[4], odd2 = m[3] - m[4];
  y[0] = m[0] + even + even2;
  y[1] = odd + 2.0f * odd2;
  y[2] = even + 4.0f * even2;
  y[3] = odd + 8.0f * odd2 + m[5];
}

static void input(float *to, int64_t step, const float *x, int64_t row, int64_t channels) {
  for (int64_t c = 0; c < channels; c += LANES) {
    vector columns[IN][IN], line[IN], result[IN]; /* columns: [column][row] */
    for (int j = 0; j < IN; j++) {
      UNROLLED for (int i = 0; i < IN; i++) line[i] = LOAD(x + i * row + j * channels + c);
      input_line(columns[j], line);
    }
    for (int i = 0; i < IN; i++) {
      UNROLLED for (int j = 0; j < IN; j++) line[j] = columns[j][i];
      input_line(result, line);
      UNROLLED for (int j = 0; j < IN; j++) store(to + (i * IN + j) * step + c, result[j]);
    }
  }
}

static void output(float *y, int64_t row, int64_t height, int64_t width, const float *from,
                   int64_t step, int64_t channels) {
  for (int64_t c = 0; c < channels; c += LANES) {
    vector columns[IN][OUT], line[IN], result[OUT]; /* columns: [column][row] */
    for (int j = 0; j < IN; j++) {
      UNROLLED for (int i = 0; i < IN; i++) line[i] = LOAD(from + (i * IN + j) * step + c);
      output_line(columns[j], line);
    }
    for (int64_t i = 0; i < height; i++) {
      UNROLLED for (int j = 0; j < IN; j++) line[j] = columns[j][i];
      output_line(result, line);
      for (int64_t j = 0; j < width; j++) store(y + i * row + j * channels + c, result[j]);
    }
  }
}

/* Three weights at the points 0, 1, -1, 2, -2 and infinity. */
MER__INLINE void weights_line(vector t[IN], const vector w[3]) {
  const vector even = (w[0] + w[2]) * (-1 / 6.0f), odd = w[1] * (-1 / 6.0f);
  const vector even2 = w[0] * (1 / 24.0f) + w[2] * (1 / 6.0f), odd2 = w[1] * (1 / 12.0f);
  t[0] = w[0] * 0.25f;
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = even2 + odd2;
  t[4] = even2 - odd2;
  t[5] = w[2];
}

static void weights(float *to, int64_t point, const float *w, int64_t step) {
  for (int64_t l = 0; l < MER__WINOGRAD_LANES; l += LANES) {
    vector rows[3][IN], line[3], result[IN]; /* rows: [row][column] */
    for (int i = 0; i < 3; i++) {
      UNROLLED for (int j = 0; j < 3; j++) line[j] = LOAD(w + (i * 3 + j) * step + l);
      weights_line(rows[i], line);
    }
    for (int j = 0; j < IN; j++) {
      UNROLLED for (int i = 0; i < 3; i++) line[i] = rows[i][j];
      weights_line(result, line);
      UNROLLED for (int i = 0; i < IN; i++) store(to + (i * IN + j) * point + l, result[i]);
    }
  }
}

MER__INLINE void output_gradient_line(vector t[IN], const vector y[OUT]) {
  const vector even = y[0] + y[2], odd = y[1] + y[3];
  const vector even2 = y[0] + 4.0f * y[2], odd2 = 2.0f * y[1] + 8.0f * y[3];
  t[0] = y[0];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = even2 + odd2;
  t[4] = even2 - odd2;
  t[5] = y[3];
}

static void output_gradient(float *to, int64_t step, const float *dy, int64_t row, int64_t height,
                            int64_t width, int64_t channels) {
  for (int64_t c = 0; c < channels; c += LANES) {
    vector columns[OUT][IN], line[OUT], result[IN]; /* columns: [column][row] */
    for (int j = 0; j < OUT; j++) {
      UNROLLED for (int i = 0; i < OUT; i++) {
        line[i] = (vector){0};
        if (i < height && j < width) line[i] = LOAD(dy + i * row + j * channels + c);
      }
      output_gradient_line(columns[j], line);
    }
    for (int i = 0; i < IN; i++) {
      UNROLLED for (int j = 0; j < OUT; j++) line[j] = columns[j][i];
      output_gradient_line(result, line);
      UNROLLED for (int j = 0; j < IN; j++) store(to + (i * IN + j) * step + c, result[j]);
    }
  }
}

MER__INLINE void weights_gradient_line(vector w[3], const vector t[IN]) {
  const vector ones = t[1] + t[2], twos = t[3] + t[4];
  w[0] = t[0] * 0.25f - ones * (1 / 6.0f) + twos * (1 / 24.0f);
  w[1] = (t[2] - t[1]) * (1 / 6.0f) + (t[3] - t[4]) * (1 / 12.0f);
  w[2] = (twos - ones) * (1 / 6.0f) + t[5];
}

static void weights_gradient(float *dw, const float *from, int64_t step, int64_t channels) {
  for (int64_t c = 0; c < channels; c += LANES) {
    vector columns[IN][3], line[IN], result[3]; /* columns: [column][row] */
    for (int j = 0; j < IN; j++) {
      UNROLLED for (int i = 0; i < IN; i++) line[i] = LOAD(from + (i * IN + j) * step + c);
      weights_gradient_line(columns[j], line);
    }
    for (int i = 0; i < 3; i++) {
      UNROLLED for (int j = 0; j < IN; j++) line[j] = columns[j][i];
      weights_gradient_line(result, line);
      for (int j = 0; j < 3; j++) {
        float *to = dw + (i * 3 + j) * channels + c;
        store(to, LOAD(to) + result[j]);
      }
    }
  }
}

const mer__winograd_kernels MER__VERSION(mer__winograd) = {.input = input,
                                                           .output = output,
                                                           .weights = weights,
                                                           .output_gradient = output_gradient,
                                                           .weights_gradient = weights_gradient};
