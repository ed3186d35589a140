/* test_gradients.c: every backward pass against central differences of the forward pass. A layer is
 * a function of one vector of all its inputs; the loss is the sum of y * dy, in double precision.
 * With a step of 1e-2 both the cut-off and the rounding of f32 stay below the tolerance, 2e-3 of
 * the gradient's norm. */
#include "nn/activation.h"
#include "nn/attention.h"
#include "nn/attention_kernels.h"
#include "nn/binary_cross_entropy.h"
#include "nn/channel_norm.h"
#include "nn/concordance.h"
#include "nn/cross_entropy.h"
#include "nn/dropout.h"
#include "nn/embedding.h"
#include "nn/few_rows.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/nn_support.h"
#include "nn/rows.h"
#include "nn/squared_error.h"

enum { MAX = 8192, N = 37 };
static const float STEP = 1e-2f, OFFSET = 0.25f;
static const double TOLERANCE = 2e-3;

/* The first `n_overwritten` gradients are overwritten, the others added to what is there. */
typedef struct layer {
  const char *name;
  int64_t n_inputs, n_outputs, n_overwritten;
  void (*forward)(float *y, const float *in);
  void (*backward)(float *din, const float *dy, const float *in);
} layer;

/* linear: x [5, 7], weight [3, 7], bias [3] */
static void linear_forward(float *y, const float *in) {
  mer__few_rows_forward(y, in, in + 35, in + 56, 5, 7, 3);
}
static void linear_backward(float *din, const float *dy, const float *in) {
  mer__linear_backward(din, din + 35, din + 56, dy, in, in + 35, 5, 7, 3, MER__PRODUCT_F32);
}

/* layer norm: x [6, 70], gamma [70], beta [70] */
static void layer_norm_forward(float *y, const float *in) {
  mer__layer_norm_forward(y, NULL, NULL, in, in + 420, in + 490, 6, 70, 1e-12f);
}
static void layer_norm_backward(float *din, const float *dy, const float *in) {
  float y[420], mean[6], rstd[6];
  mer__layer_norm_forward(y, mean, rstd, in, in + 420, in + 490, 6, 70, 1e-12f);
  memcpy(din, dy, sizeof y); /* in place */
  mer__layer_norm_backward(din, din + 420, din + 490, din, in, mean, rstd, in + 420, 6, 70);
}

/* channel norm: x [9, 70], gamma [70], beta [70] */
static void channel_norm_forward(float *y, const float *in) {
  float mean[70], rstd[70];
  mer__channel_norm_forward(y, mean, rstd, in, in + 630, in + 700, 9, 70, 1e-5f);
}
static void channel_norm_backward(float *din, const float *dy, const float *in) {
  float y[630], mean[70], rstd[70];
  mer__channel_norm_forward(y, mean, rstd, in, in + 630, in + 700, 9, 70, 1e-5f);
  memcpy(din, dy, sizeof y); /* in place */
  mer__channel_norm_backward(din, din + 630, din + 700, din, in, mean, rstd, in + 630, 9, 70);
}

static void gelu_forward(float *y, const float *in) { mer__gelu_forward(y, in, N); }
static void gelu_backward(float *din, const float *dy, const float *in) {
  mer__gelu_backward(din, dy, in, N);
}

static void tanh_forward(float *y, const float *in) { mer__tanh_forward(y, in, N); }
static void tanh_backward(float *din, const float *dy, const float *in) {
  float y[N];
  mer__tanh_forward(y, in, N);
  mer__tanh_backward(din, dy, y, N);
}

static void gelu_tanh_forward(float *y, const float *in) { mer__gelu_tanh_forward(y, in, N); }
static void gelu_tanh_backward(float *din, const float *dy, const float *in) {
  mer__gelu_tanh_backward(din, dy, in, N);
}

/* ReLU of 10 x, so that few inputs lie near its edge; those are moved. */
static void away_from_edge(float *x, const float *in) {
  for (int i = 0; i < N; i++) x[i] = 10 * in[i] + (in[i] > 0 ? 1 : -1);
}
static void relu_forward(float *y, const float *in) {
  away_from_edge(y, in);
  mer__relu_forward(y, y, N);
}
static void relu_backward(float *din, const float *dy, const float *in) {
  float y[N];
  relu_forward(y, in);
  mer__relu_backward(din, dy, y, N);
  for (int i = 0; i < N; i++) din[i] *= 10;
}

