/* test_face_network.c: the maps of a small network are those of PyTorch
 * (tests/golden/make_faces.py) at every level of the processor; directories at fault. */
#include "face/face_network.h"
#include "mer/tensor.h"
#include "nn/levels.h"
#include "test_support.h"

#define FOLDER GOLDEN "faces/"

static const mer_tensor *tensor(const mer_safetensors *file, const char *name) {
  const mer_tensor *found = mer_safetensors_find(file, name);
  if (!found) fail_msg("no tensor %s", name);
  return found;
}

static void check(const float *values, const mer_safetensors *golden, const char *name) {
  const mer_tensor *expected = tensor(golden, name);
  const double error = relative_error(values, expected->data, (size_t)expected->n_elements);
  if (!(error < 1e-4)) fail_msg("%s: relative error %g", name, error);
}

static void maps_are_those_of_pytorch(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *golden = NULL;
  mer__face_network network;
  mer__face_maps maps;
  float image[64 * 96 * 3];
  assert_ok(mer_safetensors_open(&golden, FOLDER "expected.safetensors", &err));
  const uint8_t *bytes = tensor(golden, "image")->data;
  for (size_t i = 0; i < sizeof image / sizeof *image; i++) image[i] = bytes[i];
  assert_ok(mer__face_network_open(&network, FOLDER "network", &err));
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    mer__arena arena = {0};
    assert_ok(mer__face_network_forward(&maps, &network, image, 64, 96, &arena, &err));
    assert_int_equal(maps.height, 16);
    assert_int_equal(maps.width, 24);
    check(maps.score, golden, "score");
    check(maps.size, golden, "size");
    check(maps.offset, golden, "offset");
    mer__arena_clear(&arena);
  }
  mer__face_network_clear(&network);
  mer_safetensors_close(golden);
}

static void directories_at_fault_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer__face_network network;
  assert_int_equal(mer__face_network_open(&network, FOLDER, &err), MER_STATUS_NOT_FOUND);
  assert_int_equal(mer__face_network_open(&network, GOLDEN "vision/cnn", &err),
                   MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(err.message, "expected 'centerface'"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(maps_are_those_of_pytorch),
                                     cmocka_unit_test(directories_at_fault_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
