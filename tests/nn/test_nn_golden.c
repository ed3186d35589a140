/* test_nn_golden.c: layers and their gradients as PyTorch computes them, within 1e-6 of single sums
 * and 4e-6 of products. */
#include "nn/activation.h"
#include "nn/attention.h"
#include "nn/cross_entropy.h"
#include "nn/few_rows.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/nn_golden.h"

static void linear_is_pytorchs(void **state) {
  (void)state;
  const float *x = golden_data("linear.x", 35), *w = golden_data("linear.w", 21);
  float y[15], dx[35], dw[21] = {0}, db[3] = {0};
  mer__few_rows_forward(y, x, w, golden_data("linear.b", 3), 5, 7, 3);
  mer__linear_backward(dx, dw, db, golden_data("linear.dy", 15), x, w, 5, 7, 3, MER__PRODUCT_F32);
  assert_golden(y, "linear.y", 15, 1e-6);
  assert_golden(dx, "linear.dx", 35, 1e-6);
  assert_golden(dw, "linear.dw", 21, 1e-6);
  assert_golden(db, "linear.db", 3, 1e-6);
}

static void layer_norm_is_pytorchs(void **state) {
  (void)state;
  const float *x = golden_data("layer_norm.x", 66), *w = golden_data("layer_norm.w", 11);
  float y[66], mean[6], rstd[6], dx[66], dw[11] = {0}, db[11] = {0};
  mer__layer_norm_forward(y, mean, rstd, x, w, golden_data("layer_norm.b", 11), 6, 11, 1e-12f);
  mer__layer_norm_backward(dx, dw, db, golden_data("layer_norm.dy", 66), x, mean, rstd, w, 6, 11);
  assert_golden(y, "layer_norm.y", 66, 1e-6);
  assert_golden(dx, "layer_norm.dx", 66, 1e-6);
  assert_golden(dw, "layer_norm.dw", 11, 2e-6);
  assert_golden(db, "layer_norm.db", 11, 1e-6);
}

static void gelu_is_pytorchs(void **state) {
  (void)state;
  const float *x = golden_data("gelu.x", 71);
  float y[71], dx[71];
  mer__gelu_forward(y, x, 71);
  mer__gelu_backward(dx, golden_data("gelu.dy", 71), x, 71);
  assert_golden(y, "gelu.y", 71, 5e-7);
  assert_golden(dx, "gelu.dx", 71, 1e-6);
}

/* The golden tensors are padded: [3 utterances, 2 heads, 5 tokens, 4]. Ours are packed. */
enum { HEADS = 2, LONGEST = 5, SIZE = 4, HIDDEN = HEADS * SIZE, TOKENS = 9 };
static const int32_t OFFSETS[] = {0, 5, 8, 9};

/* Element of a padded tensor for head a of row t of utterance b. */
static int padded(int b, int a, int t) { return ((b * HEADS + a) * LONGEST + t) * SIZE; }

static void pack(float *y, int row, const char *name) {
  const float *x = golden_data(name, 3 * HEADS * LONGEST * SIZE);
  for (int b = 0; b < 3; b++)
    for (int t = 0; t < OFFSETS[b + 1] - OFFSETS[b]; t++)
      for (int a = 0; a < HEADS; a++)
        memcpy(y + (OFFSETS[b] + t) * row + a * SIZE, x + padded(b, a, t), SIZE * sizeof *y);
}

static void assert_packed(const float *x, int row, const char *name) {
  float expected[TOKENS * HIDDEN];
  pack(expected, HIDDEN, name);
  for (int t = 0; t < TOKENS; t++)
    for (int j = 0; j < HIDDEN; j++) assert_near(x[t * row + j], expected[t * HIDDEN + j], 4e-6);
}

static void assert_probs(const float *probs) {
  const float *expected = golden_data("attention.probs", 3 * HEADS * LONGEST * LONGEST);
  for (int b = 0; b < 3; b++) {
    const int n = OFFSETS[b + 1] - OFFSETS[b];
    for (int a = 0; a < HEADS; a++)
      for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
          assert_near(*probs++, expected[((b * HEADS + a) * LONGEST + i) * LONGEST + j], 1e-6);
  }
}

static void attention_is_pytorchs(void **state) {
  (void)state;
  const mer__packing packing = {3, OFFSETS};
  const int32_t *lengths = golden_data("attention.lengths", 3);
  float qkv[TOKENS * 3 * HIDDEN], dqkv[TOKENS * 3 * HIDDEN], context[TOKENS * HIDDEN];
  float dcontext[TOKENS * HIDDEN], probs[HEADS * (25 + 9 + 1)];
  float *scratch = malloc((size_t)mer__attention_scratch(&packing) * sizeof *scratch);
  for (int b = 0; b < 3; b++) assert_int_equal(lengths[b], OFFSETS[b + 1] - OFFSETS[b]);
  pack(qkv, 3 * HIDDEN, "attention.q");
  pack(qkv + HIDDEN, 3 * HIDDEN, "attention.k");
  pack(qkv + 2 * HIDDEN, 3 * HIDDEN, "attention.v");
  pack(dcontext, HIDDEN, "attention.dy");
  const mer__attention attention = {
      .packing = &packing, .n_heads = HEADS, .head_size = SIZE, .scratch = scratch};
  mer__attention_forward(context, probs, qkv, &attention);
  mer__attention_backward(dqkv, dcontext, qkv, probs, &attention);
  assert_probs(probs);
  assert_packed(context, HIDDEN, "attention.y");
  assert_packed(dqkv, 3 * HIDDEN, "attention.dq");
  assert_packed(dqkv + HIDDEN, 3 * HIDDEN, "attention.dk");
  assert_packed(dqkv + 2 * HIDDEN, 3 * HIDDEN, "attention.dv");
  free(scratch);
}

static void cross_entropy_is_pytorchs(void **state) {
  (void)state;
  const int32_t *labels = golden_data("cross_entropy.labels", 6);
  float probs[42], dx[42], targets[42];
  one_hot(targets, labels, 6, 7);
  float loss =
      (float)mer__cross_entropy_forward(probs, golden_data("cross_entropy.x", 42), targets, 6, 7);
  mer__cross_entropy_backward(dx, probs, targets, 6, 7);
  assert_golden(&loss, "cross_entropy.loss", 1, 5e-7);
  assert_golden(dx, "cross_entropy.dx", 42, 5e-7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(linear_is_pytorchs),        cmocka_unit_test(layer_norm_is_pytorchs),
      cmocka_unit_test(gelu_is_pytorchs),          cmocka_unit_test(attention_is_pytorchs),
      cmocka_unit_test(cross_entropy_is_pytorchs),
  };
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
