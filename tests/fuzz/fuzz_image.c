/* fuzz_image.c: a picture or video in memory, as a network of 16 x 12 pixels takes it. What is read
 * but takes seconds for its size alone is left out, as libFuzzer would take it for an endless loop:
 * a few bytes may be a whole picture of 2^26 pixels. */
#include <errno.h>
#include <math.h>

#include "fuzz.h"
#include "image/image_load.h"
#include "image/packed_image.h"
#include "image/picture_decoder.h"
#include "image/webp_frame.h"

static const int64_t SLOW_PIXELS = 1 << 22;

/* FFmpeg asks for the memory of a frame when it knows its size, and is given none. */
static int note_size(AVCodecContext *decoder, AVFrame *frame, int flags) {
  int64_t *n_pixels = decoder->opaque;
  (void)frame;
  (void)flags;
  *n_pixels = (int64_t)decoder->width * decoder->height;
  return AVERROR(EINVAL);
}

/* The pixels of what FFmpeg decodes of an open file. */
static int64_t pixels_of(mer__picture_decoder *d) {
  int64_t n_pixels = 0;
  d->input.decoder->opaque = &n_pixels;
  d->input.decoder->get_buffer2 = note_size;
  while (n_pixels == 0 && mer__ffmpeg.av_read_frame(d->input.format, d->packet) >= 0) {
    if (d->packet->stream_index == d->input.stream->index)
      mer__ffmpeg.avcodec_send_packet(d->input.decoder, d->packet);
    mer__ffmpeg.av_packet_unref(d->packet);
  }
  return n_pixels;
}

static bool is_slow(const mer__media_file *file) {
  mer__picture_decoder d;
  mer__webp_frame first = {0};
  mer_error err;
  int64_t n_pixels = 0;
  if (mer__picture_decoder_open(&d, file, MER__IMAGE_MAX_BYTES, NULL, &err) == MER_OK) {
    if (!mer__webp_is_animated(&d.input)) n_pixels = pixels_of(&d);
    else if (mer__webp_frame_read(&first, &d.input, &err) == MER_OK)
      n_pixels = first.canvas_height * first.canvas_width;
  }
  mer__picture_decoder_close(&d);
  bool slow = n_pixels > SLOW_PIXELS && n_pixels <= MER__IMAGE_MAX_PIXELS;
  if (first.still && !slow)
    slow = is_slow(&(mer__media_file){file->path, first.still, first.n_bytes});
  mer__webp_frame_clear(&first);
  return slow;
}

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
  const mer__media_file file = {"input", data ? data : (const uint8_t *)"", size};
  if (is_slow(&file)) return 0;
  const mer_status status = mer__image_load(&image, &file, &err);
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
