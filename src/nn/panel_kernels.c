/* panel_kernels.c: the sums of a tile stay in registers: 12 rows of 16 columns in the 32 registers
 * of AVX-512, 6 rows in the 16 of AVX2, 3 rows on a plain machine. */
#include "nn/panel_kernels.h"

#include <stddef.h>
#include <string.h>

#include "base/cpu.h"
#include "base/dispatch.h"
#include "nn/vector_math.h"

enum {
  PANEL = MER__PANEL,
  TILE = MER__PANEL_TILE,
  AHEAD = 1024, /* words of b that are fetched ahead: the processor does not do it beyond a page */
  ROWS_AHEAD = 16, /* likewise rows that are read in narrow columns */
};

/* The compiler keeps the sums in registers if the loops over them are unrolled early. */
#define UNROLLED _Pragma("GCC unroll 16")

/* Defines NAME_tile: ROWS rows from row `first` of a tile on, of which `valid` are wanted, each as
 * N vectors of type VECTOR; ADD(sum, word, weights) adds the products of a word to a sum. */
#define DEFINE_TILE(NAME, TARGET, VECTOR, N, ADD)                                                 \
  TARGET MER__INLINE void NAME##_store(const mer__panel_block *p, int64_t row, const VECTOR *v) { \
    enum { LANES = PANEL / (N) };                                                                 \
    float *y = p->y + row * p->y_row;                                                             \
    const float *base = p->bias ? p->bias : y;                                                    \
    if (p->n_columns == PANEL) {                                                                  \
      UNROLLED for (int c = 0; c < (N); c++) {                                                    \
        VECTOR sum;                                                                               \
        memcpy(&sum, base + c * LANES, sizeof sum);                                               \
        sum += v[c];                                                                              \
        memcpy(y + c * LANES, &sum, sizeof sum);                                                  \
      }                                                                                           \
      return;                                                                                     \
    }                                                                                             \
    float sums[PANEL];                                                                            \
    memcpy(sums, v, sizeof sums);                                                                 \
    for (int64_t c = 0; c < p->n_columns; c++) y[c] = base[c] + sums[c];                          \
  }                                                                                               \
  TARGET MER__INLINE void NAME##_tile(const mer__panel_block *p, int64_t first, int64_t valid,    \
                                      const int rows) {                                           \
    enum { LANES = PANEL / (N) };                                                                 \
    const float *a = p->a + first / TILE * p->a_tile + first % TILE, *b = p->b;                   \
    const int64_t step = p->a_step;                                                               \
    VECTOR sums[TILE][N];                                                                         \
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++) sums[r][c] =   \
        (VECTOR){0};                                                                              \
    for (int64_t j = 0; j < p->n_words; j++, a += step, b += PANEL) {                             \
      VECTOR weights[N];                                                                          \
      __builtin_prefetch(b + AHEAD);                                                              \
      UNROLLED for (int c = 0; c < (N); c++) memcpy(&weights[c], b + c * LANES, sizeof(VECTOR));  \
      UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++)              \
          ADD(sums[r][c], a[r], weights[c]);                                                      \
    }                                                                                             \
    UNROLLED for (int r = 0; r < rows; r++) if (r < valid) NAME##_store(p, first + r, sums[r]);   \
  }

#define ADD_F32(sum, word, weights) sum += (word) * (weights)

typedef float f32x4 __attribute__((vector_size(16)));
DEFINE_TILE(plain, , f32x4, 4, ADD_F32)

