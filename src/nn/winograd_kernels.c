/* winograd_kernels.c: F(4 x 4, 3 x 3) of Lavin and Gray (2016), the columns first, then the rows;
 * some channels at a time, in vectors. */
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

const mer__winograd_kernels MER__VERSION(mer__winograd) = {input, output};
