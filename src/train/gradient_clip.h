/* gradient_clip.h: the gradient's norm, and the factor that bounds it. */
#ifndef MER_TRAIN_GRADIENT_CLIP_H
#define MER_TRAIN_GRADIENT_CLIP_H

#include <stdint.h>

/** The Euclidean norm of n elements, summed in double precision in an order that does not depend on
 * the number of threads. */
double mer__gradient_norm(const float *grad, int64_t n);

/** min(1, max_norm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; NaN for a NaN norm. */
double mer__gradient_clip_factor(double norm, double max_norm);

#endif
