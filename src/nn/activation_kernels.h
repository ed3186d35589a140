/* activation_kernels.h: the functions of activation.h for a part of the elements. */
#ifndef MER_NN_ACTIVATION_KERNELS_H
#define MER_NN_ACTIVATION_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__activation_kernels {
  void (*gelu_forward)(float *y, const float *x, int64_t n);
  void (*gelu_rows)(float *y, const float *x, int64_t row, int64_t rows, int64_t columns);
  void (*gelu_backward)(float *dx, const float *dy, const float *x, int64_t n);
  void (*gelu_tanh_forward)(float *y, const float *x, int64_t n);
  void (*gelu_tanh_backward)(float *dx, const float *dy, const float *x, int64_t n);
  void (*relu_forward)(float *y, const float *x, int64_t n);
  void (*relu_backward)(float *dx, const float *dy, const float *y, int64_t n);
} mer__activation_kernels;

MER__DECLARE_VERSIONS(mer__activation_kernels, mer__activation);

#endif
