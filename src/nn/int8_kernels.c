/* int8_kernels.c: tiles of rows by 16 outputs, whose sums stay in registers. */
#include "nn/int8_kernels.h"

#include <string.h>

#include "base/cpu.h"
#include "base/dispatch.h"
#include "nn/amx.h"

enum { PANEL = MER__INT8_PANEL, TILE = 12, GROUP = MER__INT8_GROUP, RUN = MER__INT8_RUN };

/* The sums of the panel's rows stand before them. */
static const int8_t *weights_of(const mer__int8_product *p) { return p->panel + PANEL * GROUP; }

/* From one panel to the next. */
MER__INLINE int64_t panel_bytes(const mer__int8_product *p) {
  return (p->n_groups + 1) * PANEL * GROUP;
}

/* Group 0 of row i, in tiles of 12 rows that take groups one by one, of `bytes` each. */
static const uint8_t *row_of(const mer__int8_product *p, int64_t i, int64_t bytes) {
  return p->x + i / TILE * p->x_tile + i % TILE * bytes;
}

/* Groups as they are: [n_groups, tile, 4]. */
MER__INLINE void place(uint8_t *to, const uint8_t *row, int64_t n_groups, const int64_t tile) {
  for (int64_t g = 0; g < n_groups; g++, to += tile * GROUP, row += GROUP) memcpy(to, row, GROUP);
}

static void place_groups(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  place(to, row, n_groups, TILE);
}

static void multiply_portable(const mer__int8_product *p) {
  int32_t weight_sums[PANEL];
  memcpy(weight_sums, p->panel, sizeof weight_sums);
  for (int64_t i = 0; i < p->rows; i++) {
    const uint8_t *x = row_of(p, i, GROUP);
    const int8_t *w = weights_of(p);
    int32_t sums[PANEL] = {0};
    for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP)
      for (int o = 0; o < PANEL; o++, w += GROUP)
        sums[o] += x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3];
    for (int64_t o = 0; o < p->n_outputs; o++) {
      float sum = (float)(sums[o] - p->x_zeros[i] * weight_sums[o]);
      p->y[i * p->y_row + o] = sum * (p->x_scales[i] * p->scales[o]) + p->bias[o];
    }
  }
}

static const mer__int8_kernel portable = {.tile = TILE,
                                          .panels = 1,
                                          .step = 1,
                                          .group_bytes = GROUP,
                                          .row_bytes = GROUP,
                                          .multiply = multiply_portable,
                                          .place = place_groups};

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Bytes of the panels that are fetched ahead: the processor does not do it beyond a page. */
enum { AHEAD = 4096 };

/* Four neighbours of a row, in every lane. */
MER__INLINE int32_t load_group(const uint8_t *x) {
  int32_t group;
  memcpy(&group, x, sizeof group);
  return group;
}

#define AVX2 __attribute__((target("avx2")))

/* Sums have this type, not __m256i: GCC would keep them in both types, and so in memory. */
typedef int32_t i32x8 __attribute__((vector_size(32)));

/* Eight outputs of row `i`, from number 8 * c of the panel on, from their sums. */
AVX2 MER__INLINE void store_avx2(const mer__int8_product *p, int64_t i, const int c, __m256i sums) {
  float *y = p->y + i * p->y_row + 8 * c;
  const int64_t n = p->n_outputs - 8 * c;
  __m256i weight_sums = _mm256_loadu_si256((const __m256i *)p->panel + c);
  sums = _mm256_sub_epi32(sums, _mm256_mullo_epi32(_mm256_set1_epi32(p->x_zeros[i]), weight_sums));
  __m256 scale = _mm256_mul_ps(_mm256_set1_ps(p->x_scales[i]), _mm256_loadu_ps(p->scales + 8 * c));
  __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scale);
  __m256 result = _mm256_add_ps(product, _mm256_loadu_ps(p->bias + 8 * c));
  if (n >= 8) _mm256_storeu_ps(y, result);
  else if (n > 0) memcpy(y, &result, (size_t)n * sizeof *y);
}

