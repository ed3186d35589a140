/* cross_entropy.h: softmax and the cross entropy of its classes with targets, which are
 * probabilities themselves (one label: 1 for it and 0 for the others), in double precision within a
 * row. */
#ifndef MER_NN_CROSS_ENTROPY_H
#define MER_NN_CROSS_ENTROPY_H

#include <stdint.h>

/** probs = softmax of each row of logits; returns the mean over the rows of the sums of
 * -target log prob. probs, logits, targets: [rows, classes], probs may be logits; the targets of a
 * row sum to 1. targets NULL: only the softmax, and 0 is returned. */
double mer__cross_entropy_forward(float *probs, const float *logits, const float *targets,
                                  int64_t rows, int64_t classes);

/** Of the mean: dlogits = (probs - targets) / rows. dlogits may be probs. */
void mer__cross_entropy_backward(float *dlogits, const float *probs, const float *targets,
                                 int64_t rows, int64_t classes);

#endif
