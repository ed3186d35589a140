/* fuzz_image_config.c: preprocessor_config.json of an encoder of images, and what it makes of a
 * small picture. The first byte says whose processor it is if the file does not. */
#include <math.h>

#include "encoder/config_json.h"
#include "encoder/image_config.h"
#include "fuzz.h"
#include "image/packed_image.h"

static void check(const mer__image_processor *p) {
  static uint8_t pixels[5 * 7 * 3] = {1, 2, 3, 255};
  const mer__image image = {pixels, 5, 7};
  mer__floats packed = {0};
  mer_error err = {0};
  FUZZ_REQUIRE(p->height >= 1 && p->height <= 4096 && p->width >= 1 && p->width <= 4096);
  FUZZ_REQUIRE(p->filter == MER__IMAGE_BILINEAR || p->filter == MER__IMAGE_BICUBIC);
  if (p->height > 64 || p->width > 64 || p->resize_height > 64 || p->resize_width > 64) return;
  float *values = malloc((size_t)mer__image_n_values(p) * sizeof *values);
  if (!values) abort();
  FUZZ_REQUIRE(mer__image_pack(&packed, p, &image, "image", &err) == MER_OK);
  FUZZ_REQUIRE(mer__image_unpack(values, p, packed.data, (int64_t)packed.n, &err) == MER_OK);
  for (int64_t i = 0; i < mer__image_n_values(p); i++) FUZZ_REQUIRE(isfinite(values[i]));
  mer__floats_clear(&packed);
  free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  json_t *object = NULL;
  mer__image_processor processor;
  mer_error err = {0};
  if (size < 1) return 0;
  const char *path = fuzz_write("preprocessor_config.json", data + 1, size - 1);
  mer_status status = mer__config_read(&object, path, &err);
  if (status == MER_OK)
    status = mer__image_config_read(
        &processor, object, data[0] & 1 ? MER__IMAGE_PROCESSOR_CONVNEXT : MER__IMAGE_PROCESSOR_VIT,
        "preprocessor_config.json", &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) check(&processor);
  json_decref(object);
  return 0;
}
