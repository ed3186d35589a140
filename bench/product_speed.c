/* product_speed.c: the products of a training in f32, by our panels (nn/panels.h) and by oneDNN's
 * sgemm, in turn: the layers of MiniLM and of bert-base's size at 110 and 220 tokens (batches of 8
 * and 16), and those of the classifiers on vectors for more rows than few_rows.h takes.
 *
 *   cc -O2 -fopenmp -Iinclude -Isrc bench/product_speed.c build/release/src/libmer.a -lutf8proc \
 *     -ldnnl -lm -o product_speed
 *   ./product_speed; OMP_NUM_THREADS=1 ./product_speed; MER_CPU=avx2 ONEDNN_MAX_CPU_ISA=AVX2
 * ./product_speed
 *
 * Each thread calls sgemm for a part of the columns or the rows, as that is faster for so few rows
 * than the threads of one call. A line has the least time of each, and the ratio of the two: above
 * 1 where ours is faster. */
#include <math.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "nn/panels.h"

enum { REPETITIONS = 60, STEP = 48 };

typedef struct shape {
  const char *name;
  int64_t in, out;
  int64_t rows[2];
} shape;

static const shape shapes[] = {
    {"MiniLM query, key, value", 384, 1152, {110, 220}},
    {"MiniLM attention output", 384, 384, {110, 220}},
    {"MiniLM intermediate", 384, 1536, {110, 220}},
    {"MiniLM output", 1536, 384, {110, 220}},
    {"bert-base query, key, value", 768, 2304, {110, 220}},
    {"bert-base attention output", 768, 768, {110, 220}},
    {"bert-base intermediate", 768, 3072, {110, 220}},
    {"bert-base output", 3072, 768, {110, 220}},
    {"audio 1", 5213, 256, {32, 128}},
    {"audio 2", 256, 128, {32, 128}},
    {"fusion audio", 5213, 128, {32, 128}},
    {"fusion head 1", 256, 256, {32, 128}},
};

/* y [m, n] = a [m, k] b, b [n, k] transposed or [k, n]: this thread's part. */
static void sgemm_part(float *y, const float *a, const float *b, int transposed, int64_t m,
                       int64_t n, int64_t k) {
  const int64_t b_row = transposed ? k : n, whole_n = n, count = omp_get_num_threads();
  const int by_columns = n >= m;
  int64_t *size = by_columns ? &n : &m;
  const int64_t step = (*size + STEP * count - 1) / (STEP * count) * STEP;
  const int64_t first = omp_get_thread_num() * step;
  if (first >= *size) return;
  *size = *size - first < step ? *size - first : step;
  if (by_columns) b += transposed ? first * k : first;
  else a += first * k;
  y += by_columns ? first : first * whole_n;
  dnnl_sgemm('N', transposed ? 'T' : 'N', m, n, k, 1, a, k, b, b_row, 0, y, whole_n);
}

static void by_onednn(float *y, const float *a, const float *b, int transposed, int64_t m,
                      int64_t n, int64_t k) {
#pragma omp parallel
  sgemm_part(y, a, b, transposed, m, n, k);
}

static void by_panels(float *y, const float *a, const float *b, int transposed, int64_t m,
                      int64_t n, int64_t k) {
  mer__panels_multiply(y, NULL, a, b, transposed ? MER__ROWS_OF_COLUMNS : MER__ROWS, NULL, m, n, k,
                       MER__PRODUCT_F32);
}

static float *numbers(int64_t n) {
  float *x = malloc((size_t)n * sizeof *x);
  for (int64_t i = 0; x && i < n; i++) x[i] = (float)(rand() % 2001 - 1000) / 1000;
  return x;
}

/* Seconds of both, the least of all runs; they take turns. The operands of the other run push them
 * out of the nearer caches, as the other layers of a model do. */
static void measure(double least[2], int transposed, int64_t m, int64_t n, int64_t k) {
  float *a = numbers(m * k), *b = numbers(n * k), *y = numbers(m * n), *z = numbers(m * n);
  if (!a || !b || !y || !z) exit(1);
  least[0] = least[1] = 1e9;
  for (int i = 0; i < 2 * REPETITIONS; i++) {
    const double start = omp_get_wtime();
    if (i % 2 == 0) by_panels(y, a, b, transposed, m, n, k);
    else by_onednn(z, a, b, transposed, m, n, k);
    const double seconds = omp_get_wtime() - start;
    if (i > 1 && seconds < least[i % 2]) least[i % 2] = seconds;
  }
  for (int64_t i = 0; i < m * n; i++)
    if (!(fabsf(y[i] - z[i]) <= 1e-3f)) exit(2);
  free(a), free(b), free(y), free(z);
}

int main(void) {
  double product = 1;
  int n = 0;
  mer__cpu_best(); /* reads MER_CPU */
  printf("%-30s %5s %10s %12s %12s %6s\n", "", "rows", "", "panels", "oneDNN", "ratio");
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int r = 0; r < 2; r++)
      for (int backward = 0; backward < 2; backward++) {
        const shape *l = &shapes[s];
        double t[2];
        if (backward) measure(t, 0, l->rows[r], l->in, l->out);
        else measure(t, 1, l->rows[r], l->out, l->in);
        printf("%-30s %5d %10s %9.0f us %9.0f us %6.2f\n", l->name, (int)l->rows[r],
               backward ? "dx" : "forward", 1e6 * t[0], 1e6 * t[1], t[1] / t[0]);
        product *= t[1] / t[0];
        n++;
      }
  printf("%-30s %57.2f\n", "geometric mean", pow(product, 1.0 / n));
  return 0;
}