static const mer__dropout DROPOUT = {.rate = 0.3f, .seed = 5, .stream = 9};
static void dropout_forward(float *y, const float *in) { mer__dropout_apply(y, in, N, &DROPOUT); }
static void dropout_backward(float *din, const float *dy, const float *in) {
  (void)in;
  mer__dropout_apply(din, dy, N, &DROPOUT);
}

/* x [N], residual [N] */
static void dropout_add_forward(float *y, const float *in) {
  mer__dropout_add(y, in, in + N, N, &DROPOUT);
}
static void dropout_add_backward(float *din, const float *dy, const float *in) {
  (void)in;
  mer__dropout_apply(din, dy, N, &DROPOUT);
  memcpy(din + N, dy, N * sizeof *dy);
}

/* Attention over utterances of 1, 5 and 13 tokens, and one over more than a block of rows. */
enum { LONG_TOKENS = MER__ATTENTION_BLOCK + 13 };
static const int32_t SHORT[] = {0, 1, 6, 19}, LONG[] = {0, LONG_TOKENS};
static const mer__packing SHORT_ONES = {3, SHORT}, LONG_ONE = {1, LONG};
static float probs[MAX], *scratch;

static mer__attention attention_over(const mer__packing *packing, int size) {
  scratch = realloc(scratch, (size_t)mer__attention_scratch(packing) * sizeof *scratch);
  return (mer__attention){.packing = packing, .n_heads = 2, .head_size = size, .scratch = scratch};
}
static void attention_backward(float *din, const float *dy, const float *in, mer__attention a) {
  float context[MAX];
  mer__attention_forward(context, probs, in, &a);
  mer__attention_backward(din, dy, in, probs, &a);
}
static void attention_short_forward(float *y, const float *in) {
  const mer__attention a = attention_over(&SHORT_ONES, 8);
  mer__attention_forward(y, NULL, in, &a);
}
static void attention_short_backward(float *din, const float *dy, const float *in) {
  attention_backward(din, dy, in, attention_over(&SHORT_ONES, 8));
}
static mer__attention with_dropout(const mer__packing *packing, int size) {
  mer__attention a = attention_over(packing, size);
  a.dropout = &DROPOUT;
  return a;
}
static void attention_dropout_forward(float *y, const float *in) {
  const mer__attention a = with_dropout(&SHORT_ONES, 5);
  mer__attention_forward(y, probs, in, &a);
}
static void attention_dropout_backward(float *din, const float *dy, const float *in) {
  attention_backward(din, dy, in, with_dropout(&SHORT_ONES, 5));
}
static void attention_long_forward(float *y, const float *in) {
  const mer__attention a = with_dropout(&LONG_ONE, 16);
  mer__attention_forward(y, NULL, in, &a);
}
static void attention_long_backward(float *din, const float *dy, const float *in) {
  attention_backward(din, dy, in, with_dropout(&LONG_ONE, 16));
}
static mer__attention of_first_tokens(void) {
  mer__attention a = with_dropout(&SHORT_ONES, 8);
  a.first_only = true;
  return a;
}
static void attention_first_forward(float *y, const float *in) {
  const mer__attention a = of_first_tokens();
  mer__attention_forward(y, probs, in, &a);
}
static void attention_first_backward(float *din, const float *dy, const float *in) {
  attention_backward(din, dy, in, of_first_tokens());
}

