/* int8_winograd.h: convolutions of 3 x 3 bytes, one apart, with a quarter of the products, as
 * winograd.h has them for f32. Here everything is a whole number: the points of a square of bytes
 * and those of the weights fit 16 bits, and what the products add up to is the result times 576.
 * So the sums are those of nn/int8_blocks.h, and the result has the same bits.
 *
 * All is counted modulo 2^32, where dividing by 9 is multiplying by its inverse; of the result
 * times 64 a sum keeps all bits, as it is below 2^25: see mer__int8_winograd_fits. */
#ifndef MER_NN_INT8_WINOGRAD_H
#define MER_NN_INT8_WINOGRAD_H

#include "nn/int8_blocks.h"
#include "nn/int8_rounding_kernels.h"
#include "nn/patches.h"

typedef struct mer__int8_winograd {
  const mer__int8_blocks *blocks;      /* the product that it takes the place of */
  const int16_t *weights;              /* by mer__int8_winograd_weights */
  const uint8_t *bytes;                /* [pixels of in, channels] */
  const mer__int8_rounding *roundings; /* of the images */
  mer__map in, out;                    /* in: mer__int8_winograd_map(out) */
  int64_t channels;
  int64_t *taken; /* 0 before, shared: the parts that threads have taken */
  void *scratch;  /* shared */
} mer__int8_winograd;

/** Whether a convolution with these weights can be computed so: whole panels, sums below 2^25, and
 * weights, which are eight times as many bytes, that are not too large. */
bool mer__int8_winograd_fits(const mer__int8_matrix *weight, int64_t channels);
/** Whether it pays for a map, with the instructions that are in use. */
bool mer__int8_winograd_pays(mer__map in);

/** Numbers of the transformed weights. */
int64_t mer__int8_winograd_size(int64_t channels, int64_t out);
/** Transforms a matrix in panels of [out, 3 * 3 * channels]. */
void mer__int8_winograd_weights(int16_t *to, const mer__int8_matrix *weight, int64_t channels);

/** The map of whole squares, and what stands around them, for a result. */
mer__map mer__int8_winograd_map(mer__map out);
/** Bytes of scratch. */
int64_t mer__int8_winograd_scratch(int64_t n_threads);
/** The part of thread number `thread` of n, which all call. */
void mer__int8_winograd_run(const mer__int8_winograd *w, int64_t thread, int64_t n_threads);

#endif
