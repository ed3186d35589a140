/* int8_matmul.c: Linear layers with int8 weights. Each thread rounds a block of rows into a buffer
 * of its own, which stays in the second-level cache, and multiplies it by panel after panel, which
 * stay in the first: so no thread waits for another. */
#include "nn/int8_matmul.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

#include "base/dispatch.h"
#include "nn/vector_math.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_AVX2 1
#endif

enum {
  PANEL = MER__INT8_PANEL,
  TILE = 6,                                /* rows whose sums stay in registers: 6 x 2 of 16 */
  BLOCK_ROWS = 16 * TILE,                  /* most rows of a block */
  BLOCK_BYTES = 2 * MER__INT8_MAX_COLUMNS, /* of a block: at least one row */
  MIN_THREAD_ROWS = 48,   /* a thread with fewer rows shares them and takes some of the panels */
  PARALLEL_MIN = 1 << 19, /* multiplications from which threads pay off */
};

/* A panel and the block of rows it is multiplied by. */
typedef struct panel_product {
  const int8_t *panel;
  const int16_t *x; /* [rows, 2 * n_pairs] */
  const float *x_scales;
  int64_t rows, n_pairs;
  float scales[PANEL], bias[PANEL]; /* of the outputs */
  float *y;                         /* [rows, n_outputs], rows of `y_row` floats */
  int64_t y_row, n_outputs;
} panel_product;

typedef void panel_kernel(const panel_product *p);

static void multiply_portable(const panel_product *p) {
  for (int64_t i = 0; i < p->rows; i++) {
    const int16_t *x = p->x + i * 2 * p->n_pairs;
    int32_t sums[PANEL] = {0};
    for (int64_t j = 0; j < p->n_pairs; j++)
      for (int o = 0; o < PANEL; o++) {
        const int8_t *w = p->panel + (j * PANEL + o) * 2;
        sums[o] += w[0] * x[2 * j] + w[1] * x[2 * j + 1];
      }
    for (int64_t o = 0; o < p->n_outputs; o++)
      p->y[i * p->y_row + o] = (float)sums[o] * (p->x_scales[i] * p->scales[o]) + p->bias[o];
  }
}

#ifdef HAVE_AVX2
#define AVX2 __attribute__((target("avx2")))

/* Sums have this type, not __m256i: GCC would keep them in both types, and so in memory. */
typedef int32_t i32x8 __attribute__((vector_size(32)));

/* Two neighbours of a row, in each lane. */
AVX2 MER__INLINE __m256i broadcast_pair(const int16_t *x) {
  int32_t pair;
  memcpy(&pair, x, sizeof pair);
  return _mm256_set1_epi32(pair);
}

/* Eight outputs of row `i`, from number 8 * c of the panel on, from their sums. */
AVX2 MER__INLINE void store_sums(const panel_product *p, int64_t i, const int c, __m256i sums) {
  float *y = p->y + i * p->y_row + 8 * c;
  const int64_t n = p->n_outputs - 8 * c;
  __m256 scale = _mm256_mul_ps(_mm256_set1_ps(p->x_scales[i]), _mm256_loadu_ps(p->scales + 8 * c));
  __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scale);
  __m256 result = _mm256_add_ps(product, _mm256_loadu_ps(p->bias + 8 * c));
  if (n >= 8) _mm256_storeu_ps(y, result);
  else if (n > 0) memcpy(y, &result, (size_t)n * sizeof *y);
}

/* Rows first .. first + rows - 1; `rows` is a constant at each call, at most TILE. */
AVX2 MER__INLINE void tile(const panel_product *p, int64_t first, const int rows) {
  const int64_t n_pairs = p->n_pairs, x_row = 2 * n_pairs;
  const int16_t *x = p->x + first * x_row;
  const int8_t *w = p->panel;
  i32x8 sums[TILE][2];
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) sums[i][0] = sums[i][1] = (i32x8){0};
  for (int64_t j = 0; j < n_pairs; j++, w += 2 * PANEL) {
    const __m256i low = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w));
    const __m256i high = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + PANEL)));
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const __m256i pair = broadcast_pair(x + i * x_row + 2 * j);
      sums[i][0] += (i32x8)_mm256_madd_epi16(pair, low);
      sums[i][1] += (i32x8)_mm256_madd_epi16(pair, high);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    store_sums(p, first + i, 0, (__m256i)sums[i][0]);
    store_sums(p, first + i, 1, (__m256i)sums[i][1]);
  }
}

AVX2 static void multiply_avx2(const panel_product *p) {
  int64_t i = 0;
  for (; i + TILE <= p->rows; i += TILE) tile(p, i, TILE);
  switch (p->rows - i) {
    case 5: tile(p, i, 5); break;
    case 4: tile(p, i, 4); break;
    case 3: tile(p, i, 3); break;
    case 2: tile(p, i, 2); break;
    case 1: tile(p, i, 1); break;
    default: break;
  }
}
#endif

static panel_kernel *choose_kernel(void) {
#ifdef HAVE_AVX2
  if (__builtin_cpu_supports("avx2")) return multiply_avx2;
#endif
  return multiply_portable;
}

/* The largest magnitude that activations are rounded to: no sum of `columns` products with 127
 * leaves 32 bits. */
static float activation_limit(int64_t columns) {
  int64_t limit = INT32_MAX / (127 * columns);
  return (float)(limit < INT16_MAX ? limit : INT16_MAX);
}

/* q = x / scale, rounded, and a zero behind an odd number of them. Rows too small to be scaled
 * become zeros. */
