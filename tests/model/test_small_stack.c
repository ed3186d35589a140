/* test_small_stack.c: products and encoders on a thread whose stack is as small as programs give
 * their own threads. */
#include <omp.h>
#include <pthread.h>

#include "base/file.h"
#include "mer/model.h"
#include "nn/int8_matmul.h"
#include "nn/panels.h"
#include "test_support.h"

#define GOOD GOLDEN "bert"

#if defined(MER_SANITIZE)
enum { STACK_BYTES = 512 << 10 }; /* frames are larger */
#elif defined(__aarch64__)
enum { STACK_BYTES = 128 << 10 }; /* the least there */
#else
enum { STACK_BYTES = 64 << 10 };
#endif

/* Runs a function on such a thread, which computes alone and together with others. */
static void *alone_and_together(void *function) {
  omp_set_num_threads(1);
  (*(void (**)(void))function)();
  omp_set_num_threads(3);
  (*(void (**)(void))function)();
  return NULL;
}

static void on_small_stack(void (*function)(void)) {
  pthread_attr_t attributes;
  pthread_t thread;
  assert_int_equal(pthread_attr_init(&attributes), 0);
  assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
  assert_int_equal(pthread_create(&thread, &attributes, alone_and_together, &function), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  pthread_attr_destroy(&attributes);
}

static float *ones(int64_t n) {
  float *x = malloc((size_t)n * sizeof *x);
  for (int64_t i = 0; i < n; i++) x[i] = 1;
  return x;
}

static void multiply_panels(void) {
  enum { M = 250, N = 96, K = 600 };
  float *a = ones(M * K), *b = ones(N * K), *y = ones(M * N);
  for (int layout = 0; layout < 3; layout++)
    for (int dtype = 0; dtype <= MER__PRODUCT_BF16 - (layout == MER__PANELS); dtype++) {
      mer__panels_multiply(y, NULL, a, b, (mer__panel_layout)layout, NULL, M, N, K,
                           (mer__product_dtype)dtype);
      assert_true(y[0] == K && y[M * N - 1] == K);
    }
  free(a), free(b), free(y);
}

static void multiply_int8(void) {
  enum { M = 100, N = 40, K = MER__INT8_MAX_COLUMNS };
  float *weight = ones(N * K), *x = ones(M * K), *y = ones(M * N), *bias = ones(N), scales[N];
  int8_t *values = malloc((size_t)mer__int8_panel_bytes(N, K));
  for (int reduced = 0; reduced < 2; reduced++) {
    assert_true((reduced ? mer__int8_quantize_reduced : mer__int8_quantize_panels)(values, scales,
                                                                                   weight, N, K));
    const mer__int8_matrix m = {values, scales, N, K, reduced};
    mer__int8_linear_forward(y, NULL, x, &m, 1, bias, M);
    assert_true(fabsf(y[M * N - 1] - (K + 1)) < K / 50.0f);
  }
  free(weight), free(x), free(y), free(bias), free(values);
}

static const mer_encoder *open_encoder;

static void embed(void) {
  enum { H = 32 };
  static const char *const texts[] = {"the old man and the sea, they said"};
  float cls[H];
  mer_error err = {0};
  assert_ok(mer_encoder_embed(cls, open_encoder, texts, 1, 64, NULL, &err));
  assert_true(isfinite(cls[0]));
}

static void embed_from(const char *path) {
  mer_error err = {0};
  mer_encoder *encoder;
  assert_ok(mer_encoder_open(&encoder, path, &err));
  open_encoder = encoder;
  on_small_stack(embed);
  mer_encoder_close(encoder);
}

static void products_run_on_a_small_stack(void **state) {
  (void)state;
  on_small_stack(multiply_panels);
  on_small_stack(multiply_int8);
}

static void encoders_run_on_a_small_stack(void **state) {
  (void)state;
  char work[64], folder[96];
  mer_error err = {0};
  make_temporary_folder(work);
  snprintf(folder, sizeof folder, "%s/quantized", work);
  embed_from(GOOD);
  assert_ok(mer_model_quantize(GOOD, folder, MER_DTYPE_I8, false, NULL, &err));
  embed_from(folder);
  remove_test_folder(folder);
  assert_ok(mer_model_quantize(GOOD, folder, MER_DTYPE_BF16, false, NULL, &err));
  embed_from(folder);
  remove_test_folder(folder);
  remove_test_folder(work);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_run_on_a_small_stack),
      cmocka_unit_test(encoders_run_on_a_small_stack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