/* qkv [LONG_TOKENS, 96], values [2, 2 * REACH - 1], gates [LONG_TOKENS, 2] of a bias */
enum {
  REACH = LONG_TOKENS + 3,
  BIAS_VALUES = 2 * (2 * REACH - 1),
  BIASED_QKV = LONG_TOKENS * 96,
  BIASED = BIASED_QKV + BIAS_VALUES + 2 * LONG_TOKENS
};
static mer__attention_bias bias_of(const float *in, float *din) {
  return (mer__attention_bias){.reach = REACH,
                               .values = in + BIASED_QKV,
                               .gates = in + BIASED_QKV + BIAS_VALUES,
                               .dvalues = din ? din + BIASED_QKV : NULL,
                               .dgates = din ? din + BIASED_QKV + BIAS_VALUES : NULL};
}
static void attention_biased_forward(float *y, const float *in) {
  const mer__attention_bias bias = bias_of(in, NULL);
  mer__attention a = with_dropout(&LONG_ONE, 16);
  a.bias = &bias;
  mer__attention_forward(y, NULL, in, &a);
}
static void attention_biased_backward(float *din, const float *dy, const float *in) {
  const mer__attention_bias bias = bias_of(in, din);
  mer__attention a = with_dropout(&LONG_ONE, 16);
  a.bias = &bias;
  memset(din + BIASED_QKV, 0, BIAS_VALUES * sizeof *din); /* what layers before have added */
  attention_backward(din, dy, in, a);
}

