/* test_int8.c: Linear layers with int8 weights against exact integer sums and against products in
 * double precision, in all remainders of rows, outputs and columns; what processor, threads and
 * other rows must not change. */
#include <omp.h>

#include "nn/embedding.h"
#include "nn/int8_embedding.h"
#include "nn/int8_matmul.h"
#include "nn/levels.h"
#include "nn/nn_support.h"

/* A matrix that owns its memory. */
typedef struct matrix {
  float *weight;
  int8_t *values;
  float *scales;
  mer__int8_matrix view;
} matrix;

static matrix make_matrix(float *weight, int64_t rows, int64_t columns, bool reduced) {
  matrix m = {weight,
              malloc((size_t)mer__int8_panel_bytes(rows, columns)),
              malloc((size_t)rows * sizeof(float)),
              {0}};
  assert_true((reduced ? mer__int8_quantize_reduced : mer__int8_quantize_panels)(
      m.values, m.scales, weight, rows, columns));
  m.view = (mer__int8_matrix){m.values, m.scales, rows, columns, reduced};
  return m;
}

static void free_matrix(matrix *m) {
  free(m->weight);
  free(m->values);
  free(m->scales);
}

/* The number that weight [o, j] was rounded to. */
static int64_t rounded(const matrix *m, int64_t o, int64_t j) {
  const int64_t panel = mer__int8_panel_bytes(1, m->view.columns);
  return m->values[o / 16 * panel + (1 + j / 4) * 64 + o % 16 * 4 + j % 4];
}

/* Whole numbers from `least` to `most`, of which each row has both (the greater one if there is but
 * one column), so that the scale is 1. */
static float *whole_numbers(int64_t rows, int64_t columns, int64_t least, int64_t most,
                            uint64_t stream) {
  float *x = malloc((size_t)(rows * columns) * sizeof *x);
  mer__rng rng = {.seed = 5, .stream = stream};
  for (int64_t i = 0; i < rows * columns; i++)
    x[i] = (float)((int64_t)mer__rng_below(&rng, (uint32_t)(most - least + 1)) + least);
  for (int64_t i = 0; i < rows; i++) {
    x[i * columns] = (float)least;
    x[(i + 1) * columns - 1] = (float)most;
  }
  return x;
}

static float *whole_weights(int64_t rows, int64_t columns) {
  return whole_numbers(rows, columns, -126, 127, 1);
}

static int64_t largest_activation(bool reduced) { return reduced ? 200 : 255; }

static float *whole_activations(int64_t rows, int64_t columns, bool reduced) {
  const int64_t most = largest_activation(reduced), least = columns > 1 ? -80 : 0;
  return whole_numbers(rows, columns, least, most + least, 2);
}

static void expect_exact(const float *y, const float *x, const matrix *m, const float *bias,
                         int64_t rows) {
  const int64_t n = m->view.rows, k = m->view.columns;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t o = 0; o < n; o++) {
      int64_t sum = 0;
      for (int64_t j = 0; j < k; j++) sum += (int64_t)x[i * k + j] * rounded(m, o, j);
      const float expected = (float)sum * m->scales[o] + bias[o];
      if (y[i * n + o] != expected)
        fail_msg("[%d, %d] of %d x %d x %d: %.9g, expected %.9g", (int)i, (int)o, (int)rows, (int)n,
                 (int)k, (double)y[i * n + o], (double)expected);
    }
}

/* Weights that are whole numbers already. */
static void expect_no_rounding(const matrix *m) {
  const int64_t k = m->view.columns;
  for (int64_t o = 0; o < m->view.rows; o++) {
    assert_true(m->scales[o] == 1);
    for (int64_t j = 0; j < k; j++)
      assert_int_equal(rounded(m, o, j), (int64_t)m->weight[o * k + j]);
  }
}

static const int64_t outputs[] = {1, 7, 8, 15, 16, 17, 40};
static const int64_t columns[] = {1, 2, 3, 31, 384, 515, 1536};
enum { N_OUTPUTS = 7, N_COLUMNS = 7, MOST_ROWS = 49, WIDE = 40 };

static void expect_exact_sums(int64_t n, int64_t k, bool reduced) {
  matrix m = make_matrix(whole_weights(n, k), n, k, reduced);
  float *x = whole_activations(MOST_ROWS, k, reduced), y[MOST_ROWS * WIDE], bias[WIDE];
  fill_normal(bias, WIDE, 3);
  if (!reduced) expect_no_rounding(&m);
  for (int64_t rows = 0; rows <= MOST_ROWS; rows += rows < 24 ? 1 : 5)
    for (int level = MER__CPU_PLAIN; use_level(level); level++) {
      mer__int8_linear_forward(y, NULL, x, &m.view, 1, bias, rows);
      expect_exact(y, x, &m, bias, rows);
    }
  free(x);
  free_matrix(&m);
}

