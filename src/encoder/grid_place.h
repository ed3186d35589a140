/* grid_place.h: values between those of a grid: places that lie between two neighbours, and beyond
 * the edge those of the edge. */
#ifndef MER_ENCODER_GRID_PLACE_H
#define MER_ENCODER_GRID_PLACE_H

#include <stdint.h>

/** A place between two of n things that lie in a row. */
typedef struct mer__place {
  int64_t first, second;
  float part; /* of the second */
} mer__place;

static inline mer__place mer__place_at(double x, int64_t n) {
  const double last = (double)(n - 1), at = x < 0 ? 0 : x > last ? last : x;
  const int64_t first = (int64_t)at;
  return (mer__place){first, first + 1 < n ? first + 1 : first, (float)(at - (double)first)};
}

/** Between four values of a grid [.., width]. */
static inline float mer__value_at(const float *grid, int64_t width, mer__place row,
                                  mer__place column) {
  const float *first = grid + row.first * width, *second = grid + row.second * width;
  const float one =
      first[column.first] + column.part * (first[column.second] - first[column.first]);
  const float other =
      second[column.first] + column.part * (second[column.second] - second[column.first]);
  return one + row.part * (other - one);
}

#endif