static void multiply_plain(const mer__panel_block *p) {
  for (int64_t i = 0; i < p->rows; i += 3) plain_tile(p, i, p->rows - i, 3);
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

static const mer__panel_kernels plain[] = {{1, multiply_plain, rows_f32, columns_f32},
                                           {1, multiply_plain, rows_rounded, columns_rounded}};

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
typedef float f32x8 __attribute__((vector_size(32)));
DEFINE_TILE(avx2, AVX2, f32x8, 2, ADD_F32)

AVX2 static void multiply_avx2(const mer__panel_block *p) {
  int64_t i = 0;
  for (; i + 3 < p->rows; i += 6) avx2_tile(p, i, p->rows - i, 6);
  if (i < p->rows) avx2_tile(p, i, p->rows - i, 3);
}

#define AVX512 __attribute__((target("avx512f")))
typedef float f32x16 __attribute__((vector_size(64)));
DEFINE_TILE(avx512, AVX512, f32x16, 1, ADD_F32)

AVX512 static void multiply_avx512(const mer__panel_block *p) {
  int64_t i = 0;
  for (; i + 8 < p->rows; i += TILE) avx512_tile(p, i, p->rows - i, TILE);
  if (i + 4 < p->rows) avx512_tile(p, i, p->rows - i, 8);
  else if (i < p->rows) avx512_tile(p, i, p->rows - i, 4);
}

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
/* As an instruction that broadcasts the word itself, which GCC does not make of the intrinsic. */
#define ADD_BF16(sum, word, weights) \
  __asm__("vdpbf16ps %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(weights), "m"(word))
DEFINE_TILE(bf16, BF16, f32x16, 1, ADD_BF16)

BF16 static void multiply_bf16(const mer__panel_block *p) {
  int64_t i = 0;
  for (; i + 8 < p->rows; i += TILE) bf16_tile(p, i, p->rows - i, TILE);
  if (i + 4 < p->rows) bf16_tile(p, i, p->rows - i, 8);
  else if (i < p->rows) bf16_tile(p, i, p->rows - i, 4);
}

/* r = its transpose. */
BF16 MER__INLINE void transpose_16x16(__m512i *r) {
  __m512i t[PANEL];
  UNROLLED for (int i = 0; i < PANEL; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  UNROLLED for (int i = 0; i < PANEL; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  UNROLLED for (int i = 0; i < 4;
                i++) { /* parts of 128 bits: even and odd ones, of two rows each */
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  UNROLLED for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

static uint32_t low_bits(int64_t n) { return n < 0 ? 0 : n < 32 ? (1u << n) - 1 : 0xffffffffu; }

BF16 static void rows_bf16(float *to, int64_t width, const float *from, int64_t from_row,
                           int64_t n_rows, int64_t n) {
  const __mmask16 all = (__mmask16)low_bits(width);
  for (int64_t j = 0; j < n; j += 2 * PANEL, to += PANEL * width) {
    const uint32_t valid = low_bits(n - j);
    const int64_t n_words = n - j < 2 * PANEL ? (n - j + 1) / 2 : PANEL;
    __m512i words[PANEL];
    UNROLLED for (int r = 0; r < PANEL; r++) {
      const float *x = from + r * from_row + j;
      const __mmask16 low = (__mmask16)(r < n_rows ? valid : 0),
                      high = (__mmask16)(r < n_rows ? valid >> 16 : 0);
      words[r] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + PANEL),
                                              _mm512_maskz_loadu_ps(low, x));
    }
    transpose_16x16(words);
    if (n_words == PANEL) {
      UNROLLED for (int i = 0; i < PANEL; i++)
          _mm512_mask_storeu_epi32(to + i * width, all, words[i]);
      continue;
    }
    for (int64_t i = 0; i < n_words; i++) _mm512_mask_storeu_epi32(to + i * width, all, words[i]);
  }
}

/* Of two rows on top of each other, the word of each column. */
BF16 static void columns_bf16(float *to, int64_t width, const float *from, int64_t from_row,
                              int64_t n, int64_t n_columns) {
  const __mmask16 mask = (__mmask16)((1u << n_columns) - 1), all = (__mmask16)((1u << width) - 1);
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (int64_t j = 0; j < n; j += 2, to += width, from += 2 * from_row) {
    _mm_prefetch(from + ROWS_AHEAD * from_row, _MM_HINT_T0);
    _mm_prefetch(from + (ROWS_AHEAD + 1) * from_row, _MM_HINT_T0);
    __m512 upper = _mm512_maskz_loadu_ps(mask, from);
    __m512 lower = j + 1 < n ? _mm512_maskz_loadu_ps(mask, from + from_row) : _mm512_setzero_ps();
    __m512i words = _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(lower, upper));
    _mm512_mask_storeu_epi32(to, all, words);
  }
}

static const mer__panel_kernels avx2[] = {{1, multiply_avx2, rows_f32, columns_f32},
                                          {1, multiply_avx2, rows_rounded, columns_rounded}};
static const mer__panel_kernels avx512[] = {{1, multiply_avx512, rows_f32, columns_f32},
                                            {1, multiply_avx512, rows_rounded, columns_rounded}};
static const mer__panel_kernels avx512_bf16 = {2, multiply_bf16, rows_bf16, columns_bf16};
#endif

int mer__panel_kernels_list(const mer__panel_kernels **kernels, mer__product_dtype dtype) {
  int n = 0;
#if defined(__x86_64__) && defined(__GNUC__)
  const mer__cpu_level level = mer__cpu_best();
  if (dtype == MER__PRODUCT_BF16 && level >= MER__CPU_AVX512_BF16) kernels[n++] = &avx512_bf16;
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
