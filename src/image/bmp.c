/* bmp.c: a Windows bitmap: BITMAPFILEHEADER, BITMAPINFOHEADER (Windows 3), and the rows from the
 * last to the first, each blue, green, red, padded to four bytes. */
#include "image/bmp.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/little_endian.h"

enum { FILE_HEADER_BYTES = 14, INFO_HEADER_BYTES = 40, BITS = 24 };
enum { HEADER_BYTES = FILE_HEADER_BYTES + INFO_HEADER_BYTES };

/* What is not set is 0: no compression, no palette, no resolution. */
static void put_header(uint8_t *out, const mer__image *image, size_t n_bytes) {
  memcpy(out, "BM", 2);
  mer__put_u32(out + 2, n_bytes);
  mer__put_u32(out + 10, HEADER_BYTES);
  mer__put_u32(out + 14, INFO_HEADER_BYTES);
  mer__put_u32(out + 18, (size_t)image->width);
  mer__put_u32(out + 22, (size_t)image->height);
  out[26] = 1; /* plane */
  out[28] = BITS;
}

mer_status mer__bmp_make(uint8_t **bytes, size_t *n_bytes, const mer__image *image,
                         mer_error *err) {
  const size_t width = (size_t)image->width, height = (size_t)image->height;
  const size_t row_bytes = (3 * width + 3) / 4 * 4, size = HEADER_BYTES + row_bytes * height;
  uint8_t *out = mer__calloc(size, 1);
  if (!out) return mer__fail_memory(err);
  put_header(out, image, size);
  for (size_t y = 0; y < height; y++) {
    const uint8_t *from = image->pixels + 3 * width * (height - 1 - y);
    uint8_t *to = out + HEADER_BYTES + row_bytes * y;
    for (size_t x = 0; x < width; x++, from += 3, to += 3) {
      to[0] = from[2];
      to[1] = from[1];
      to[2] = from[0];
    }
  }
  *bytes = out;
  *n_bytes = size;
  return MER_OK;
}
