/* int8_avx2_reduced.c: weights of a reduced range by AVX2: products of pairs of bytes, of which
 * eight are summed in 16 bits (nn/int8_weights.h). */
#include "nn/int8_avx2.h"

/* The sums of three rows, of 32 and of 16 bits, fill the registers. */
enum { TILE_RUNS = 3 };

enum { RUN = MER__INT8_RUN };

static void place_tile(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  place(to, row, n_groups, TILE_RUNS);
}

/* Adds the products of `n` groups, at most RUN, which are summed in 16 bits first, in the order of
 * the loops: GCC would add up neighbours first, and have more numbers than registers. */
MER__INLINE void add_run(i32x8 sums[][2], const uint8_t *x, const __m256i *w, const int n,
                         const int rows) {
  __m256i run[TILE_RUNS][2] = {0};
#pragma GCC unroll 8
  for (int g = 0; g < n; g++) {
    __m256i weights[2] = {_mm256_loadu_si256(w + 2 * g), _mm256_loadu_si256(w + 2 * g + 1)};
    __asm__("" : "+x"(weights[0]), "+x"(weights[1])); /* loaded once, not for each row */
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
      const __m256i group = _mm256_set1_epi32(load_group(x + (g * TILE_RUNS + r) * GROUP));
#pragma GCC unroll 2
      for (int c = 0; c < 2; c++) {
        run[r][c] = _mm256_add_epi16(run[r][c], _mm256_maddubs_epi16(group, weights[c]));
        __asm__("" : "+x"(run[r][c]));
      }
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int c = 0; c < 2; c++)
      sums[r][c] += (i32x8)_mm256_madd_epi16(run[r][c], _mm256_set1_epi16(1));
}

/* Rows first .. first + rows - 1; `rows` is a constant at each call, at most TILE_RUNS. */
MER__INLINE void tile_runs(const mer__int8_product *p, int64_t first, const int rows) {
  const uint8_t *x = p->x + first / TILE_RUNS * p->x_tile;
  const __m256i *w = (const __m256i *)weights_of(p);
  const mer__fetch_ahead ahead = ahead_of(p, first, TILE_RUNS);
  const char *fetched = (const char *)w + ahead.from;
  i32x8 sums[TILE_RUNS][2] = {0};
  int64_t g = 0;
  for (; g + RUN <= p->n_groups; g += RUN, x += RUN * TILE_RUNS * GROUP, w += 2 * RUN) {
#pragma GCC unroll 4
    for (int i = 0; i < RUN; i++, fetched += ahead.step) _mm_prefetch(fetched, _MM_HINT_T0);
    add_run(sums, x, w, RUN, rows);
  }
  for (; g < p->n_groups; g++, x += TILE_RUNS * GROUP, w += 2) add_run(sums, x, w, 1, rows);
  store_rows(p, first, sums, rows);
}

static void multiply_runs(const mer__int8_product *p) {
  int64_t i = 0;
  for (; i + TILE_RUNS <= p->rows; i += TILE_RUNS) tile_runs(p, i, TILE_RUNS);
  if (i + 2 == p->rows) tile_runs(p, i, 2);
  else if (i < p->rows) tile_runs(p, i, 1);
}

const mer__int8_kernel mer__int8_avx2_reduced = {.tile = TILE_RUNS,
                                                 .panels = 1,
                                                 .step = 1,
                                                 .group_bytes = GROUP,
                                                 .row_bytes = GROUP,
                                                 .multiply = multiply_runs,
                                                 .place = place_tile};