static void sums_are_exact(void **state) {
  (void)state;
  for (int c = 0; c < N_COLUMNS * N_OUTPUTS; c++)
    for (int reduced = 0; reduced < 2; reduced++)
      expect_exact_sums(outputs[c / N_COLUMNS], columns[c % N_COLUMNS], reduced);
}

/* Column j of the largest weights there are: of a reduced range two of eight that are summed. */
static float largest_weight(int64_t j, bool reduced) {
  if (!reduced || j % 16 == 0 || j % 16 == 2) return 127;
  return j % 16 == 5 || j % 16 == 15 ? 36 : 0;
}

static void expect_no_overflow(int64_t k, bool reduced) {
  const float bias[2] = {0};
  float *weight = malloc((size_t)(2 * k) * sizeof *weight),
        *x = malloc((size_t)(2 * k) * sizeof *x), y[4];
  for (int64_t j = 0; j < k; j++) {
    x[j] = (float)largest_activation(reduced);
    x[k + j] = -x[j];
    weight[j] = largest_weight(j, reduced);
    weight[k + j] = -weight[j];
  }
  matrix m = make_matrix(weight, 2, k, reduced);
  expect_no_rounding(&m);
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__int8_linear_forward(y, NULL, x, &m.view, 1, bias, 2);
    expect_exact(y, x, &m, bias, 2);
  }
  free(x);
  free_matrix(&m);
}

/* The largest sums there are, of both signs, in 16 bits and in 32. */
static void sums_do_not_overflow(void **state) {
  (void)state;
  const int64_t widths[] = {515, 516, 517, 1536, 4096, MER__INT8_MAX_COLUMNS};
  for (int c = 0; c < 6; c++)
    for (int reduced = 0; reduced < 2; reduced++) expect_no_overflow(widths[c], reduced);
}

