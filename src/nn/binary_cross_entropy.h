/* binary_cross_entropy.h: the sigmoid of each score by itself, and its cross entropy with a target
 * in 0 .. 1 (several labels: 1 for each that is wanted), in double precision within a score. As
 * PyTorch's BCEWithLogitsLoss: the mean over rows and labels. */
#ifndef MER_NN_BINARY_CROSS_ENTROPY_H
#define MER_NN_BINARY_CROSS_ENTROPY_H

#include <stdint.h>

/** probs = 1 / (1 + exp(-logits)); returns the mean of -t log p - (1 - t) log(1 - p). probs,
 * logits, targets: [n], probs may be logits. */
double mer__binary_cross_entropy_forward(float *probs, const float *logits, const float *targets,
                                         int64_t n);

/** Of the mean: dlogits = (probs - targets) / n. dlogits may be probs. */
void mer__binary_cross_entropy_backward(float *dlogits, const float *probs, const float *targets,
                                        int64_t n);

#endif
