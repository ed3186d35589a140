/* panel_bf16.c: words of two bfloat16, multiplied by AVX512_BF16 or by AMX.
 *
 * AMX multiplies a tile of 16 rows by 32 elements with one of 32 elements by 16 columns, both of
 * them 1 KB in eight registers of their own. A tile of a is packed as words [n_words / 16, 16, 16]:
 * 16 words of a row side by side. A panel, 16 words of it at a time, is what AMX wants of b. */
#include "nn/panel_bf16.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#include "nn/amx.h"
#include "nn/panel_tile.h"

/* What is read in narrow columns, or in sixteen rows at a time, is fetched ahead. */
enum { ROWS_AHEAD = 16, ELEMENTS_AHEAD = 64 };

typedef float f32x16 __attribute__((vector_size(64)));
#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define ADD_BF16(sum, word, weights) \
  sum = (f32x16)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)_mm512_set1_ps(word), (__m512bh)(weights))
DEFINE_TILE(bf16, BF16, f32x16, 1, ADD_BF16)
DEFINE_MULTIPLY_AVX512(bf16, BF16)

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

/* The words of 32 neighbours in a row, of which some are there. */
BF16 MER__INLINE __m512i words_of_row(const float *x, uint32_t there) {
  const __m512 low = _mm512_maskz_loadu_ps((__mmask16)there, x);
  const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(there >> 16), x + PANEL);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* The words of up to 16 columns of the first two of n rows. */
BF16 MER__INLINE __m512i words_of_columns(const float *from, int64_t from_row, int64_t n,
                                          __mmask16 columns) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512 upper = _mm512_maskz_loadu_ps(n > 0 ? columns : 0, from);
  const __m512 lower = _mm512_maskz_loadu_ps(n > 1 ? columns : 0, from + from_row);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(lower, upper));
}