static float largest_of(const float *x, int64_t n) {
  float largest = 0;
  for (int64_t i = 0; i < n; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
  return largest;
}

/* Columns 0 and 1, or 2 and 3, of four groups. */
static void expect_small_sums(const matrix *m) {
  for (int64_t o = 0; o < m->view.rows; o++)
    for (int64_t run = 0; run < m->view.columns; run += 16)
      for (int half = 0; half < 4; half += 2) {
        int64_t above = 0, below = 0;
        for (int64_t i = 0; i < 8; i++) {
          const int64_t j = run + i / 2 * 4 + half + i % 2;
          const int64_t q = j < m->view.columns ? rounded(m, o, j) : 0;
          if (q > 0) above += q;
          else below -= q;
        }
        if (above > 163 || below > 163)
          fail_msg("[%d, %d..] of %d columns: sums %d and -%d", (int)o, (int)(run + half),
                   (int)m->view.columns, (int)above, (int)below);
      }
}

/* Of all weights, in units of the largest of their row. */
static double mean_square_error(const matrix *m) {
  const int64_t k = m->view.columns;
  double sum = 0;
  for (int64_t o = 0; o < m->view.rows; o++) {
    const double largest = largest_of(m->weight + o * k, k);
    for (int64_t j = 0; j < k; j++) {
      const double error = m->weight[o * k + j] - (double)rounded(m, o, j) * m->scales[o];
      sum += error * error / (largest * largest);
    }
  }
  return sum / (double)(m->view.rows * k);
}

static void sums_of_a_reduced_range_fit(void **state) {
  (void)state;
  enum { N = 19 };
  for (int c = 0; c < N_COLUMNS; c++) {
    const int64_t k = columns[c];
    float *equal = malloc((size_t)(N * k) * sizeof *equal);
    for (int64_t j = 0; j < N * k; j++) equal[j] = j % 3 == 1 ? -2.5f : 2.5f;
    matrix bell = make_matrix(normal(N * k, 4), N, k, true), even = make_matrix(equal, N, k, true);
    expect_small_sums(&bell);
    expect_small_sums(&even);
    assert_true(sqrt(mean_square_error(&bell)) < 0.006);
    assert_true(sqrt(mean_square_error(&even)) < 0.02);
    free_matrix(&bell);
    free_matrix(&even);
  }
}

/* From the least to the greatest of x and 0. */
static double range_of(const float *x, int64_t n) {
  double least = 0, most = 0;
  for (int64_t i = 0; i < n; i++) {
    least = fmin(least, x[i]);
    most = fmax(most, x[i]);
  }
  return most - least;
}

static void expect_half_steps(const matrix *m) {
  const int64_t k = m->view.columns;
  for (int64_t o = 0; o < m->view.rows; o++) {
    const double half = (double)largest_of(m->weight + o * k, k) / 254;
    for (int64_t j = 0; j < k; j++)
      assert_near((double)rounded(m, o, j) * m->scales[o], m->weight[o * k + j], half * 1.0001);
  }
}

/* Activations are off by half a step at most, and so are weights unless their range is reduced. */
static void expect_near(int64_t k, bool reduced) {
  enum { ROWS = 9, N = 37 };
  matrix m = make_matrix(normal(N * k, 1), N, k, reduced);
  float *x = normal(ROWS * k, 2), y[ROWS * N], bias[N];
  fill_normal(bias, N, 3);
  if (!reduced) expect_half_steps(&m);
  mer__int8_linear_forward(y, NULL, x, &m.view, 1, bias, ROWS);
  for (int64_t i = 0; i < ROWS; i++)
    for (int64_t o = 0; o < N; o++) {
      const double x_step = range_of(x + i * k, k) / (double)largest_activation(reduced);
      double sum = bias[o], bound = 1e-6 * fabs(bias[o]), size = 0;
      for (int64_t j = 0; j < k; j++) {
        const double a = x[i * k + j], w = m.weight[o * k + j];
        const double near = (double)rounded(&m, o, j) * m.scales[o];
        sum += a * w;
        size += fabs(a * w);
        bound += fabs(a) * fabs(w - near) + fabs(near) * x_step / 2;
      }
      assert_near(y[i * N + o], sum, bound * 1.0001 + 1e-6 * size);
    }
  free(x);
  free_matrix(&m);
}

static void products_are_near(void **state) {
  (void)state;
  for (int c = 0; c < N_COLUMNS; c++)
    for (int reduced = 0; reduced < 2; reduced++) expect_near(columns[c], reduced);
}

/* Three matrices on top of each other, as query, key and value; enough rows for threads. */
enum { P_ROWS = 199, P_K = 99, P_N = 20 + 16 + 33 };

static void expect_independence(bool reduced) {
  static float x[P_ROWS * P_K], bias[P_N], y[P_ROWS * P_N], z[P_ROWS * P_N], single[P_N],
      activated[P_ROWS * P_N];
  matrix m[3] = {make_matrix(normal(20 * P_K, 1), 20, P_K, reduced),
                 make_matrix(normal(16 * P_K, 2), 16, P_K, reduced),
                 make_matrix(normal(33 * P_K, 3), 33, P_K, reduced)};
  const mer__int8_matrix parts[3] = {m[0].view, m[1].view, m[2].view};
  const int n_threads = omp_get_max_threads();
  fill_normal(x, P_ROWS * P_K, 4);
  fill_normal(bias, P_N, 5);
  omp_set_num_threads(1);
  assert_true(use_level(MER__CPU_PLAIN));
  mer__int8_linear_forward(y, NULL, x, parts, 3, bias, P_ROWS);
  mer__cpu_limit(MER__CPU_N_LEVELS - 1);
  mer__int8_linear_forward(z, activated, x, parts, 3, bias, P_ROWS);
  assert_memory_equal(y, z, sizeof y);
  expect_gelu(activated, y, P_ROWS * P_N);
  for (int n = 1; n <= 7; n++) {
    memset(z, 0, sizeof z);
    omp_set_num_threads(n);
    mer__int8_linear_forward(z, NULL, x, parts, 3, bias, P_ROWS);
    assert_memory_equal(y, z, sizeof y);
    mer__int8_linear_forward(z, z, x, parts, 3, bias, P_ROWS);
    assert_memory_equal(activated, z, sizeof z);
  }
  omp_set_num_threads(n_threads);
  for (int64_t i = 0; i < P_ROWS; i += 30) {
    mer__int8_linear_forward(single, NULL, x + i * P_K, parts, 3, bias, 1);
    assert_memory_equal(single, y + i * P_N, sizeof single);
  }
  for (int64_t part = 0, column = 0; part < 3; column += parts[part++].rows) {
    float alone[P_N];
    mer__int8_linear_forward(alone, NULL, x, &parts[part], 1, bias + column, 1);
    assert_memory_equal(alone, y + column, (size_t)parts[part].rows * sizeof *y);
  }
  for (int i = 0; i < 3; i++) free_matrix(&m[i]);
}

static void parts_threads_and_rows_do_not_matter(void **state) {
  (void)state;
  for (int reduced = 0; reduced < 2; reduced++) expect_independence(reduced);
}

static void expect_strange_values_to_stay(bool reduced) {
  enum { ROWS = 6, K = 21, N = 18 };
  float x[ROWS * K], y[ROWS * N], bias[N], *weight = normal(N * K, 1);
  memset(weight + 3 * K, 0, K * sizeof *weight); /* an output without weights */
  matrix m = make_matrix(weight, N, K, reduced);
  fill_normal(x, ROWS * K, 2);
  fill_normal(bias, N, 3);
  x[3] = NAN;
  x[K + 20] = -INFINITY;
  for (int j = 0; j < K; j++) {
    x[2 * K + j] = 0;
    x[3 * K + j] *= 1e-38f;
    x[4 * K + j] *= 1e37f;
  }
  mer__int8_linear_forward(y, NULL, x, &m.view, 1, bias, ROWS);
  for (int o = 0; o < N; o++) {
    assert_true(isnan(y[o]) && isnan(y[N + o]));
    assert_true(y[2 * N + o] == bias[o] && y[3 * N + o] == bias[o]);
    assert_true(isfinite(y[4 * N + o]) && isfinite(y[5 * N + o]));
  }
  assert_true(y[5 * N + 3] == bias[3]);
  free_matrix(&m);
}

static void strange_values_stay_in_their_rows(void **state) {
  (void)state;
  for (int reduced = 0; reduced < 2; reduced++) expect_strange_values_to_stay(reduced);
}

static void weights_must_be_finite(void **state) {
  (void)state;
  float weight[6] = {1, -2, 3, 4, 5, -6}, scales[2];
  int8_t values[128];
  assert_true(mer__int8_quantize_rows(values, scales, weight, 2, 3));
  const int8_t expected[] = {42, -85, 127, 85, 106, -127};
  assert_memory_equal(values, expected, sizeof expected);
  assert_true(scales[0] == 3.0f / 127 && scales[1] == 6.0f / 127);
  weight[4] = INFINITY;
  assert_false(mer__int8_quantize_rows(values, scales, weight, 2, 3));
  assert_false(mer__int8_quantize_panels(values, scales, weight, 2, 3));
  assert_false(mer__int8_quantize_reduced(values, scales, weight, 2, 3));
  weight[4] = NAN;
  assert_false(mer__int8_quantize_panels(values, scales, weight, 2, 3));
  for (int i = 0; i < 6; i++) weight[i] = i % 2 ? -1e-45f : 1e-40f; /* subnormal scales */
  assert_true(mer__int8_quantize_panels(values, scales, weight, 2, 3));
  for (int i = 64; i < 128; i++) assert_true(values[i] >= -127);
  assert_true(mer__int8_quantize_reduced(values, scales, weight, 2, 3));
  for (int i = 64; i < 128; i++) assert_true(abs(values[i]) <= 127);
}

static void embeddings_are_sums_of_rows(void **state) {
  (void)state;
  enum { H = 19, T = 7 };
  const int64_t sizes[3] = {11, 5, 2};
  const int32_t words[T] = {10, 0, 3, 3, 7, 1, 10}, types[T] = {0, 1, 0, 0, 1, 1, 0};
  const int32_t positions[T] = {0, 1, 2, 0, 1, 2, 3};
  mer__int8_matrix tables[3];
  float weights[3][11 * H], scales[3][11], y[T * H], expected[T * H];
  int8_t values[3][11 * H];
  for (int t = 0; t < 3; t++) {
    fill_normal(weights[t], sizes[t] * H, (uint64_t)t);
    assert_true(mer__int8_quantize_rows(values[t], scales[t], weights[t], sizes[t], H));
    tables[t] = (mer__int8_matrix){values[t], scales[t], sizes[t], H, false};
    for (int64_t i = 0; i < sizes[t] * H; i++) {
      float rounded = (float)values[t][i] * scales[t][i / H];
      assert_near(rounded, weights[t][i], scales[t][i / H] * 0.5001);
      weights[t][i] = rounded;
    }
  }
  for (int form = 0; form < 3; form++) { /* types; all 0; no table of types */
    const mer__embedding_ids ids = {T, words, positions, form == 0 ? types : NULL};
    mer__int8_embedding_forward(y, &ids, &tables[0], &tables[1], form < 2 ? &tables[2] : NULL);
    mer__embedding_forward(expected, &ids, weights[0], weights[1], form < 2 ? weights[2] : NULL, H);
    assert_near(max_difference(y, expected, T * H), 0, 1e-6);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_are_exact),
      cmocka_unit_test(sums_do_not_overflow),
      cmocka_unit_test(sums_of_a_reduced_range_fit),
      cmocka_unit_test(products_are_near),
      cmocka_unit_test(parts_threads_and_rows_do_not_matter),
      cmocka_unit_test(strange_values_stay_in_their_rows),
      cmocka_unit_test(weights_must_be_finite),
      cmocka_unit_test(embeddings_are_sums_of_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
