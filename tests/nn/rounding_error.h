/* rounding_error.h: how large the rounding errors of convolutions of standard normal numbers are,
 * from the operations themselves: each rounding of a number of deviation s adds an independent
 * error of deviation s U, U = 2^-24 / sqrt(3). Of many thousand results none is further from the
 * exact one than ROUNDING_DEVIATIONS times that. */
#ifndef MER_TESTS_NN_ROUNDING_ERROR_H
#define MER_TESTS_NN_ROUNDING_ERROR_H

#include <math.h>

static const double ROUNDING_UNIT = 0x1p-24 / 1.7320508075688772, ROUNDING_DEVIATIONS = 6;

/** Of a sum of n products: its partial sums have the variances 1 .. n, and the products are rounded
 * at most once each. */
static inline double sum_deviation(double n) { return ROUNDING_UNIT * sqrt(n * (n + 3) / 2); }

/** Of F(4 x 4, 3 x 3) over `channels` channels, the pixel with the largest errors. With B, G and A
 * of Lavin and Gray (2016), a point (p, q) has transformed pixels of variance b_p b_q, where b_p is
 * the sum of the squares of row p of B, weights of g_p g_q, and their sum over the channels C times
 * the product of these. The transforms of a pixel and of a weight round at most 8 times each, the
 * product once, its sum as above, and the transform back at most 10 times. */
static inline double winograd_deviation(double channels) {
  static const double b[] = {42, 34, 34, 10, 10, 42};
  static const double g[] = {1 / 16.0, 1 / 12.0, 1 / 12.0, 21 / 576.0, 21 / 576.0, 1};
  static const double a[] = {0, 1, -1, 8, -8, 1}; /* the row of the largest numbers */
  double line = 0;
  for (int p = 0; p < 6; p++) line += a[p] * a[p] * g[p] * b[p];
  return ROUNDING_UNIT * line * sqrt(channels * (8 + 8 + 1 + (channels + 1) / 2 + 10));
}

/** Of the gradient of a weight of such a convolution, a sum over n squares, the weight with the
 * largest errors. A point (p, q) has transformed pixels as above and transformed gradients of
 * variance a_p a_q, where a_p is the sum of the squares of row p of A; g are the squares of the row
 * of G^T that makes the largest errors of the points. */
static inline double winograd_gradient_deviation(double n) {
  static const double b[] = {42, 34, 34, 10, 10, 42};
  static const double a[] = {1, 4, 4, 85, 85, 1};
  static const double g[] = {0, 1 / 36.0, 1 / 36.0, 1 / 36.0, 1 / 36.0, 1};
  double line = 0;
  for (int p = 0; p < 6; p++) line += g[p] * a[p] * b[p];
  return ROUNDING_UNIT * line * sqrt(n * (8 + 8 + 1 + (n + 1) / 2 + 10));
}

#endif
