/* test_levels.c: every kernel of plain C at every level of the processor against the plain level:
 * the same bits where nothing is summed or fused, else within some roundings. Products of panels
 * and of int8 have tests of their own, which do the same. */
#include <math.h>

#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/few_rows.h"
#include "nn/int8_embedding.h"
#include "nn/layer_norm.h"
#include "nn/levels.h"
#include "nn/nn_support.h"
#include "nn/rows.h"
#include "nn/small_matmul.h"
#include "speech/spectrum.h"
#include "train/adam.h"
#include "train/gradient_clip.h"

/* Numbers of outputs: each kernel fills some, which are compared. Sizes leave parts of vectors. */
enum { ROWS = 7, WIDTH = 101, N = ROWS * WIDTH, MOST = 8 * N };

typedef void kernel(float *out);

static void activations(float *out) {
  float *x = normal(N, 1), *dy = normal(N, 2);
  mer__gelu_forward(out, x, N);
  mer__gelu_backward(out + N, dy, x, N);
  mer__relu_forward(out + 2 * N, x, N);
  mer__relu_backward(out + 3 * N, dy, x, N);
  mer__gelu_rows(out + 4 * N, x, WIDTH, ROWS, WIDTH - 3);
  mer__gelu_tanh_forward(out + 5 * N, x, N);
  mer__gelu_tanh_backward(out + 6 * N, dy, x, N);
  free(x), free(dy);
}

static void layer_norm(float *out) {
  float *x = normal(N, 1), *gamma = normal(WIDTH, 2), *beta = normal(WIDTH, 3), *dy = normal(N, 4);
  float mean[ROWS], rstd[ROWS];
  mer__layer_norm_forward(out, mean, rstd, x, gamma, beta, ROWS, WIDTH, 1e-12f);
  mer__layer_norm_backward(out + N, out + 2 * N, out + 3 * N, dy, x, mean, rstd, gamma, ROWS,
                           WIDTH);
  free(x), free(gamma), free(beta), free(dy);
}

static void attention(float *out) {
  enum { HEADS = 2, SIZE = 19, HIDDEN = HEADS * SIZE, TOKENS = 13 };
  const int32_t offsets[] = {0, 4, TOKENS};
  const mer__packing packing = {2, offsets};
  const mer__dropout dropout = {0.1f, 7, 8};
  float *qkv = normal(3 * TOKENS * HIDDEN, 1), *dy = normal(TOKENS * HIDDEN, 2);
  enum { REACH = 9, VALUES = HEADS * (2 * REACH - 1) };
  float *scratch = normal(mer__attention_scratch(&packing), 3), *probs = normal(N, 4);
  float *values = normal(VALUES, 5), *gates = normal(TOKENS * HEADS, 6);
  const mer__attention_bias bias = {REACH, values, gates, out + 5 * N, out + 6 * N};
  const mer__attention a = {.packing = &packing,
                            .n_heads = HEADS,
                            .head_size = SIZE,
                            .dropout = &dropout,
                            .bias = &bias,
                            .scratch = scratch};
  mer__attention_forward(out, probs, qkv, &a);
  mer__attention_backward(out + N, dy, qkv, probs, &a);
  memcpy(out + 4 * N, probs, (size_t)mer__packing_n_scores(&packing, HEADS) * sizeof *out);
  free(qkv), free(dy), free(scratch), free(probs), free(values), free(gates);
}

static void small_products(float *out) {
  enum { K = 23 };
  float *x = normal(ROWS * K, 1), *w = normal(WIDTH * K, 2), *b = normal(K * WIDTH, 3);
  mer__few_rows_forward(out, x, w, NULL, ROWS, K, WIDTH);
  mer__small_matmul(out + N, WIDTH, (mer__strided){x, K, 1}, b, WIDTH, ROWS, WIDTH, K, false);
  mer__small_matmul(out + 2 * N, WIDTH, (mer__strided){x, K, 1}, b, WIDTH, ROWS, WIDTH, K, true);
  free(x), free(w), free(b);
}

static void spectrum(float *out) {
  enum { SIZE = 40, BINS = SIZE / 2 + 1, L = MER__LANES };
  mer__fft fft;
  mer_error err = {0};
  assert_ok(mer__fft_init(&fft, SIZE, &err));
  float *x = normal(SIZE * L, 1), *window = normal(SIZE, 2);
  float *work = normal((int64_t)mer__fft_work_size(&fft), 3);
  const float *frames[L];
  for (int l = 0; l < L; l++) frames[l] = x + l * SIZE;
  mer__frames_window(work, frames, window, SIZE);
  mer__fft_power(out, work, &fft);
  memcpy(out + N, out, BINS * L * sizeof *out);
  for (int i = 0; i < BINS * L; i++) out[N + i] += 1;
  mer__decibel(out + N, BINS * L, -20);
  mer__fft_clear(&fft);
  free(x), free(window), free(work);
}