/* word [6, 5], position [13, 5], type [2, 5] */
static const int32_t IDS[19] = {3, 1, 1, 5, 0, 3, 2, 2, 4, 1, 0, 5, 3, 3, 1, 2, 4, 4, 1};
static const int32_t TYPES[19] = {0, 1, 0, 1, 1, 0, 0, 1};
static const int32_t POSITIONS[19] = {0, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const mer__embedding_ids TOKENS = {19, IDS, POSITIONS, TYPES};
static void embedding_forward(float *y, const float *in) {
  mer__embedding_forward(y, &TOKENS, in, in + 30, in + 95, 5);
}
static void embedding_backward(float *din, const float *dy, const float *in) {
  (void)in;
  mer__embedding_backward(din, din + 30, din + 95, dy, &TOKENS, 5);
}
/* The same without types. */
static void untyped_embedding_forward(float *y, const float *in) {
  mer__embedding_forward(y, &TOKENS, in, in + 30, NULL, 5);
}
static void untyped_embedding_backward(float *din, const float *dy, const float *in) {
  (void)in;
  mer__embedding_backward(din, din + 30, NULL, dy, &TOKENS, 5);
}

/* logits [4, 7]; the output is the loss, times 100 for the precision of a float */
static const float TARGETS[28] = {
    1, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0,    0,    0, 1, /* one label */
    0, 0, 0, 1, 0, 0, 0, 0.5f, 0.2f, 0, 0.1f, 0.2f, 0, 0, /* and several that share a row */
};
static void cross_entropy_forward(float *y, const float *in) {
  float p[28];
  *y = (float)(100 * mer__cross_entropy_forward(p, in, TARGETS, 4, 7));
}
static void cross_entropy_backward(float *din, const float *dy, const float *in) {
  mer__cross_entropy_forward(din, in, TARGETS, 4, 7);
  mer__cross_entropy_backward(din, din, TARGETS, 4, 7);
  for (int i = 0; i < 28; i++) din[i] *= 100 * *dy;
}

/* logits of several labels, values and concordance: [4, 7], against the same targets; the output is
 * as above. */
static void binary_cross_entropy_forward(float *y, const float *in) {
  float p[28];
  *y = (float)(100 * mer__binary_cross_entropy_forward(p, in, TARGETS, 28));
}
static void binary_cross_entropy_backward(float *din, const float *dy, const float *in) {
  mer__binary_cross_entropy_forward(din, in, TARGETS, 28);
  mer__binary_cross_entropy_backward(din, din, TARGETS, 28);
  for (int i = 0; i < 28; i++) din[i] *= 100 * *dy;
}
static void squared_error_forward(float *y, const float *in) {
  *y = (float)(100 * mer__squared_error_forward(in, TARGETS, 28));
}
static void squared_error_backward(float *din, const float *dy, const float *in) {
  memcpy(din, in, 28 * sizeof *din); /* in place */
  mer__squared_error_backward(din, din, TARGETS, 28);
  for (int i = 0; i < 28; i++) din[i] *= 100 * *dy;
}
static void concordance_forward(float *y, const float *in) {
  *y = (float)(100 * mer__concordance_forward(in, TARGETS, 4, 7));
}
static void concordance_backward(float *din, const float *dy, const float *in) {
  memcpy(din, in, 28 * sizeof *din); /* in place */
  mer__concordance_backward(din, din, TARGETS, 4, 7);
  for (int i = 0; i < 28; i++) din[i] *= 100 * *dy;
}

/* x [6, 5], 8 rows of it */
static void gather_forward(float *y, const float *in) { mer__rows_gather(y, in, IDS, 8, 5); }
static void gather_backward(float *din, const float *dy, const float *in) {
  (void)in;
  mer__rows_scatter_add(din, dy, IDS, 8, 5);
}

static const layer LAYERS[] = {
    {"linear", 59, 15, 35, linear_forward, linear_backward},
    {"layer norm", 560, 420, 420, layer_norm_forward, layer_norm_backward},
    {"channel norm", 770, 630, 630, channel_norm_forward, channel_norm_backward},
    {"gelu", N, N, N, gelu_forward, gelu_backward},
    {"tanh", N, N, N, tanh_forward, tanh_backward},
    {"gelu by tanh", N, N, N, gelu_tanh_forward, gelu_tanh_backward},
    {"relu", N, N, N, relu_forward, relu_backward},
    {"dropout", N, N, N, dropout_forward, dropout_backward},
    {"dropout add", 2 * N, N, 2 * N, dropout_add_forward, dropout_add_backward},
    {"attention", 19 * 48, 19 * 16, 19 * 48, attention_short_forward, attention_short_backward},
    {"attention with dropout", 19 * 30, 19 * 10, 19 * 30, attention_dropout_forward,
     attention_dropout_backward},
    {"long attention", LONG_TOKENS * 96, LONG_TOKENS * 32, LONG_TOKENS * 96, attention_long_forward,
     attention_long_backward},
    {"attention of first tokens", 19 * 48, 3 * 16, 19 * 48, attention_first_forward,
     attention_first_backward},
    {"attention with a bias", BIASED, LONG_TOKENS * 32, BIASED, attention_biased_forward,
     attention_biased_backward},
    {"embedding", 105, 95, 0, embedding_forward, embedding_backward},
    {"embedding without types", 95, 95, 0, untyped_embedding_forward, untyped_embedding_backward},
    {"cross entropy", 28, 1, 28, cross_entropy_forward, cross_entropy_backward},
    {"binary cross entropy", 28, 1, 28, binary_cross_entropy_forward,
     binary_cross_entropy_backward},
    {"squared error", 28, 1, 28, squared_error_forward, squared_error_backward},
    {"concordance", 28, 1, 28, concordance_forward, concordance_backward},
    {"gather", 30, 40, 0, gather_forward, gather_backward},
};

static double loss(const layer *l, const float *in, const float *dy) {
  float y[MAX];
  double sum = 0;
  l->forward(y, in);
  for (int64_t i = 0; i < l->n_outputs; i++) sum += (double)y[i] * dy[i];
  return sum;
}

static float difference(const layer *l, float *in, int64_t i, const float *dy) {
  const float x = in[i];
  in[i] = x + STEP;
  double upper = loss(l, in, dy), width = in[i];
  in[i] = x - STEP;
  double lower = loss(l, in, dy);
  width -= in[i];
  in[i] = x;
  return (float)((upper - lower) / width);
}

static void check(const layer *l) {
  static float in[MAX], dy[MAX], din[MAX], expected[MAX];
  assert_true(l->n_inputs <= MAX && l->n_outputs <= MAX);
  fill_normal(in, l->n_inputs, 1);
  fill_normal(dy, l->n_outputs, 2);
  for (int64_t i = 0; i < l->n_inputs; i++) din[i] = OFFSET;
  l->backward(din, dy, in);
  for (int64_t i = l->n_overwritten; i < l->n_inputs; i++) din[i] -= OFFSET;
  for (int64_t i = 0; i < l->n_inputs; i++) expected[i] = difference(l, in, i, dy);
  double error = relative_error(din, expected, (size_t)l->n_inputs);
  if (!(error <= TOLERANCE)) fail_msg("%s: relative error %g", l->name, error);
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof LAYERS / sizeof *LAYERS; i++) check(&LAYERS[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_those_of_finite_differences)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
