/* orientation.c: pictures that a camera has stored turned or mirrored. FFmpeg tells what EXIF data
 * of JPEG and still WebP say, and the matrix of a video; PNG's chunk eXIf is read here. */
#include "image/orientation.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { LAST = 8, EXIF_TAG = 0x0112, EXIF_SHORT = 3, MAX_EXIF_BYTES = 1 << 16 };

static int checked(long orientation) {
  return orientation >= MER__UPRIGHT && orientation <= LAST ? (int)orientation : MER__UPRIGHT;
}

static unsigned number(const uint8_t *bytes, int n, bool big_endian) {
  unsigned value = 0;
  for (int i = 0; i < n; i++) value = value << 8 | bytes[big_endian ? i : n - 1 - i];
  return value;
}

/* EXIF data are a header with the place of a directory, whose entries have a tag, a type, a count
 * and a value of 12 bytes together. Some programs put the mark before them that JPEG has. */
int mer__orientation_of_exif(const uint8_t *exif, size_t size) {
  static const char mark[6] = "Exif\0";
  if (size >= sizeof mark && memcmp(exif, mark, sizeof mark) == 0)
    exif += sizeof mark, size -= sizeof mark;
  if (size < 8 || (memcmp(exif, "MM", 2) != 0 && memcmp(exif, "II", 2) != 0)) return MER__UPRIGHT;
  const bool big = exif[0] == 'M';
  const size_t at = number(exif + 4, 4, big);
  if (at > size - 2) return MER__UPRIGHT;
  const size_t n = number(exif + at, 2, big), room = (size - at - 2) / 12;
  for (size_t i = 0; i < (n < room ? n : room); i++) {
    const uint8_t *entry = exif + at + 2 + 12 * i;
    if (number(entry, 2, big) == EXIF_TAG && number(entry + 2, 2, big) == EXIF_SHORT)
      return checked((long)number(entry + 8, 2, big));
  }
  return MER__UPRIGHT;
}

/* Chunks of PNG have a length, a name of four letters, the data and a checksum. What follows the
 * chunk IEND belongs to the picture no more, and may be long. */
static int of_png(mer__input *input) {
  uint8_t head[8];
  int64_t at = 8; /* after the signature */
  while (mer__input_read(input, head, at, sizeof head) == (int64_t)sizeof head &&
         memcmp(head + 4, "IEND", 4) != 0) {
    const int64_t size = number(head, 4, true);
    if (memcmp(head + 4, "eXIf", 4) == 0 && size <= MAX_EXIF_BYTES) {
      uint8_t exif[4096]; /* the directory stands near the beginning */
      const int64_t n = size < (int64_t)sizeof exif ? size : (int64_t)sizeof exif;
      return mer__input_read(input, exif, at + 8, (size_t)n) == n
                 ? mer__orientation_of_exif(exif, (size_t)n)
                 : MER__UPRIGHT;
    }
    at += 12 + size;
  }
  return MER__UPRIGHT;
}

/* The matrix with which a video is to be shown: where the steps to the right and down lead. */
static int of_matrix(const mer__input *input) {
  static const int8_t steps[LAST][4] = {{1, 0, 0, 1}, {-1, 0, 0, 1}, {-1, 0, 0, -1}, {1, 0, 0, -1},
                                        {0, 1, 1, 0}, {0, 1, -1, 0}, {0, -1, -1, 0}, {0, -1, 1, 0}};
  size_t size;
  const uint8_t *data =
      mer__ffmpeg.av_stream_get_side_data(input->stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  int32_t matrix[9];
  if (!data || size < sizeof matrix) return MER__UPRIGHT;
  memcpy(matrix, data, sizeof matrix);
  const int32_t found[4] = {matrix[0], matrix[1], matrix[3], matrix[4]};
  for (int i = 0; i < LAST; i++) {
    bool same = true;
    for (int k = 0; k < 4; k++) same = same && (found[k] > 0) - (found[k] < 0) == steps[i][k];
    if (same) return i + 1;
  }
  return MER__UPRIGHT;
}

int mer__orientation_find(mer__input *input, const AVFrame *frame) {
  const AVDictionaryEntry *entry = mer__ffmpeg.av_dict_get(frame->metadata, "Orientation", NULL, 0);
  if (entry) return checked(strtol(entry->value, NULL, 10));
  const enum AVCodecID codec = input->decoder->codec_id;
  if (codec == AV_CODEC_ID_PNG) return of_png(input);
  return of_matrix(input);
}

/* From 5 on rows and columns change places; then rows or columns are read backwards. */
mer_status mer__orientation_undo(mer__image *image, int orientation, mer_error *err) {
  static const bool up[LAST + 1] = {[3] = true, [4] = true, [6] = true, [7] = true};
  static const bool left[LAST + 1] = {[2] = true, [3] = true, [7] = true, [8] = true};
  mer__image out;
  if (orientation == MER__UPRIGHT) return MER_OK;
  const bool swapped = orientation >= 5;
  mer_status status = mer__image_create(&out, swapped ? image->width : image->height,
                                        swapped ? image->height : image->width, err);
  if (status != MER_OK) return status;
  for (int64_t y = 0; y < out.height; y++)
    for (int64_t x = 0; x < out.width; x++) {
      int64_t row = swapped ? x : y, column = swapped ? y : x;
      if (up[orientation]) row = image->height - 1 - row;
      if (left[orientation]) column = image->width - 1 - column;
      memcpy(out.pixels + (y * out.width + x) * 3,
             image->pixels + (row * image->width + column) * 3, 3);
    }
  mer__image_clear(image);
  *image = out;
  return MER_OK;
}
