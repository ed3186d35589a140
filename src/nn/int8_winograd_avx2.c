/* int8_winograd_avx2.c: F(4 x 4, 3 x 3) in whole numbers by AVX2: products of pairs of 16 bits.
 * Sums may leave 16 or 32 bits on their way: they are unsigned. */
#include "nn/int8_avx2.h"
#include "nn/int8_winograd_kernels.h"
#include "nn/winograd_kernels.h"

enum {
  IN = MER__WINOGRAD_IN,
  OUT = MER__WINOGRAD_OUT,
  POINTS = MER__WINOGRAD_POINTS,
  ROWS = 6,               /* of a tile: 6 x 2 sums in 16 registers */
  NINTH = (int)954437177, /* times 9 it is 1, modulo 2^32 */
};

typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));

#define UNROLLED _Pragma("GCC unroll 16")

MER__INLINE u16x16 load_bytes(const uint8_t *x) {
  return (u16x16)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)x));
}

MER__INLINE u32x8 load_sums(const int32_t *sums) {
  return (u32x8)_mm256_loadu_si256((const __m256i *)sums);
}

MER__INLINE void input_line(u16x16 t[IN], const u16x16 d[IN]) {
  const u16x16 even = d[4] - (d[2] << 2), odd = d[3] - (d[1] << 2);
  const u16x16 even2 = d[4] - d[2], odd2 = (d[3] - d[1]) << 1;
  t[0] = ((d[0] - d[2]) << 2) + even2;
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = even2 + odd2;
  t[4] = even2 - odd2;
  t[5] = d[5] - d[3] - (odd2 << 1);
}

/* Times 24. */
MER__INLINE void output_line(u32x8 y[OUT], const u32x8 m[IN]) {
  const u32x8 even = m[1] + m[2], odd = m[1] - m[2];
  const u32x8 even2 = m[3] + m[4], odd2 = m[3] - m[4];
  y[0] = m[0] + even + even2;
  y[1] = odd + (odd2 << 1);
  y[2] = even + (even2 << 2);
  y[3] = odd + (odd2 << 3) + m[5] + (m[5] << 1);
}

static void input(int16_t *to, int64_t step, const uint8_t *x, int64_t row, int64_t channels,
                  int32_t zero) {
  const u16x16 zeros = (u16x16){0} + (uint16_t)zero;
  for (int64_t c = 0; c < channels; c += MER__INT8_WINOGRAD_LANES) {
    u16x16 columns[IN][IN], line[IN], result[IN]; /* columns: [column][row] */
    for (int j = 0; j < IN; j++) {
      UNROLLED for (int i = 0; i < IN; i++) line[i] =
          load_bytes(x + i * row + j * channels + c) - zeros;
      input_line(columns[j], line);
    }
    for (int i = 0; i < IN; i++) {
      UNROLLED for (int j = 0; j < IN; j++) line[j] = columns[j][i];
      input_line(result, line);
      UNROLLED for (int j = 0; j < IN; j++)
          memcpy(to + (i * IN + j) * step + c, &result[j], sizeof result[j]);
    }
  }
}

/* `rows` is a constant at each call, at most ROWS. */
MER__INLINE void tile(int32_t *to, const int16_t *x, const int16_t *weights, int64_t channels,
                      const int rows) {
  u32x8 sums[ROWS][2];
  const int16_t *half[2] = {x, x + ROWS / 2 * channels}; /* so that strides stay in registers */
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (u32x8){0};
  for (int64_t c = 0; c < channels; c += 2, weights += 2 * PANEL) {
    __m256i w0 = _mm256_loadu_si256((const __m256i *)weights),
            w1 = _mm256_loadu_si256((const __m256i *)weights + 1);
    _mm_prefetch((const char *)weights + MER__FETCH_AHEAD, _MM_HINT_T0);
    __asm__("" : "+x"(w0), "+x"(w1)); /* loaded once, not for each row */
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const int16_t *at = half[r / (ROWS / 2)] + r % (ROWS / 2) * channels + c;
      const __m256i pair = _mm256_set1_epi32(load_group((const uint8_t *)at));
      sums[r][0] += (u32x8)_mm256_madd_epi16(pair, w0);
      sums[r][1] += (u32x8)_mm256_madd_epi16(pair, w1);
      __asm__("" : "+x"(sums[r][0]), "+x"(sums[r][1])); /* in this order: fewer registers */
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    _mm256_storeu_si256((__m256i *)(to + r * PANEL), (__m256i)sums[r][0]);
    _mm256_storeu_si256((__m256i *)(to + r * PANEL) + 1, (__m256i)sums[r][1]);
  }
}

/* In tiles of about as many rows. */
static void multiply(int32_t *sums, const int16_t *x, const int16_t *weights, int64_t n,
                     int64_t channels) {
  for (int64_t left = (n + ROWS - 1) / ROWS, rows; left > 0; left--, n -= rows) {
    rows = (n + left - 1) / left;
    switch (rows) {
      case 6: tile(sums, x, weights, channels, 6); break;
      case 5: tile(sums, x, weights, channels, 5); break;
      case 4: tile(sums, x, weights, channels, 4); break;
      case 3: tile(sums, x, weights, channels, 3); break;
      case 2: tile(sums, x, weights, channels, 2); break;
      default: tile(sums, x, weights, channels, 1); break;
    }
    sums += rows * PANEL;
    x += rows * channels;
  }
}

/* Eight outputs, from number 8 * c of the panel on. */
MER__INLINE void output_half(const mer__int8_product *p, int64_t at, int64_t line, int64_t height,
                             int64_t width, float x_scale, const int32_t *sums, int64_t step,
                             const int c) {
  u32x8 columns[IN][OUT], points[IN], result[OUT]; /* columns: [column][row] */
  for (int j = 0; j < IN; j++) {
    UNROLLED for (int i = 0; i < IN; i++) points[i] = load_sums(sums + (i * IN + j) * step + 8 * c);
    output_line(columns[j], points);
  }
  for (int64_t i = 0; i < height; i++) {
    UNROLLED for (int j = 0; j < IN; j++) points[j] = columns[j][i];
    output_line(result, points);
    for (int64_t j = 0; j < width; j++)
      finish_avx2(p, at + i * line + j * p->y_row + 8 * c, 8, c, x_scale,
                  _mm256_srai_epi32((__m256i)(result[j] * (uint32_t)NINTH), 6));
  }
}

static void output(const mer__int8_product *p, int64_t at, int64_t line, int64_t height,
                   int64_t width, float x_scale, const int32_t *sums, int64_t step) {
  output_half(p, at, line, height, width, x_scale, sums, step, 0);
  output_half(p, at, line, height, width, x_scale, sums, step, 1);
}

const mer__int8_winograd_kernel mer__int8_winograd_avx2 = {input, multiply, output};
