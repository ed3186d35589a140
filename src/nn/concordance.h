/* concordance.h: the concordance correlation coefficient (Lin, "A concordance correlation
 * coefficient to evaluate reproducibility", Biometrics 45, 1989) of values x and targets y,
 *   ccc = 2 cov(x, y) / (var(x) + var(y) + (mean(x) - mean(y))^2),
 * with the moments of the rows at hand, not of a sample of more (no n - 1); and 1 - ccc as a loss.
 */
#ifndef MER_NN_CONCORDANCE_H
#define MER_NN_CONCORDANCE_H

#include <stdint.h>

/** Moments of a column: means, variances, covariance. */
typedef struct mer__moments {
  double x, y, xx, yy, xy;
} mer__moments;

/** Of column `column` of values and targets [rows, columns], in two passes. */
mer__moments mer__moments_of(const float *values, const float *targets, int64_t rows,
                             int64_t columns, int64_t column);
/** The coefficient; 0 if values and targets are all the same number. */
double mer__concordance_of(const mer__moments *m);

/** The mean over the columns of 1 - ccc. A single row has no concordance: 1. */
double mer__concordance_forward(const float *values, const float *targets, int64_t rows,
                                int64_t columns);

/** Of the mean, with D the denominator of ccc and n rows:
 * dx = -2 ((y - mean(y)) - ccc (x - mean(y))) / (n D columns). dvalues may be values. */
void mer__concordance_backward(float *dvalues, const float *values, const float *targets,
                               int64_t rows, int64_t columns);

#endif