/* Both halves of the panel's outputs of rows first .. first + rows - 1. */
AVX2 MER__INLINE void store_rows(const mer__int8_product *p, int64_t first, i32x8 sums[][2],
                                 const int rows) {
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    store_avx2(p, first + r, 0, (__m256i)sums[r][0]);
    store_avx2(p, first + r, 1, (__m256i)sums[r][1]);
  }
}

enum { PAIRS = 2 * GROUP, TILE_PAIRS = TILE / 2 }; /* 6 x 2 sums in 16 registers */

/* Groups as 16 bits, the even columns before the odd ones: [n_groups, 12, 4]. */
static void place_pairs(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  for (int64_t g = 0; g < n_groups; g++, to += TILE * PAIRS, row += GROUP) {
    const uint16_t pairs[GROUP] = {row[0], row[2], row[1], row[3]};
    memcpy(to, pairs, sizeof pairs);
  }
}

/* Adds the products of every second column, as 16 bits. */
AVX2 MER__INLINE void add_columns(i32x8 sums[][2], const uint8_t *x, __m256i w0, __m256i w1,
                                  const int rows) {
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    const __m256i pair = _mm256_set1_epi32(load_group(x + r * PAIRS));
    sums[r][0] += (i32x8)_mm256_madd_epi16(pair, w0);
    sums[r][1] += (i32x8)_mm256_madd_epi16(pair, w1);
  }
}

/* Rows first .. first + rows - 1; `rows` is a constant at each call, at most TILE_PAIRS. */
AVX2 MER__INLINE void tile_pairs(const mer__int8_product *p, int64_t first, const int rows) {
  const uint8_t *x = row_of(p, first, PAIRS);
  const __m256i *w = (const __m256i *)weights_of(p);
  i32x8 sums[TILE_PAIRS][2];
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (i32x8){0};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * PAIRS, w += 2) {
    _mm_prefetch(w + AHEAD / 32, _MM_HINT_T0);
    const __m256i w0 = _mm256_loadu_si256(w), w1 = _mm256_loadu_si256(w + 1);
    add_columns(sums, x, _mm256_srai_epi16(_mm256_slli_epi16(w0, 8), 8),
                _mm256_srai_epi16(_mm256_slli_epi16(w1, 8), 8), rows);
    add_columns(sums, x + GROUP, _mm256_srai_epi16(w0, 8), _mm256_srai_epi16(w1, 8), rows);
  }
  store_rows(p, first, sums, rows);
}

AVX2 static void multiply_pairs(const mer__int8_product *p) {
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

static const mer__int8_kernel avx2 = {.tile = TILE,
                                      .panels = 1,
                                      .step = 1,
                                      .group_bytes = PAIRS,
                                      .row_bytes = PAIRS,
                                      .multiply = multiply_pairs,
                                      .place = place_pairs};

/* Two rows fit the first cache beside a panel, and their sums of 32 and 16 bits the registers. */
enum { TILE_RUNS = 2 };

static void place_two(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  place(to, row, n_groups, TILE_RUNS);
}

/* Sums of 16 bits of `n` groups of a row, at most RUN. */
AVX2 MER__INLINE __m256i sum_run(const uint8_t *x, const __m256i *w, const int n) {
  __m256i sum = _mm256_setzero_si256();
#pragma GCC unroll 8
  for (int g = 0; g < n; g++)
    sum = _mm256_add_epi16(
        sum, _mm256_maddubs_epi16(_mm256_set1_epi32(load_group(x + g * TILE_RUNS * GROUP)),
                                  _mm256_loadu_si256(w + 2 * g)));
  return sum;
}

/* Adds those of some rows. */
AVX2 MER__INLINE void add_run(i32x8 sums[][2], const uint8_t *x, const __m256i *w, const int n,
                              const int rows) {
  const __m256i ones = _mm256_set1_epi16(1);
#pragma GCC unroll 2
  for (int c = 0; c < 2; c++)
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
      sums[r][c] += (i32x8)_mm256_madd_epi16(sum_run(x + r * GROUP, w + c, n), ones);
}

/* Rows first .. first + rows - 1; `rows` is a constant at each call, at most TILE_RUNS. */
AVX2 MER__INLINE void tile_runs(const mer__int8_product *p, int64_t first, const int rows) {
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

AVX2 static void multiply_runs(const mer__int8_product *p) {
  int64_t i = 0;
  for (; i + TILE_RUNS <= p->rows; i += TILE_RUNS) tile_runs(p, i, TILE_RUNS);
  if (i < p->rows) tile_runs(p, i, 1);
}

static const mer__int8_kernel avx2_reduced = {.tile = TILE_RUNS,
                                              .panels = 1,
                                              .step = 1,
                                              .group_bytes = GROUP,
                                              .row_bytes = GROUP,
                                              .multiply = multiply_runs,
                                              .place = place_two};

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

typedef int32_t i32x16 __attribute__((vector_size(64)));

/* What all rows of a panel have in common. */
typedef struct vnni_outputs {
  __m512i weight_sums;
  __m512 scales, bias;
  __mmask16 there;
} vnni_outputs;

VNNI MER__INLINE vnni_outputs outputs_of(const mer__int8_product *p, const int c) {
  const int64_t n = p->n_outputs - c * PANEL;
  return (vnni_outputs){
      _mm512_loadu_si512(p->panel + c * panel_bytes(p)), _mm512_loadu_ps(p->scales + c * PANEL),
      _mm512_loadu_ps(p->bias + c * PANEL), (__mmask16)(n < PANEL ? (1u << n) - 1 : 0xffff)};
}

/* The outputs of row `i` that lie in panel `c`, from their sums. */
VNNI MER__INLINE void store_vnni(const mer__int8_product *p, int64_t i, const int c, __m512i sums,
                                 const vnni_outputs *o) {
  sums =
      _mm512_sub_epi32(sums, _mm512_mullo_epi32(_mm512_set1_epi32(p->x_zeros[i]), o->weight_sums));
  const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(p->x_scales[i]), o->scales);
  const __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), scale);
  _mm512_mask_storeu_ps(p->y + i * p->y_row + c * PANEL, o->there, _mm512_add_ps(product, o->bias));
}

