/* weight_norm.h: weights as directions and magnitudes: Salimans and Kingma, "Weight normalization"
 * (2016), with a magnitude for each tap of a convolution, as wav2vec 2.0's positions have it
 * (torch.nn.utils.weight_norm with dim=2). */
#ifndef MER_NN_WEIGHT_NORM_H
#define MER_NN_WEIGHT_NORM_H

#include <stdint.h>

/** w = g v / |v|, |v| over rows and channels for each tap. w, v: [rows, taps, width], w may be v;
 * g, norms: [taps]. Uses all threads. */
void mer__weight_norm_forward(float *w, float *norms, const float *v, const float *g, int64_t rows,
                              int64_t taps, int64_t width);

/** With p the sum of dw v / |v| of a tap: dg += p, dv += g / |v| (dw - p v / |v|). Relative error
 * to finite differences below 2e-3. */
void mer__weight_norm_backward(float *dv, float *dg, const float *dw, const float *v,
                               const float *g, const float *norms, int64_t rows, int64_t taps,
                               int64_t width);

#endif
