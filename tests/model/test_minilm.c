/* test_minilm.c: the default encoder against PyTorch (tests/golden/make_minilm.py). Skipped where
 * the encoder is not there. */
#include "mer/model.h"
#include "mer/tensor.h"
#include "test_support.h"

enum { N = 27, H = 384 };

static char encoder_path[4096];

static void cls_equals_pytorch(void **state) {
  (void)state;
  mer_error err = {0};
  mer_encoder *encoder;
  mer_safetensors *golden;
  char *texts[N] = {0};
  float cls[N * H], expected[N * H];
  FILE *in = fopen(GOLDEN "minilm/texts.txt", "r");
  assert_non_null(in);
  for (int i = 0; i < N; i++) {
    size_t capacity = 0;
    ssize_t size = getline(&texts[i], &capacity, in);
    assert_true(size > 1);
    texts[i][size - 1] = 0;
  }
  fclose(in);
  assert_ok(mer_encoder_open(&encoder, encoder_path, &err));
  assert_ok(mer_encoder_embed(cls, encoder, (const char *const *)texts, N, 128, NULL, &err));
  assert_ok(mer_safetensors_open(&golden, GOLDEN "minilm/cls.safetensors", &err));
  assert_ok(mer_tensor_to_f32(expected, mer_safetensors_find(golden, "cls"), &err));
  assert_near(max_difference(cls, expected, N * H), 0, 1e-4);
  mer_safetensors_close(golden);
  mer_encoder_close(encoder);
  for (int i = 0; i < N; i++) free(texts[i]);
}

int main(void) {
  if (!find_data(encoder_path, "MER_ENCODER", MER_SOURCE_DIR "/.encoder/minilm", "."))
    return skip_program(
        "no encoder at MER_ENCODER or .encoder/minilm (tools/get-encoder fetches it)");
  const struct CMUnitTest tests[] = {cmocka_unit_test(cls_equals_pytorch)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
