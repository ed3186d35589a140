/* fuzz_image.c: a picture or video in memory, as a network of 16 x 12 pixels takes it. */
#include <math.h>

#include "fuzz.h"
#include "image/image_load.h"
#include "image/packed_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const mer__image_processor processor = {.sizing = MER__IMAGE_SHORTEST,
                                                 .filter = MER__IMAGE_BICUBIC,
                                                 .resize_height = 14,
                                                 .crop = true,
                                                 .height = 16,
                                                 .width = 12,
                                                 .rescale = true,
                                                 .factor = 1 / 255.0};
  mer__image image;
  mer__floats packed = {0};
  mer_error err = {0};
  float values[3 * 16 * 12];
  const mer_status status = mer__image_load(
      &image, &(mer__media_file){"input", data ? data : (const uint8_t *)"", size}, &err);
  fuzz_check_status(status, &err);
  if (status != MER_OK) {
    FUZZ_REQUIRE(!image.pixels);
    return 0;
  }
  FUZZ_REQUIRE(image.height > 0 && image.width > 0);
  FUZZ_REQUIRE(image.height * image.width <= MER__IMAGE_MAX_PIXELS);
  if (mer__image_pack(&packed, &processor, &image, "input", &err) == MER_OK) {
    FUZZ_REQUIRE(mer__image_unpack(values, &processor, packed.data, (int64_t)packed.n, &err) ==
                 MER_OK);
    for (int i = 0; i < 3 * 16 * 12; i++) FUZZ_REQUIRE(values[i] >= 0 && values[i] <= 1);
  }
  mer__floats_clear(&packed);
  mer__image_clear(&image);
  return 0;
}
