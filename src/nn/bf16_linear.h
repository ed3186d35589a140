/* bf16_linear.h: the affine layer with products in bfloat16: both operands of each product are
 * rounded to the nearest bfloat16, ties to even, and the products are summed in f32, as in
 * PyTorch's autocast; but weights, activations and gradients themselves stay f32.
 *
 * Where the CPU multiplies bfloat16 (AVX512_BF16, AMX) oneDNN does it; elsewhere the rounded
 * operands go through the f32 product, which gives the same products, slower than f32. */
#ifndef MER_NN_BF16_LINEAR_H
#define MER_NN_BF16_LINEAR_H

#include <stdbool.h>
#include <stdint.h>

/** Whether the CPU multiplies bfloat16, as far as oneDNN is allowed to use it. */
bool mer__bf16_is_native(void);

/** Floats of scratch that both passes need. */
int64_t mer__bf16_linear_scratch(int64_t rows, int64_t in, int64_t out);

/** As mer__linear_forward. */
void mer__bf16_linear_forward(float *y, const float *x, const float *weight, const float *bias,
                              int64_t rows, int64_t in, int64_t out, float *scratch);

/** As mer__linear_backward. */
void mer__bf16_linear_backward(float *dx, float *dweight, float *dbias, const float *dy,
                               const float *x, const float *weight, int64_t rows, int64_t in,
                               int64_t out, float *scratch);

#endif
