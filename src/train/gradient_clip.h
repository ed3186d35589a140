/* gradient_clip.h: the square of the gradient's norm, and the factor that bounds the norm. */
#ifndef MER_TRAIN_GRADIENT_CLIP_H
#define MER_TRAIN_GRADIENT_CLIP_H

#include <stdint.h>

/** The sum of the squares of n elements, in double precision and in an order that does not depend
 * on the number of threads. */
double mer__gradient_square(const float *grad, int64_t n);

/** min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; NaN for a NaN norm. */
double mer__gradient_clip_factor(double norm, double max_norm);

#endif