/* As tile_pairs, of up to TILE rows and of one panel or two: with two, each group of a row that is
 * loaded has two uses, as the processor loads no more numbers than it multiplies. The panels behind
 * them are fetched meanwhile. */
VNNI MER__INLINE void tile_vnni(const mer__int8_product *p, int64_t first, const int rows,
                                const int panels) {
  const uint8_t *x = row_of(p, first, GROUP);
  const int8_t *w = weights_of(p);
  i32x16 sums[TILE][2];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (i32x16){0};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP, w += PANEL * GROUP) {
    __m512i weights[2];
#pragma GCC unroll 2
    for (int c = 0; c < panels; c++) {
      weights[c] = _mm512_loadu_si512(w + c * panel_bytes(p));
      _mm_prefetch(w + (panels + c) * panel_bytes(p), _MM_HINT_T0);
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      const __m512i group = _mm512_set1_epi32(load_group(x + r * GROUP));
#pragma GCC unroll 2
      for (int c = 0; c < panels; c++)
        sums[r][c] = (i32x16)_mm512_dpbusd_epi32((__m512i)sums[r][c], group, weights[c]);
    }
  }
#pragma GCC unroll 2
  for (int c = 0; c < panels; c++) {
    const vnni_outputs o = outputs_of(p, c);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) store_vnni(p, first + r, c, (__m512i)sums[r][c], &o);
  }
}

VNNI MER__INLINE void panels_vnni(const mer__int8_product *p, const int panels) {
  int64_t i = 0;
  for (; i + TILE <= p->rows; i += TILE) tile_vnni(p, i, TILE, panels);
  for (; i + 4 <= p->rows; i += 4) tile_vnni(p, i, 4, panels);
  switch (p->rows - i) {
    case 3: tile_vnni(p, i, 3, panels); break;
    case 2: tile_vnni(p, i, 2, panels); break;
    case 1: tile_vnni(p, i, 1, panels); break;
    default: break;
  }
}

VNNI static void multiply_vnni(const mer__int8_product *p) {
  if (p->n_outputs > PANEL) panels_vnni(p, 2);
  else panels_vnni(p, 1);
}

static const mer__int8_kernel vnni = {.tile = TILE,
                                      .panels = 2,
                                      .step = 1,
                                      .group_bytes = GROUP,
                                      .row_bytes = GROUP,
                                      .multiply = multiply_vnni,
                                      .place = place_groups};

