/* test_panels.c: products of packed operands, by every kernel that this processor has, in f32 and
 * of operands rounded to bfloat16, against sums in double precision. */
#include <omp.h>

#include "nn/levels.h"
#include "nn/nn_support.h"
#include "nn/panels.h"

enum {
  PANEL = MER__PANEL,
  WIDE = MER__PANEL_MAX_PANELS * PANEL,
  MOST_ROWS = 3 * MER__PANEL_MAX_TILE,
  N_DTYPES = MER__PRODUCT_BF16 + 1,
};

/* The nearest value of 8 significant bits, ties to even. */
static double to_bf16(double x) {
  int exponent;
  double fraction = frexp(x, &exponent);
  return ldexp(nearbyint(ldexp(fraction, 8)), exponent - 8);
}

static double operand(float x, mer__product_dtype dtype) {
  return dtype == MER__PRODUCT_BF16 ? to_bf16(x) : (double)x;
}

/* Normal numbers, and two half way between neighbours in bfloat16. */
static float *operands(int64_t n, uint64_t stream) {
  float *x = normal(n, stream);
  x[0] = 1.00390625f;
  if (n > 1) x[1] = 1.01171875f;
  return x;
}

/* Rows and columns give the same tiles. */
static void check_tiles(const mer__panel_kernels *kernels, const float *tiles, const float *a,
                        int64_t m, int64_t k) {
  const int64_t size = kernels->tile * mer__panel_words(kernels, k);
  float *columns = malloc((size_t)(m * k) * sizeof *columns), *tile = normal(size, 6);
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < k; j++) columns[j * m + i] = a[i * k + j];
  for (int64_t i = 0; i < m; i += kernels->tile, tiles += size) {
    const int64_t n = m - i < kernels->tile ? m - i : kernels->tile;
    kernels->pack_columns(tile, MER__PANEL_LEFT, columns + i, m, k, n);
    assert_memory_equal(tile, tiles, (size_t)size * sizeof *tile);
  }
  free(columns), free(tile);
}

/* Panels of b [k, n], packed as it is and by rows of its transpose. */
static float *make_panels(const mer__panel_kernels *kernels, const float *b, int64_t n, int64_t k) {
  const int64_t size = PANEL * mer__panel_words(kernels, k);
  float *panels = normal(MER__PANEL_MAX_PANELS * size, 5), *other = normal(size, 6),
        *rows = malloc((size_t)(n * k) * sizeof *rows);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < k; j++) rows[i * k + j] = b[j * n + i];
  for (int64_t i = 0; i < n; i += PANEL) {
    const int64_t there = n - i < PANEL ? n - i : PANEL;
    float *panel = panels + i / PANEL * size;
    kernels->pack_columns(panel, MER__PANEL_RIGHT, b + i, n, k, there);
    kernels->pack_rows(other, MER__PANEL_RIGHT, rows + i * k, k, there, k);
    assert_memory_equal(panel, other, (size_t)size * sizeof *panel);
  }
  free(other), free(rows);
  return panels;
}

/* Some tiles of A and all panels of B that the kernel takes at a time. */
static void check_kernel(const mer__panel_kernels *kernels, mer__product_dtype dtype, int64_t m,
                         int64_t n, int64_t k, bool add) {
  const int64_t n_words = mer__panel_words(kernels, k);
  float *a = operands(m * k, 1), *b = operands(n * k, 2), *panels = make_panels(kernels, b, n, k);
  float bias[WIDE], y[MOST_ROWS * WIDE];
  float *tiles = normal((m + kernels->tile) * n_words, 4);
  fill_normal(bias, WIDE, 3);
  fill_normal(y, MOST_ROWS * WIDE, 3);
  for (int64_t i = 0; i < m; i += kernels->tile)
    kernels->pack_rows(tiles + i * n_words, MER__PANEL_LEFT, a + i * k, k, m - i, k);
  check_tiles(kernels, tiles, a, m, k);
  float *before = normal(MOST_ROWS * WIDE, 3);
  if (kernels->begin) kernels->begin();
  kernels->multiply(&(mer__panel_block){.y = y,
                                        .y_row = WIDE,
                                        .a = tiles,
                                        .b = panels,
                                        .b_panel = PANEL * n_words,
                                        .bias = add ? NULL : bias,
                                        .rows = m,
                                        .n_columns = n,
                                        .n_words = n_words,
                                        .ahead = {b, n, k, n / MER__PANEL_LINE}});
  if (kernels->end) kernels->end();
  for (int64_t i = 0; i < MOST_ROWS; i++)
    for (int64_t o = 0; o < WIDE; o++) {
      const float old = before[i * WIDE + o];
      double sum = add ? old : bias[o], size = fabs(sum);
      for (int64_t j = 0; i < m && o < n && j < k; j++) {
        double product = operand(a[i * k + j], dtype) * operand(b[j * n + o], dtype);
        sum += product;
        size += fabs(product);
      }
      if (i < m && o < n) assert_near(y[i * WIDE + o], sum, 2e-6 * size);
      else assert_true(y[i * WIDE + o] == old);
    }
  free(a), free(b), free(tiles), free(panels), free(before);
}