static void adam(float *out) {
  const mer__adam options = {1e-3, 0.9, 0.999, 1e-8, 0.01, true};
  const mer__adam_step steps[] = {mer__adam_step_at(&options, 1), mer__adam_step_at(&options, 2)};
  float *grad = normal(N, 1);
  for (int i = 0; i < 2 * N; i++) out[N + i] = 0;
  mer__adam_update(out, out + N, out + 2 * N, grad, N, &steps[0], 0.5f, false);
  mer__adam_catch_up(out, out + N, out + 2 * N, N, &steps[1], 1);
  for (int i = 0; i < 2 * N; i++) out[4 * N + i] = 0;
  mer__adam_catch_up(out + 3 * N, out + 4 * N, out + 5 * N, N, steps, 2);
  out[6 * N] = (float)mer__gradient_square(grad, N);
  free(grad);
}

/* These add and multiply one number after the other, without fusing: the same bits. */
static void rows(float *out) {
  static int8_t values[3 * WIDTH];
  float *x = normal(N, 1), *mean = normal(WIDTH, 2), *deviation = normal(WIDTH, 3);
  const int32_t words[] = {0, 2, 1}, positions[] = {0, 0, 1}, types[] = {0, 1, 0};
  const mer__embedding_ids ids = {3, words, positions, types};
  const float scales[] = {0.5f, 0.25f, 2};
  for (int i = 0; i < 3 * WIDTH; i++) values[i] = (int8_t)(i * 37 % 255 - 127);
  const mer__int8_matrix table = {values, scales, 3, WIDTH, false};
  mer__rows_sum_add(out, x, ROWS, WIDTH);
  mer__rows_standardize(out + N, x, mean, deviation, WIDTH);
  mer__embedding_forward(out + 2 * N, &ids, x, x, x, WIDTH);
  mer__embedding_backward(out + 3 * N, out + 4 * N, out + 5 * N, x, &ids, WIDTH);
  mer__int8_embedding_forward(out + 6 * N, &ids, &table, &table, &table);
  mer__int8_embedding_forward(out + 7 * N, &ids, &table, &table, NULL);
  free(x), free(mean), free(deviation);
}

static void weighted_sums(float *out) {
  float *x = normal(N, 1), *y = normal(N, 2);
  mer__rows_scale_add(y, x, 0.3f, N);
  memcpy(out, y, N * sizeof *out);
  out[N] = (float)mer__rows_dot(x, y, N);
  free(x), free(y);
}

static void dropout(float *out) {
  const mer__dropout some = {0.3f, 5, 6}, none = {0, 5, 6};
  float *x = normal(N, 1), *residual = normal(N, 2);
  mer__dropout_factors(out, 11, N, &some);
  mer__dropout_apply(out + N, x, N, &some);
  mer__dropout_add(out + 2 * N, x, residual, N, &none);
  free(x), free(residual);
}

static const struct {
  kernel *run;
  double tolerance; /* times 1 + the magnitude; 0: the same bits */
} kernels[] = {{activations, 1e-6},  {layer_norm, 2e-5}, {attention, 5e-6}, {small_products, 2e-5},
               {spectrum, 2e-4},     {adam, 1e-5},       {rows, 0},         {dropout, 0},
               {weighted_sums, 1e-5}};

static void each_level_is_as_the_plain_one(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
    float *plain = normal(MOST, 9), *y = malloc(MOST * sizeof *y);
    assert_true(use_level(MER__CPU_PLAIN));
    kernels[k].run(plain);
    for (int level = MER__CPU_PLAIN + 1; use_level(level); level++) {
      fill_normal(y, MOST, 9);
      kernels[k].run(y);
      for (int i = 0; i < MOST; i++)
        if (fabs((double)y[i] - plain[i]) > kernels[k].tolerance * (1 + fabs((double)plain[i])))
          fail_msg("kernel %d, level %s, number %d: %.9g, plain %.9g", (int)k,
                   mer__cpu_name((mer__cpu_level)level), i, (double)y[i], (double)plain[i]);
    }
    free(plain), free(y);
  }
}

/* What `use_level` says is what the kernels take. */
static void a_level_is_what_its_name_says(void **state) {
  (void)state;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__cpu_level found;
    assert_int_equal(mer__cpu_best(), level);
    assert_true(mer__cpu_find(&found, mer__cpu_name((mer__cpu_level)level)));
    assert_int_equal(found, level);
  }
  assert_int_equal(mer__cpu_best(), mer__cpu_detect());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_level_is_as_the_plain_one),
      cmocka_unit_test(a_level_is_what_its_name_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