#define AMX __attribute__((target("amx-tile,amx-int8,avx512f,avx512bw,avx512vl,avx512vnni")))

/* Rows of a tile, and of groups of the weights, in a register of 1 KB. */
enum { AMX_ROWS = MER__AMX_ROWS, AMX_BLOCK = AMX_ROWS * MER__AMX_ROW_BYTES };

/* The registers are named in the instructions: T is the number of one, and of its tile. */
#define ZERO_TILE(T) \
  if ((T) < n) _tile_zero(T);
#define ADD_TILE(T)                                        \
  if ((T) < n) {                                           \
    _tile_loadd(6, x + (T)*p->x_tile, MER__AMX_ROW_BYTES); \
    _tile_dpbusd(T, 6, 7);                                 \
  }
#define STORE_TILE(T)                          \
  if ((T) < n) {                               \
    _tile_stored(T, sums, MER__AMX_ROW_BYTES); \
    store_amx(p, first + (T)*AMX_ROWS, sums);  \
  }

AMX static void store_amx(const mer__int8_product *p, int64_t first, const int32_t *sums) {
  const vnni_outputs o = outputs_of(p, 0);
  for (int64_t i = first; i < first + AMX_ROWS && i < p->rows; i++, sums += PANEL)
    store_vnni(p, i, 0, _mm512_loadu_si512(sums), &o);
}

/* The rows of n tiles from row `first` on. */
AMX static void multiply_tiles_amx(const mer__int8_product *p, int64_t first, int64_t n) {
  const uint8_t *x = p->x + first / AMX_ROWS * p->x_tile;
  const int8_t *w = weights_of(p);
  _Alignas(64) int32_t sums[AMX_BLOCK / sizeof(int32_t)];
  _Alignas(64) int8_t last[AMX_BLOCK] = {0}; /* weights that do not fill a register */
  MER__AMX_EACH(ZERO_TILE)
  for (int64_t left = p->n_groups; left > 0; left -= AMX_ROWS, x += AMX_BLOCK, w += AMX_BLOCK) {
    if (left < AMX_ROWS) {
      memcpy(last, w, (size_t)(left * PANEL * GROUP));
      w = last;
    }
    MER__AMX_WRITTEN(last);
    for (int64_t i = 0; i < AMX_BLOCK; i += 64) _mm_prefetch(w + AHEAD + i, _MM_HINT_T0);
    _tile_loadd(7, w, MER__AMX_ROW_BYTES);
    MER__AMX_EACH(ADD_TILE)
  }
  MER__AMX_EACH(STORE_TILE)
}

static void multiply_amx(const mer__int8_product *p) {
  for (int64_t i = 0; i < mer__amx_count_rounds(p->rows); i++) {
    const mer__amx_round round = mer__amx_round_of(p->rows, i);
    multiply_tiles_amx(p, round.first, round.n);
  }
}

/* As many groups as fit a row of a register: [n_groups / 16, 16, 64]. */
static void place_blocks(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  for (int64_t g = 0; g < n_groups; g += AMX_ROWS, to += AMX_BLOCK, row += MER__AMX_ROW_BYTES)
    memcpy(to, row, MER__AMX_ROW_BYTES);
}

static const mer__int8_kernel amx = {.tile = AMX_ROWS,
                                     .panels = 1,
                                     .step = AMX_ROWS,
                                     .group_bytes = GROUP,
                                     .row_bytes = MER__AMX_ROW_BYTES,
                                     .multiply = multiply_amx,
                                     .place = place_blocks,
                                     .begin = mer__amx_begin,
                                     .end = mer__amx_end};
#endif

int mer__int8_kernels_list(const mer__int8_kernel **kernels, bool reduced) {
  int n = 0;
#if defined(__x86_64__) && defined(__GNUC__)
  const mer__cpu_level level = mer__cpu_best();
  if (level >= MER__CPU_AMX) kernels[n++] = &amx;
  if (level >= MER__CPU_AVX512_VNNI) kernels[n++] = &vnni;
  if (level >= MER__CPU_AVX2) kernels[n++] = reduced ? &avx2_reduced : &avx2;
#else
  (void)reduced;
#endif
  kernels[n++] = &portable;
  return n;
}