static void every_kernel_multiplies(void **state) {
  (void)state;
  const int64_t sizes[] = {1, 2, 31, 32, 33, 100, 255};
  for (int level = MER__CPU_PLAIN; use_level(level); level++)
    for (int dtype = 0; dtype < N_DTYPES; dtype++) {
      const mer__product_dtype d = (mer__product_dtype)dtype;
      const mer__panel_kernels *kernels = mer__panel_kernels_of(d);
      for (int64_t rows = 1; rows <= MOST_ROWS; rows++)
        for (int s = 0; s < 7; s++)
          check_kernel(kernels, d, rows, 1 + (rows * 7 + s) % (kernels->panels * PANEL), sizes[s],
                       (rows + s) % 2);
    }
}

static void expect_product(const float *y, const float *a, const float *b, bool b_is_rows,
                           const float *bias, int64_t m, int64_t n, int64_t k,
                           mer__product_dtype dtype) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t o = 0; o < n; o++) {
      double sum = bias ? (double)bias[o] : 0, size = fabs(sum);
      for (int64_t j = 0; j < k; j++) {
        double product =
            operand(a[i * k + j], dtype) * operand(b[b_is_rows ? j * n + o : o * k + j], dtype);
        sum += product;
        size += fabs(product);
      }
      assert_near(y[i * n + o], sum, 2e-6 * size);
    }
}

/* More rows, columns and words than a block has, and fewer. */
static const int64_t shapes[][3] = {{1, 7, 5}, {13, 33, 1030}, {250, 100, 70}, {501, 17, 19}};

static void products_of_all_layouts(void **state) {
  (void)state;
  for (int s = 0; s < 4; s++)
    for (int dtype = 0; dtype < N_DTYPES; dtype++) {
      const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
      const mer__product_dtype d = (mer__product_dtype)dtype;
      float *a = operands(m * k, 1), *b = operands(n * k, 2), *bias = normal(n, 3),
            *y = malloc((size_t)(m * n) * sizeof *y), *z = malloc((size_t)(m * n) * sizeof *z);
      mer__panels_multiply(y, z, a, b, MER__ROWS_OF_COLUMNS, bias, m, n, k, d);
      expect_product(y, a, b, false, bias, m, n, k, d);
      expect_gelu(z, y, m * n);
      mer__panels_multiply(y, NULL, a, b, MER__ROWS, NULL, m, n, k, d);
      expect_product(y, a, b, true, NULL, m, n, k, d);
      free(a), free(b), free(bias), free(y), free(z);
    }
}

/* Each row is what it is alone, to the bit. A number that is not finite spoils its row and no
 * other; tiny ones and great ones spoil nothing. */
static void rows_do_not_meet(void **state) {
  (void)state;
  enum { M = 70, N = 16, K = 300, INFINITE = 3, NOT_A_NUMBER = 33, TINY = 34, GREAT = 69 };
  float *a = normal(M * K, 1), *b = normal(N * K, 2), y[M * N], alone[N];
  a[INFINITE * K + 2] = -INFINITY;
  a[NOT_A_NUMBER * K + 39] = NAN;
  for (int64_t j = 0; j < K; j++) a[TINY * K + j] *= 1e-30f, a[GREAT * K + j] *= 1e30f;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__panels_multiply(y, NULL, a, b, MER__ROWS_OF_COLUMNS, NULL, M, N, K, MER__PRODUCT_F32_MANY);
    for (int64_t i = 0; i < M; i++) {
      mer__panels_multiply(alone, NULL, a + i * K, b, MER__ROWS_OF_COLUMNS, NULL, 1, N, K,
                           MER__PRODUCT_F32_MANY);
      if (i == INFINITE || i == NOT_A_NUMBER) {
        for (int o = 0; o < N; o++) assert_false(isfinite(y[i * N + o]));
        continue;
      }
      assert_memory_equal(alone, y + i * N, sizeof alone);
      expect_product(alone, a + i * K, b, false, NULL, 1, N, K, MER__PRODUCT_F32_MANY);
    }
  }
  free(a), free(b);
}

