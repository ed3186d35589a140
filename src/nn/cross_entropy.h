/* cross_entropy.h: softmax and the cross entropy of its classes, in double precision within a row.
 */
#ifndef MER_NN_CROSS_ENTROPY_H
#define MER_NN_CROSS_ENTROPY_H

#include <stdint.h>

/** probs = softmax of each row of logits; returns the mean over the rows of -log probs[label].
 * probs, logits: [rows, classes], probs may be logits; labels: [rows] in 0 .. classes-1, or NULL:
 * only the softmax, and 0 is returned. */
double mer__cross_entropy_forward(float *probs, const float *logits, const int32_t *labels,
                                  int64_t rows, int64_t classes);

/** Of the mean: dlogits = (probs - onehot(label)) / rows. dlogits may be probs. */
void mer__cross_entropy_backward(float *dlogits, const float *probs, const int32_t *labels,
                                 int64_t rows, int64_t classes);

#endif