BF16 static void rows_bf16(float *to, int64_t width, const float *from, int64_t from_row,
                           int64_t n_rows, int64_t n) {
  const __mmask16 all = (__mmask16)low_bits(width);
  for (int64_t j = 0; j < n; j += 2 * PANEL, to += PANEL * width) {
    const int64_t n_words = n - j < 2 * PANEL ? (n - j + 1) / 2 : PANEL;
    __m512i words[PANEL];
    UNROLLED for (int r = 0; r < PANEL; r++) {
      const float *row = from + r * from_row + j;
      _mm_prefetch(row + ELEMENTS_AHEAD, _MM_HINT_T0);
      _mm_prefetch(row + ELEMENTS_AHEAD + PANEL, _MM_HINT_T0);
      words[r] = words_of_row(row, r < n_rows ? low_bits(n - j) : 0);
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

BF16 static void columns_bf16(float *to, int64_t width, const float *from, int64_t from_row,
                              int64_t n, int64_t n_columns) {
  const __mmask16 columns = (__mmask16)low_bits(n_columns), all = (__mmask16)low_bits(width);
  for (int64_t j = 0; j < n; j += 2, to += width, from += 2 * from_row) {
    _mm_prefetch(from + ROWS_AHEAD * from_row, _MM_HINT_T0);
    _mm_prefetch(from + (ROWS_AHEAD + 1) * from_row, _MM_HINT_T0);
    _mm512_mask_storeu_epi32(to, all, words_of_columns(from, from_row, n - j, columns));
  }
}

DEFINE_PACKING(bf16)

const mer__panel_kernels mer__panels_avx512_bf16 = {
    .word = 2, .step = 1, .tile = TILE, .panels = 2, .multiply = bf16_multiply, PACKING(bf16)};

#define AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512bf16")))

enum { AMX_ROWS = MER__AMX_ROWS, AMX_BLOCK = 16 * 16 }; /* words of a register */

/* y = base + sums of the tile whose first row is `first`. */
AMX static void store_amx(const mer__panel_block *p, int64_t first, const float *sums) {
  const __mmask16 columns = (__mmask16)low_bits(p->n_columns);
  for (int64_t i = first; i < first + AMX_ROWS && i < p->rows; i++, sums += PANEL) {
    float *y = p->y + i * p->y_row;
    const __m512 base = _mm512_maskz_loadu_ps(columns, p->bias ? p->bias : y);
    _mm512_mask_storeu_ps(y, columns, _mm512_add_ps(base, _mm512_loadu_ps(sums)));
  }
}

/* T is the number of a register, and of the tile whose sums it holds. */
#define ZERO_TILE(T) \
  if ((T) < n) _tile_zero(T);
#define ADD_TILE(T)                                               \
  if ((T) < n) {                                                  \
    _tile_loadd(6, a + (T)*AMX_ROWS * words, MER__AMX_ROW_BYTES); \
    _tile_dpbf16ps(T, 6, 7);                                      \
  }
#define STORE_TILE(T)                          \
  if ((T) < n) {                               \
    _tile_stored(T, sums, MER__AMX_ROW_BYTES); \
    store_amx(p, first + (T)*AMX_ROWS, sums);  \
  }

/* The rows of n tiles from row `first` on. */
AMX static void multiply_tiles_amx(const mer__panel_block *p, int64_t first, int64_t n) {
  const int64_t words = p->n_words;
  const float *a = p->a + first * words, *b = p->b;
  _Alignas(64) float sums[AMX_BLOCK];
  MER__AMX_EACH(ZERO_TILE)
  for (int64_t j = 0; j < words; j += 16, a += AMX_BLOCK, b += AMX_BLOCK) {
    _tile_loadd(7, b, MER__AMX_ROW_BYTES);
    MER__AMX_EACH(ADD_TILE)
  }
  MER__AMX_EACH(STORE_TILE)
}

static void multiply_amx(const mer__panel_block *p) {
  for (int64_t i = 0; i < mer__amx_count_rounds(p->rows); i++) {
    const mer__amx_round round = mer__amx_round_of(p->rows, i);
    multiply_tiles_amx(p, round.first, round.n);
  }
}

BF16 static void tile_of_rows_amx(float *to, const float *from, int64_t from_row, int64_t n_rows,
                                  int64_t n) {
  for (int64_t j = 0; j < n; j += 2 * PANEL)
    for (int64_t r = 0; r < AMX_ROWS; r++, to += 16)
      _mm512_storeu_si512(to,
                          words_of_row(from + r * from_row + j, r < n_rows ? low_bits(n - j) : 0));
}

BF16 static void tile_of_columns_amx(float *to, const float *from, int64_t from_row, int64_t n,
                                     int64_t n_columns) {
  for (int64_t j = 0; j < n; j += 2 * PANEL) {
    __m512i words[PANEL];
    UNROLLED for (int i = 0; i < PANEL; i++) words[i] = words_of_columns(
        from + (j + 2 * i) * from_row, from_row, n - j - 2 * i, (__mmask16)low_bits(n_columns));
    transpose_16x16(words);
    UNROLLED for (int r = 0; r < AMX_ROWS; r++, to += 16) _mm512_storeu_si512(to, words[r]);
  }
}

/* The words behind those of n elements that the last step of a panel takes. */
static void end_panel_amx(float *panel, int64_t n) {
  const int64_t there = (n + 1) / 2, all = mer__panel_words(&mer__panels_amx, n);
  memset(panel + there * PANEL, 0, (size_t)((all - there) * PANEL) * sizeof *panel);
}

BF16 static void panel_of_rows_amx(float *to, const float *from, int64_t from_row, int64_t n_rows,
                                   int64_t n) {
  rows_bf16(to, PANEL, from, from_row, n_rows, n);
  end_panel_amx(to, n);
}

BF16 static void panel_of_columns_amx(float *to, const float *from, int64_t from_row, int64_t n,
                                      int64_t n_columns) {
  columns_bf16(to, PANEL, from, from_row, n, n_columns);
  end_panel_amx(to, n);
}

const mer__panel_kernels mer__panels_amx = {.word = 2,
                                            .step = 16,
                                            .tile = AMX_ROWS,
                                            .panels = 1,
                                            .multiply = multiply_amx,
                                            PACKING(amx),
                                            .begin = mer__amx_begin,
                                            .end = mer__amx_end};
#endif
