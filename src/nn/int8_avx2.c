/* int8_avx2.c: weights of the whole range by AVX2: products of pairs of 16 bits. */
#include "nn/int8_avx2.h"

enum { PAIRS = 2 * GROUP, TILE_PAIRS = TILE / 2 }; /* 6 x 2 sums in 16 registers */

/* Groups as 16 bits, the even columns before the odd ones: [n_groups, 12, 4]. */
static void place_pairs(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  for (int64_t g = 0; g < n_groups; g++, to += TILE * PAIRS, row += GROUP) {
    const uint16_t pairs[GROUP] = {row[0], row[2], row[1], row[3]};
    memcpy(to, pairs, sizeof pairs);
  }
}

/* Adds the products of every second column, as 16 bits. */
MER__INLINE void add_columns(i32x8 sums[][2], const uint8_t *x, __m256i w0, __m256i w1,
                             const int rows) {
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    const __m256i pair = _mm256_set1_epi32(load_group(x + r * PAIRS));
    sums[r][0] += (i32x8)_mm256_madd_epi16(pair, w0);
    sums[r][1] += (i32x8)_mm256_madd_epi16(pair, w1);
  }
}

/* Rows first .. first + rows - 1; `rows` is a constant at each call, at most TILE_PAIRS. */
MER__INLINE void tile_pairs(const mer__int8_product *p, int64_t first, const int rows) {
  const uint8_t *x = row_of(p, first, PAIRS);
  const __m256i *w = (const __m256i *)weights_of(p);
  const mer__fetch_ahead ahead = ahead_of(p, first, TILE_PAIRS);
  const char *fetched = (const char *)w + ahead.from;
  i32x8 sums[TILE_PAIRS][2];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (i32x8){0};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * PAIRS, w += 2, fetched += ahead.step) {
    _mm_prefetch(fetched, _MM_HINT_T0);
    const __m256i w0 = _mm256_loadu_si256(w), w1 = _mm256_loadu_si256(w + 1);
    add_columns(sums, x, _mm256_srai_epi16(_mm256_slli_epi16(w0, 8), 8),
                _mm256_srai_epi16(_mm256_slli_epi16(w1, 8), 8), rows);
    add_columns(sums, x + GROUP, _mm256_srai_epi16(w0, 8), _mm256_srai_epi16(w1, 8), rows);
  }
  store_rows(p, first, sums, rows);
}

static void multiply_pairs(const mer__int8_product *p) {
  int64_t i = 0;
  for (; i + TILE_PAIRS <= p->rows; i += TILE_PAIRS) tile_pairs(p, i, TILE_PAIRS);
  switch (p->rows - i) {
    case 5: tile_pairs(p, i, 5); break;
    case 4: tile_pairs(p, i, 4); break;
    case 3: tile_pairs(p, i, 3); break;
    case 2: tile_pairs(p, i, 2); break;
    case 1: tile_pairs(p, i, 1); break;
    default: break;
  }
}

const mer__int8_kernel mer__int8_avx2 = {.tile = TILE,
                                         .panels = 1,
                                         .step = 1,
                                         .group_bytes = PAIRS,
                                         .row_bytes = PAIRS,
                                         .multiply = multiply_pairs,
                                         .place = place_pairs};
