/* fuzz_video.c: a video in memory, from its demultiplexer to the faces in it, by a small network
 * that finds some. */
#include "face/face_clip.h"
#include "fuzz.h"
#include "image/packed_image.h"

enum { SIDE = 8 };

static const mer__face_detector *detector(void) {
  static mer__face_detector *opened;
  mer_error err = {0};
  if (!opened)
    FUZZ_REQUIRE(mer__face_detector_open(&opened, MER_SOURCE_DIR "/tests/golden/faces/network",
                                         &err) == MER_OK);
  return opened;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const mer__image_processor processor = {.sizing = MER__IMAGE_STRETCH,
                                                 .filter = MER__IMAGE_BILINEAR,
                                                 .resize_height = SIDE,
                                                 .resize_width = SIDE,
                                                 .height = SIDE,
                                                 .width = SIDE};
  const mer__media_file file = {"input", data ? data : (const uint8_t *)"", size};
  mer__floats packed = {0};
  mer__face_counts counts;
  mer_error err = {0};
  float values[3 * SIDE * SIDE];
  const mer_status status =
      mer__face_clip_read(&packed, &counts, detector(), &processor, &file, NULL, &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE(counts.n_with_face <= counts.n_frames && counts.n_frames <= 180);
  for (const float *at = packed.data; status == MER_OK && packed.n > 0;) {
    const int64_t n = mer__packed_words(at, (int64_t)packed.n);
    FUZZ_REQUIRE(mer__image_unpack(values, &processor, at, n, &err) == MER_OK);
    at += n;
    packed.n -= (size_t)n;
  }
  mer__floats_clear(&packed);
  return 0;
}
