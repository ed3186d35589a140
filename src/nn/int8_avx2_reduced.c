/* int8_avx2_reduced.c: weights of a reduced range by AVX2: products of pairs of bytes, of which
 * eight are summed in 16 bits (nn/int8_weights.h). */
#include "nn/int8_avx2.h"

/* Two rows fit the first cache beside a panel, and their sums of 32 and 16 bits the registers. */
enum { TILE_RUNS = 2 };

enum { RUN = MER__INT8_RUN };

static void place_two(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  place(to, row, n_groups, TILE_RUNS);
}

/* Sums of 16 bits of `n` groups of a row, at most RUN. */
MER__INLINE __m256i sum_run(const uint8_t *x, const __m256i *w, const int n) {
  __m256i sum = _mm256_setzero_si256();
#pragma GCC unroll 8
  for (int g = 0; g < n; g++)
    sum = _mm256_add_epi16(
        sum, _mm256_maddubs_epi16(_mm256_set1_epi32(load_group(x + g * TILE_RUNS * GROUP)),
                                  _mm256_loadu_si256(w + 2 * g)));
  return sum;
}

/* Adds those of some rows. */
MER__INLINE void add_run(i32x8 sums[][2], const uint8_t *x, const __m256i *w, const int n,
                         const int rows) {
  const __m256i ones = _mm256_set1_epi16(1);
#pragma GCC unroll 2
  for (int c = 0; c < 2; c++)
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
      sums[r][c] += (i32x8)_mm256_madd_epi16(sum_run(x + r * GROUP, w + c, n), ones);
}

/* Rows first .. first + rows - 1; `rows` is a constant at each call, at most TILE_RUNS. */
MER__INLINE void tile_runs(const mer__int8_product *p, int64_t first, const int rows) {
  const uint8_t *x = p->x + first / TILE_RUNS * p->x_tile;
  const __m256i *w = (const __m256i *)weights_of(p);
  i32x8 sums[TILE_RUNS][2] = {0};
  int64_t g = 0;
  for (; g + RUN <= p->n_groups; g += RUN, x += RUN * TILE_RUNS * GROUP, w += 2 * RUN) {
#pragma GCC unroll 4
    for (int i = 0; i < RUN; i++) _mm_prefetch(w + AHEAD / 32 + 2 * i, _MM_HINT_T0);
    add_run(sums, x, w, RUN, rows);
  }
  for (; g < p->n_groups; g++, x += TILE_RUNS * GROUP, w += 2) add_run(sums, x, w, 1, rows);
  store_rows(p, first, sums, rows);
}

static void multiply_runs(const mer__int8_product *p) {
  int64_t i = 0;
  for (; i + TILE_RUNS <= p->rows; i += TILE_RUNS) tile_runs(p, i, TILE_RUNS);
  if (i < p->rows) tile_runs(p, i, 1);
}

const mer__int8_kernel mer__int8_avx2_reduced = {.tile = TILE_RUNS,
                                                 .panels = 1,
                                                 .step = 1,
                                                 .group_bytes = GROUP,
                                                 .row_bytes = GROUP,
                                                 .multiply = multiply_runs,
                                                 .place = place_two};
