/* panel_kernels.c: products of f32, and of bfloat16 where the processor has no instructions for it:
 * then it is f32 with the lower half of its bits zero. */
#include "nn/panel_kernels.h"

#include "base/cpu.h"
#include "nn/panel_bf16.h"
#include "nn/panel_tile.h"
#include "nn/vector_math.h"

#define ADD_F32(sum, word, weights) sum += (word) * (weights)

typedef float f32x4 __attribute__((vector_size(16)));
DEFINE_TILE(plain, , f32x4, 4, ADD_F32)

static void multiply_plain(const mer__panel_block *p) {
  for (int64_t i = 0; i < p->rows; i += 3) plain_tile(p, i, p->rows - i, 3, 1);
}

MER__INLINE float rounded(float x) {
  uint32_t bits = mer__float_bits(x), up = bits + 0x7fffu + (bits >> 16 & 1);
  return mer__float_of_bits((x == x ? up : bits | 0x10000u) & 0xffff0000u);
}

/* to [4 columns, 4 rows] = from [4 rows, 4 columns], transposed. */
MER__INLINE void transpose_4x4(float *to, int64_t to_row, const float *from, int64_t from_row) {
  f32x4 x[4], t[4], y[4];
  for (int i = 0; i < 4; i++) memcpy(&x[i], from + i * from_row, sizeof x[i]);
  t[0] = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5);
  t[1] = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7);
  t[2] = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
  t[3] = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
  y[0] = __builtin_shufflevector(t[0], t[2], 0, 1, 4, 5);
  y[1] = __builtin_shufflevector(t[0], t[2], 2, 3, 6, 7);
  y[2] = __builtin_shufflevector(t[1], t[3], 0, 1, 4, 5);
  y[3] = __builtin_shufflevector(t[1], t[3], 2, 3, 6, 7);
  for (int i = 0; i < 4; i++) memcpy(to + i * to_row, &y[i], sizeof y[i]);
}

/* to [n, n_rows] = from [n_rows, n]; n_rows is a multiple of 4. */
static void transpose(float *to, const float *from, int64_t n_rows, int64_t n) {
  for (int64_t r = 0; r < n_rows; r += 4) {
    int64_t j = 0;
    for (; j + 4 <= n; j += 4) transpose_4x4(to + j * n_rows + r, n_rows, from + r * n + j, n);
    for (; j < n; j++)
      for (int64_t i = r; i < r + 4; i++) to[j * n_rows + i] = from[i * n + j];
  }
}

/* Words of f32, rounded to bfloat16 or not. */
#define DEFINE_F32_WORDS(SUFFIX, ROUND)                                                      \
  MER__KERNEL static void row_##SUFFIX(float *to, const float *from, int64_t n) {            \
    for (int64_t j = 0; j < n; j++) to[j] = ROUND(from[j]);                                  \
  }                                                                                          \
  static void rows_##SUFFIX(float *to, int64_t width, const float *from, int64_t from_row,   \
                            int64_t n_rows, int64_t n) {                                     \
    float words[PANEL * MER__PANEL_MAX_WORDS];                                               \
    for (int64_t r = 0; r < width; r++)                                                      \
      if (r < n_rows) row_##SUFFIX(words + r * n, from + r * from_row, n);                   \
      else memset(words + r * n, 0, (size_t)n * sizeof *words);                              \
    transpose(to, words, width, n);                                                          \
  }                                                                                          \
  MER__KERNEL static void columns_##SUFFIX(float *to, int64_t width, const float *from,      \
                                           int64_t from_row, int64_t n, int64_t n_columns) { \
    for (int64_t j = 0; j < n; j++, to += width, from += from_row) {                         \
      if (n_columns == PANEL) {                                                              \
        for (int c = 0; c < PANEL; c++) to[c] = ROUND(from[c]);                              \
        continue;                                                                            \
      }                                                                                      \
      for (int64_t c = 0; c < width; c++) to[c] = c < n_columns ? ROUND(from[c]) : 0.0f;     \
    }                                                                                        \
  }
#define AS_IT_IS(x) (x)
DEFINE_F32_WORDS(f32, AS_IT_IS)
DEFINE_F32_WORDS(rounded, rounded)
DEFINE_PACKING(f32)
DEFINE_PACKING(rounded)

#define KERNELS(MULTIPLY, PANELS) \
  { F32_KERNELS(MULTIPLY, PANELS, f32), F32_KERNELS(MULTIPLY, PANELS, rounded) }
#define F32_KERNELS(MULTIPLY, PANELS, SUFFIX)                                       \
  {                                                                                 \
    .word = 1, .step = 1, .tile = TILE, .panels = (PANELS), .multiply = (MULTIPLY), \
    PACKING(SUFFIX)                                                                 \
  }

static const mer__panel_kernels plain[] = KERNELS(multiply_plain, 1);

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
typedef float f32x8 __attribute__((vector_size(32)));
DEFINE_TILE(avx2, AVX2, f32x8, 2, ADD_F32)

AVX2 static void multiply_avx2(const mer__panel_block *p) {
  int64_t i = 0;
  for (; i + 3 < p->rows; i += 6) avx2_tile(p, i, p->rows - i, 6, 1);
  if (i < p->rows) avx2_tile(p, i, p->rows - i, 3, 1);
}

#define AVX512 __attribute__((target("avx512f")))
typedef float f32x16 __attribute__((vector_size(64)));
DEFINE_TILE(avx512, AVX512, f32x16, 1, ADD_F32)

DEFINE_MULTIPLY_AVX512(avx512, AVX512)

static const mer__panel_kernels avx2[] = KERNELS(multiply_avx2, 1);
static const mer__panel_kernels avx512[] = KERNELS(avx512_multiply, 2);
#endif

int mer__panel_kernels_list(const mer__panel_kernels **kernels, mer__product_dtype dtype) {
  int n = 0;
#if defined(__x86_64__) && defined(__GNUC__)
  const mer__cpu_level level = mer__cpu_best();
  if (dtype == MER__PRODUCT_BF16 && level >= MER__CPU_AMX) kernels[n++] = &mer__panels_amx;
  if (dtype == MER__PRODUCT_BF16 && level >= MER__CPU_AVX512_BF16)
    kernels[n++] = &mer__panels_avx512_bf16;
  if (level >= MER__CPU_AVX512) kernels[n++] = &avx512[dtype];
  if (level >= MER__CPU_AVX2) kernels[n++] = &avx2[dtype];
#endif
  kernels[n++] = &plain[dtype];
  return n;
}

const mer__panel_kernels *mer__panel_kernels_of(mer__product_dtype dtype) {
  const mer__panel_kernels *kernels[MER__PANEL_MAX_KERNELS];
  mer__panel_kernels_list(kernels, dtype);
  return kernels[0];
}

int64_t mer__panel_words(const mer__panel_kernels *kernels, int64_t n) {
  const int64_t elements = kernels->word * kernels->step;
  return (n + elements - 1) / elements * kernels->step;
}
