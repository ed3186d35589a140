/* colour.c: colours of a lower resolution are brought to that of the brightness (upsample.h), and
 * Y, Cb, Cr to red, green and blue, with the constants and the rounding of the library that Pillow
 * reads the format with: libjpeg (16 bits behind the point, ITU-R BT.601), libwebp (14 bits). */
#include "image/colour.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "image/upsample.h"

static uint8_t clip(int value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

/* A constant with 16 bits behind the point. */
static int fixed(double value) { return (int)lround(value * 65536); }

static void jpeg_row(uint8_t *out, const uint8_t *const rows[3], int64_t n) {
  enum { ONE_HALF = 1 << 15 };
  const int rv = fixed(1.402), gu = fixed(0.34414), gv = fixed(0.71414), bu = fixed(1.772);
  for (int64_t i = 0; i < n; i++, out += 3) {
    const int y = rows[0][i], u = rows[1][i] - 128, v = rows[2][i] - 128;
    out[0] = clip(y + ((rv * v + ONE_HALF) >> 16));
    out[1] = clip(y + ((-gu * u - gv * v + ONE_HALF) >> 16));
    out[2] = clip(y + ((bu * u + ONE_HALF) >> 16));
  }
}

/* Brightness from 16 to 235. The products are cut to 6 bits behind the point before they are added.
 */
static void webp_row(uint8_t *out, const uint8_t *const rows[3], int64_t n) {
  for (int64_t i = 0; i < n; i++, out += 3) {
    const int y = rows[0][i] * 19077 >> 8, u = rows[1][i], v = rows[2][i];
    out[0] = clip((y + (v * 26149 >> 8) - 14234) >> 6);
    out[1] = clip((y - (u * 6419 >> 8) - (v * 13320 >> 8) + 8708) >> 6);
    out[2] = clip((y + (u * 33050 >> 8) - 17685) >> 6);
  }
}

static void video_row(uint8_t *out, const mer__planes *p, const uint8_t *const rows[3]) {
  const double scale_y = p->limited ? 255.0 / 219 : 1, scale_c = p->limited ? 255.0 / 224 : 1;
  const double green = 1 - p->red - p->blue;
  const double rv = 2 * (1 - p->red) * scale_c, bu = 2 * (1 - p->blue) * scale_c;
  const double gu = bu * p->blue / green, gv = rv * p->red / green;
  for (int64_t i = 0; i < p->width; i++, out += 3) {
    const double y = (rows[0][i] - (p->limited ? 16 : 0)) * scale_y;
    const int u = rows[1][i] - 128, v = rows[2][i] - 128;
    out[0] = clip((int)floor(y + rv * v + 0.5));
    out[1] = clip((int)floor(y - gu * u - gv * v + 0.5));
    out[2] = clip((int)floor(y + bu * u + 0.5));
  }
}

static void plain_row(uint8_t *out, const uint8_t *const rows[3], int64_t n) {
  for (int64_t i = 0; i < n; i++)
    for (int c = 0; c < 3; c++) out[3 * i + c] = rows[c][i];
}

/* Row `y` of each channel in full resolution; `scratch` [2, width] is for those that have less. */
static void find_rows(const uint8_t *rows[3], const mer__planes *p, int64_t y, uint8_t *scratch) {
  for (int c = 0; c < 3; c++) {
    const int from = p->kind == MER__COLOUR_GREY ? 0 : c;
    rows[c] = p->channels[from] + y * p->width;
    if (from == 0 || (p->x_shift == 0 && p->y_shift == 0)) continue;
    uint8_t *row = scratch + (c - 1) * p->width;
    mer__upsample_row(row, p, c, y);
    rows[c] = row;
  }
}

mer_status mer__image_of_planes(mer__image *image, const mer__planes *p, mer_error *err) {
  uint8_t *scratch = mer__malloc((size_t)p->width, 2);
  mer_status status = mer__image_create(image, p->height, p->width, err);
  if (status == MER_OK && !scratch) status = mer__fail_memory(err);
  for (int64_t y = 0; y < p->height && status == MER_OK; y++) {
    const uint8_t *rows[3];
    uint8_t *out = image->pixels + y * p->width * 3;
    find_rows(rows, p, y, scratch);
    if (p->kind == MER__COLOUR_JPEG) jpeg_row(out, rows, p->width);
    else if (p->kind == MER__COLOUR_WEBP) webp_row(out, rows, p->width);
    else if (p->kind == MER__COLOUR_VIDEO) video_row(out, p, rows);
    else plain_row(out, rows, p->width);
  }
  mer__free(scratch);
  if (status != MER_OK) mer__image_clear(image);
  return status;
}