MER__KERNEL static void quantize_row(int16_t *q, float *scale, const float *x, int64_t n,
                                     float limit) {
  const float smallest = 1e-30f,
              round = 0x1.8p23f; /* adding it leaves an integer in the low bits */
  int32_t bits = 0;              /* order as the magnitudes; NaN is above all */
#pragma omp simd reduction(max : bits)
  for (int64_t j = 0; j < n; j++) {
    int32_t magnitude = (int32_t)(mer__float_bits(x[j]) & 0x7fffffff);
    bits = magnitude > bits ? magnitude : bits;
  }
  const float largest = mer__float_of_bits((uint32_t)bits);
  const bool usable = largest >= smallest && largest < INFINITY;
  const float factor = usable ? limit / largest : 0;
  *scale = usable ? largest / limit : largest < smallest ? 0 : NAN;
  if (n % 2) q[n] = 0;
  if (!usable) {
    memset(q, 0, (size_t)n * sizeof *q);
    return;
  }
#pragma omp simd
  for (int64_t j = 0; j < n; j++)
    q[j] = (int16_t)(mer__float_bits(x[j] * factor + round) - mer__float_bits(round));
}

/* A layer. */
typedef struct product {
  float *y;
  const float *x, *bias;
  const mer__int8_matrix *parts;
  int n_parts;
  int64_t rows, columns, outputs, n_panels;
  panel_kernel *kernel;
} product;

/* The part of a whole that worker `i` of n takes: from .. to - 1. */
typedef struct share {
  int64_t from, to;
} share;

static share share_of(int64_t whole, int64_t i, int64_t n) {
  return (share){whole * i / n, whole * (i + 1) / n};
}

static int64_t panels_of(const mer__int8_matrix *m) { return (m->rows + PANEL - 1) / PANEL; }

/* Multiplies a block of rows by the panels of a share. */
static void multiply_block(const product *p, panel_product *block, share panels, int64_t first) {
  int64_t panel = 0, output = 0;
  for (int i = 0; i < p->n_parts; output += p->parts[i++].rows) {
    const mer__int8_matrix *m = &p->parts[i];
    for (int64_t o = 0; o < m->rows; o += PANEL, panel++) {
      if (panel < panels.from || panel >= panels.to) continue;
      block->n_outputs = m->rows - o < PANEL ? m->rows - o : PANEL;
      memcpy(block->scales, m->scales + o, (size_t)block->n_outputs * sizeof(float));
      memcpy(block->bias, p->bias + output + o, (size_t)block->n_outputs * sizeof(float));
      block->panel = m->values + o * 2 * block->n_pairs;
      block->y = p->y + first * p->outputs + output + o;
      p->kernel(block);
    }
  }
}

/* Rows and panels of one thread. */
static void multiply_share(const product *p, share rows, share panels) {
  _Alignas(64) int16_t x[BLOCK_BYTES / sizeof(int16_t)];
  float x_scales[BLOCK_ROWS];
  panel_product block = {
      .x = x, .x_scales = x_scales, .n_pairs = (p->columns + 1) / 2, .y_row = p->outputs};
  const int64_t x_row = 2 * block.n_pairs;
  const float limit = activation_limit(p->columns);
  int64_t most = (int64_t)(sizeof x / sizeof *x) / x_row;
  if (most > BLOCK_ROWS) most = BLOCK_ROWS;
  if (most > TILE) most -= most % TILE;
  for (int64_t i = rows.from; i < rows.to; i += block.rows) {
    block.rows = rows.to - i < most ? rows.to - i : most;
    for (int64_t r = 0; r < block.rows; r++)
      quantize_row(x + r * x_row, &x_scales[r], p->x + (i + r) * p->columns, p->columns, limit);
    multiply_block(p, &block, panels, i);
  }
}

/* Threads share the rows if each has enough of them, else in groups that share the panels. */
static void multiply_thread(const product *p, int64_t thread, int64_t n_threads) {
  int64_t groups = p->rows / MIN_THREAD_ROWS;
  if (groups > n_threads) groups = n_threads;
  if (groups < 1) groups = 1;
  while (n_threads % groups != 0) groups--;
  const int64_t members = n_threads / groups;
  multiply_share(p, share_of(p->rows, thread / members, groups),
                 share_of(p->n_panels, thread % members, members));
}

static void run(product p) {
  p.columns = p.parts[0].columns;
  for (int i = 0; i < p.n_parts; i++) {
    assert(p.parts[i].columns == p.columns && p.columns <= MER__INT8_MAX_COLUMNS);
    p.outputs += p.parts[i].rows;
    p.n_panels += panels_of(&p.parts[i]);
  }
#pragma omp parallel if (p.rows * p.outputs * p.columns >= PARALLEL_MIN)
  multiply_thread(&p, omp_get_thread_num(), omp_get_num_threads());
}

void mer__int8_linear_forward(float *y, const float *x, const mer__int8_matrix *parts, int n_parts,
                              const float *bias, int64_t rows) {
  run((product){.y = y,
                .x = x,
                .bias = bias,
                .parts = parts,
                .n_parts = n_parts,
                .rows = rows,
                .kernel = choose_kernel()});
}

void mer__int8_linear_forward_portable(float *y, const float *x, const mer__int8_matrix *parts,
                                       int n_parts, const float *bias, int64_t rows) {
  run((product){.y = y,
                .x = x,
                .bias = bias,
                .parts = parts,
                .n_parts = n_parts,
                .rows = rows,
                .kernel = multiply_portable});
}
