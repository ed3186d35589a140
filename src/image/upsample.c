/* upsample.c: channels of half the resolution in full resolution. */
#include "image/upsample.h"

/* libjpeg interpolates no channel that is so narrow. */
enum { NARROW = 2 };

/* The rows of a channel that row `y` of the picture lies between, the nearer one first; the same
 * twice at the edges. */
static void find_neighbours(const uint8_t **near, const uint8_t **far, const mer__planes *p,
                            int channel, int64_t y) {
  const int64_t height = mer__plane_height(p, channel), width = mer__plane_width(p, channel);
  const int64_t row = y >> 1;
  int64_t other = y & 1 ? row + 1 : row - 1;
  if (other < 0 || other >= height) other = row;
  *near = p->channels[channel] + row * width;
  *far = p->channels[channel] + other * width;
}

static void repeat(uint8_t *out, const mer__planes *p, int channel, int64_t y) {
  const uint8_t *from = p->channels[channel] + (y >> p->y_shift) * mer__plane_width(p, channel);
  for (int64_t x = 0; x < p->width; x++) out[x] = from[x >> p->x_shift];
}

/* Half the columns, all rows. */
static void halves_of_columns(uint8_t *out, const uint8_t *in, int64_t n_in, int64_t n) {
  for (int64_t x = 0; x < n; x++) {
    const int64_t k = x >> 1, other = x & 1 ? k + 1 : k - 1;
    const bool edge = other < 0 || other >= n_in;
    out[x] = (uint8_t)(edge ? in[k] : (3 * in[k] + in[other] + 1 + (x & 1)) >> 2);
  }
}

/* All columns, half the rows. */
static void halves_of_rows(uint8_t *out, const uint8_t *near, const uint8_t *far, int64_t n,
                           int64_t y) {
  for (int64_t x = 0; x < n; x++) out[x] = (uint8_t)((3 * near[x] + far[x] + 1 + (y & 1)) >> 2);
}

static void halves_of_both(uint8_t *out, const uint8_t *near, const uint8_t *far, int64_t n_in,
                           int64_t n) {
  for (int64_t x = 0; x < n; x++) {
    const int64_t k = x >> 1;
    int64_t other = x & 1 ? k + 1 : k - 1;
    if (other < 0 || other >= n_in) other = k;
    const int at = 3 * near[k] + far[k], beside = 3 * near[other] + far[other];
    out[x] = (uint8_t)((3 * at + beside + 8 - (x & 1)) >> 4);
  }
}

/* libwebp adds the four of a square with the weights 9, 3, 3, 1 in two steps, each rounded. */
static void webp_halves(uint8_t *out, const uint8_t *near, const uint8_t *far, int64_t n_in,
                        int64_t n) {
  for (int64_t x = 0; x < n; x++) {
    const int64_t k = x >> 1, other = x & 1 ? k + 1 : k - 1;
    if (other < 0 || other >= n_in) {
      out[x] = (uint8_t)((3 * near[k] + far[k] + 2) >> 2);
      continue;
    }
    const int sum = near[k] + near[other] + far[k] + far[other] + 8;
    const int middle = (sum + 2 * (near[other] + far[k])) >> 3;
    out[x] = (uint8_t)((middle + near[k]) >> 1);
  }
}

void mer__upsample_row(uint8_t *out, const mer__planes *p, int channel, int64_t y) {
  const int64_t n_in = mer__plane_width(p, channel), row = p->y_shift ? y >> 1 : y;
  const uint8_t *near, *far;
  const bool narrow = p->x_shift && n_in <= NARROW && p->kind != MER__COLOUR_WEBP;
  if (narrow || p->x_shift > 1 || p->y_shift > 1) {
    repeat(out, p, channel, y);
    return;
  }
  if (p->y_shift == 0) {
    halves_of_columns(out, p->channels[channel] + row * n_in, n_in, p->width);
    return;
  }
  find_neighbours(&near, &far, p, channel, y);
  if (p->x_shift == 0) halves_of_rows(out, near, far, p->width, y);
  else if (p->kind == MER__COLOUR_WEBP) webp_halves(out, near, far, n_in, p->width);
  else halves_of_both(out, near, far, n_in, p->width);
}
