/* shaped_cross_entropy.h: the cross entropy with what is done about rare classes and sure answers:
 * weights of the classes (Cui et al., "Class-balanced loss based on effective number of samples",
 * 2019), focus on what is not learned yet (Lin et al., "Focal loss for dense object detection",
 * 2017), logits adjusted by how frequent the classes are (Menon et al., "Long-tail learning via
 * logit adjustment", 2020), smoothed targets (Szegedy et al., 2015). In double precision within a
 * row. */
#ifndef MER_NN_SHAPED_CROSS_ENTROPY_H
#define MER_NN_SHAPED_CROSS_ENTROPY_H

#include <stdint.h>

/** Zeros: the cross entropy as it is. */
typedef struct mer__shape {
  double smoothing;     /* in 0 .. 1: so much of a row's targets is shared among all classes */
  double focus;         /* 0, or 1 and more: the power of 1 - prob */
  const float *weights; /* [classes] of a row by its targets; NULL: each counts 1 */
  const float *offsets; /* [classes] that are added to logits; NULL: none */
} mer__shape;

/** With z = logits + offsets, p = softmax(z), t = (1 - smoothing) targets + smoothing / classes and
 * w = sum(targets weights) of a row: the mean over the rows of
 * w sum(-t (1 - p)^focus log p). probs = p; they may be the logits.
 * probs, logits, targets: [rows, classes]. */
double mer__shaped_cross_entropy_forward(float *probs, const float *logits, const float *targets,
                                         int64_t rows, int64_t classes, const mer__shape *shape);

/** Of the mean, with g = focus (1 - p)^(focus - 1) p log p - (1 - p)^focus:
 * dlogits = w (t g - p sum(t g)) / rows. dlogits may be probs. */
void mer__shaped_cross_entropy_backward(float *dlogits, const float *probs, const float *targets,
                                        int64_t rows, int64_t classes, const mer__shape *shape);

#endif