/* For few rows the sums are one block, for many they are not. */
static void packed_weights_multiply_and_unpack(void **state) {
  (void)state;
  enum { N = 48, K = 301 };
  float *b = normal(N * K, 2), *packed = normal(N * K, 2), *bias = normal(N, 3);
  assert_true(mer__panels_pack(packed, N, K));
  for (int64_t m = 25; m <= 480; m += 455) {
    float *a = normal(m * K, 1), *y = malloc((size_t)(m * N) * sizeof *y);
    for (int dtype = MER__PRODUCT_F32; dtype <= MER__PRODUCT_F32_MANY; dtype++) {
      mer__panels_multiply(y, NULL, a, packed, MER__PANELS, bias, m, N, K,
                           (mer__product_dtype)dtype);
      expect_product(y, a, b, false, bias, m, N, K, MER__PRODUCT_F32);
    }
    free(a), free(y);
  }
  assert_true(mer__panels_unpack(packed, N, K));
  assert_memory_equal(packed, b, N * K * sizeof *b);
  free(b), free(packed), free(bias);
}

static void outer_products_by_parts(void **state) {
  (void)state;
  enum { M = 39, N = 50, K = 27 };
  for (int dtype = 0; dtype < N_DTYPES; dtype++) {
    const mer__product_dtype d = (mer__product_dtype)dtype;
    float *a = operands(M * K, 1), *b = operands(N * K, 2), y[M * N], once[M * N];
    float *scratch = normal(mer__panels_outer_scratch(M, N, K), 3);
    mer__panels_outer_pack(scratch, a, b, M, N, K, d);
    const int64_t part = 2 * mer__panels_tile(d);
    for (int64_t first = 0; first < M; first += part)
      mer__panels_outer_rows(y + first * N, scratch, M, N, K, first,
                             M - first < part ? M - first : part, false, d);
    for (int64_t i = 0; i < M; i++)
      for (int64_t o = 0; o < N; o++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < K; j++) {
          double product = operand(a[j * M + i], d) * operand(b[j * N + o], d);
          sum += product;
          size += fabs(product);
        }
        assert_near(y[i * N + o], sum, 2e-6 * size);
      }
    memcpy(once, y, sizeof y);
    mer__panels_outer_rows(y, scratch, M, N, K, 0, M, true, d);
    for (int i = 0; i < M * N; i++) assert_true(y[i] == 2 * once[i]);
    free(a), free(b), free(scratch);
  }
}

/* Threads share the columns, so that each sum is one thread's. */
static void threads_do_not_matter(void **state) {
  (void)state;
  enum { M = 500, N = 90, K = 600 }; /* several blocks of rows, that threads take in turn */
  const int n_threads = omp_get_max_threads();
  float *a = normal(M * K, 1), *b = normal(N * K, 2), *y = normal(M * N, 3), *z = normal(M * N, 3);
  for (int dtype = 0; dtype < N_DTYPES; dtype++) {
    omp_set_num_threads(1);
    mer__panels_multiply(y, NULL, a, b, MER__ROWS, NULL, M, N, K, (mer__product_dtype)dtype);
    for (int n = 2; n <= 7; n++) {
      omp_set_num_threads(n);
      mer__panels_multiply(z, NULL, a, b, MER__ROWS, NULL, M, N, K, (mer__product_dtype)dtype);
      assert_memory_equal(y, z, M * N * sizeof *y);
    }
  }
  omp_set_num_threads(n_threads);
  free(a), free(b), free(y), free(z);
}

static void strange_values_survive_rounding(void **state) {
  (void)state;
  const float a[] = {NAN, 1, INFINITY, 1, 3.4e38f, 1e-45f}, b[] = {1, 1};
  float y[3];
  mer__panels_multiply(y, NULL, a, b, MER__ROWS, NULL, 3, 1, 2, MER__PRODUCT_BF16);
  assert_true(isnan(y[0]) && isinf(y[1]) && isinf(y[2])); /* beyond bfloat16's largest half way */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kernel_multiplies),
      cmocka_unit_test(products_of_all_layouts),
      cmocka_unit_test(packed_weights_multiply_and_unpack),
      cmocka_unit_test(rows_do_not_meet),
      cmocka_unit_test(outer_products_by_parts),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(strange_values_survive_rounding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
