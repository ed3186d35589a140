/* panels.c: tiles of rows by 16 outputs, whose sums stay in registers: 6 rows with the 16 registers
 * of AVX2, 12 with the 32 of AVX-512. */
#include "nn/panels.h"

#include <stddef.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

void mer__panels_pack(float *panels, const float *weight, int64_t in, int64_t out) {
#pragma omp parallel for schedule(static) if (in * out >= MER__PARALLEL_MIN)
  for (int64_t p = 0; p < out; p += MER__PANEL)
    for (int64_t i = 0; i < in; i++)
      for (int64_t j = 0; j < MER__PANEL; j++)
        panels[p * in + i * MER__PANEL + j] = weight[(p + j) * in + i];
}

/* One panel's part of a product. */
typedef struct panel_product {
  float *y;       /* [rows, 16] of rows of `out` */
  const float *x; /* [rows, in] */
  const float *panel, *bias;
  int64_t in, out;
} panel_product;

/* The compiler keeps the sums in registers if the loops over them are unrolled early. */
#define UNROLLED _Pragma("GCC unroll 16")

/* Defines NAME(product, rows): ROWS rows at a time, as N vectors of the type VECTOR for each. */
#define DEFINE_PANEL_KERNEL(NAME, TARGET, VECTOR, N, ROWS)                                         \
  MER__INLINE void NAME##_tile(const panel_product *p, int64_t first, const int rows) {            \
    enum { LANES = MER__PANEL / (N) };                                                             \
    const float *x = p->x + first * p->in, *w = p->panel;                                          \
    float *y = p->y + first * p->out;                                                              \
    const int64_t in = p->in;                                                                      \
    VECTOR sums[ROWS][N];                                                                          \
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++) sums[r][c] =    \
        *(const VECTOR *)(p->bias + c * LANES);                                                    \
    for (int64_t i = 0; i < in; i++, w += MER__PANEL) {                                            \
      VECTOR weights[N];                                                                           \
      UNROLLED for (int c = 0; c < (N); c++) weights[c] = *(const VECTOR *)(w + c * LANES);        \
      UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++) sums[r][c] += \
          x[r * in + i] * weights[c];                                                              \
    }                                                                                              \
    UNROLLED for (int r = 0; r < rows; r++) UNROLLED for (int c = 0; c < (N); c++) *               \
        (VECTOR *)(y + r * p->out + c * LANES) = sums[r][c];                                       \
  }                                                                                                \
  TARGET static void NAME(const panel_product *p, int64_t rows) {                                  \
    int64_t i = 0;                                                                                 \
    for (; i + (ROWS) <= rows; i += (ROWS)) NAME##_tile(p, i, ROWS);                               \
    for (; i + 3 <= rows; i += 3) NAME##_tile(p, i, 3);                                            \
    for (; i < rows; i++) NAME##_tile(p, i, 1);                                                    \
  }

typedef float vector4 __attribute__((vector_size(16), aligned(4)));
DEFINE_PANEL_KERNEL(panel_plain, , vector4, 4, 3)

#if defined(__x86_64__) && defined(__GNUC__)
typedef float vector8 __attribute__((vector_size(32), aligned(4)));
typedef float vector16 __attribute__((vector_size(64), aligned(4)));
DEFINE_PANEL_KERNEL(panel_avx2, __attribute__((target("avx2,fma"))), vector8, 2, 6)
DEFINE_PANEL_KERNEL(panel_avx512, __attribute__((target("avx512f"))), vector16, 1, 12)
#endif

typedef void panel_kernel(const panel_product *product, int64_t rows);

static panel_kernel *choose_kernel(void) {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f")) return panel_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return panel_avx2;
#endif
  return panel_plain;
}

/* Floats of x that a block of rows may have, to stay in the second cache for all panels. */
static const int64_t block_floats = 48 << 10;

static int64_t block_rows(int64_t in) {
  int64_t rows = block_floats / in / 12 * 12;
  return rows > 12 ? rows : 12;
}

void mer__panels_forward(float *y, const float *x, const float *panels, const float *bias,
                         int64_t rows, int64_t in, int64_t out) {
  panel_kernel *kernel = choose_kernel();
  const int64_t block = block_rows(in);
#pragma omp parallel if (rows * in * out >= 8 * MER__PARALLEL_MIN)
  for (int64_t i = 0; i < rows; i += block) {
    int64_t n = mer__chunk_size(rows, i, block);
#pragma omp for schedule(static) nowait
    for (int64_t p = 0; p < out; p += MER__PANEL)
      kernel(&(panel_product){y + i * out + p, x + i * in, panels + p * in, bias + p, in, out}, n);
  }
}
