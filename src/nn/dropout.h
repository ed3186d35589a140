/* dropout.h: dropout whose mask is a function of (seed, stream, element): the backward pass and a
 * resumed run make the same one anew, on any number of threads. */
#ifndef MER_NN_DROPOUT_H
#define MER_NN_DROPOUT_H

#include <stdint.h>

/** Each element is zeroed with probability `rate` in [0, 1), others are scaled by 1 / (1 - rate).
 * Rate 0 is the identity. Rates are rounded to 1/65536, and the scale belongs to the rounded one. A
 * `stream` is used for one tensor of one step. */
typedef struct mer__dropout {
  float rate;
  uint64_t seed, stream;
} mer__dropout;

/** y = x * keep / (1 - rate). The same call maps dy to dx. y may be x. */
void mer__dropout_apply(float *y, const float *x, int64_t n, const mer__dropout *dropout);

/** y = residual + x * keep / (1 - rate). y may be x or residual. dresidual is dy, and dx is
 * mer__dropout_apply of dy. */
void mer__dropout_add(float *y, const float *x, const float *residual, int64_t n,
                      const mer__dropout *dropout);

/** The factors keep / (1 - rate) of elements first .. first + n - 1. For kernels that apply them
 * themselves. */
void mer__dropout_factors(float *factors, int64_t first, int64_t n, const mer__dropout *dropout);

#endif
