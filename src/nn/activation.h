/* activation.h: element-wise non-linearities. All may work in place: y == x, dx == dy. */
#ifndef MER_NN_ACTIVATION_H
#define MER_NN_ACTIVATION_H

#include <stdint.h>

typedef enum mer__activation_kind {
  MER__GELU,
  MER__GELU_TANH,
  MER__RELU,
} mer__activation_kind;

/** y = f(x), and dx = dy f'(x). */
void mer__activation_forward(mer__activation_kind kind, float *y, const float *x, int64_t n);
void mer__activation_backward(mer__activation_kind kind, float *dx, const float *dy, const float *x,
                              int64_t n);

/** y = x * P(x), P(x) = (1 + erf(x / sqrt(2))) / 2. Within 2e-7 * max(1, |x|) of the exact value.
 */
void mer__gelu_forward(float *y, const float *x, int64_t n);

/** The same for `columns` columns of rows that are `row` floats apart, by this thread. */
void mer__gelu_rows(float *y, const float *x, int64_t row, int64_t rows, int64_t columns);

/** dx = dy * (P(x) + x * exp(-x*x/2) / sqrt(2 pi)). The factor is within 4e-7 of the exact one. */
void mer__gelu_backward(float *dx, const float *dy, const float *x, int64_t n);

/** y = x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3): the approximation of GELU that
 * Hugging Face calls "gelu_new". Within 2e-7 * max(1, |x|) of the exact value. */
void mer__gelu_tanh_forward(float *y, const float *x, int64_t n);

/** dx = dy (s + x s (1 - s) 2 du/dx), s = (1 + tanh(u)) / 2. */
void mer__gelu_tanh_backward(float *dx, const float *dy, const float *x, int64_t n);

/** y = max(x, 0); NaN stays. */
void mer__relu_forward(float *y, const float *x, int64_t n);

/** dx = dy where the output y > 0, else 0; the input x in the place of y says the same. */
void mer__relu_backward(float *dx, const float *dy, const float *y, int64_t n);

/** y = tanh(x), and dx = dy (1 - y^2) of the output y; for a few rows, by this thread. */
void mer__tanh_forward(float *y, const float *x, int64_t n);
void mer__tanh_backward(float *dx, const float *dy, const float *y, int64_t n);

#endif
