/* resample_kernels.h: the filters of resampling. */
#ifndef MER_MEDIA_RESAMPLE_KERNELS_H
#define MER_MEDIA_RESAMPLE_KERNELS_H

#include <stddef.h>

#include "base/dispatch.h"

typedef struct mer__resample_kernels {
  /** out[0 .. n): blocks of `new` outputs each, from in[0 .. block_samples + blocks * orig). */
  void (*run_filters)(float *out, const float *in, const float *kernels, const int *offsets,
                      size_t n, size_t orig, size_t new, size_t taps);
} mer__resample_kernels;

MER__DECLARE_VERSIONS(mer__resample_kernels, mer__resample);

#endif
