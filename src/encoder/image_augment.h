/* image_augment.h: changes of images at random while training: mirrored, turned, shifted, larger or
 * smaller, brighter or darker, of more or less contrast, with a part erased (Zhong et al., "Random
 * erasing data augmentation", 2017). */
#ifndef MER_ENCODER_IMAGE_AUGMENT_H
#define MER_ENCODER_IMAGE_AUGMENT_H

#include <stdbool.h>

#include "base/rng.h"

/** What is done to one image. */
typedef struct mer__image_change {
  float x[3], y[3];          /* a pixel is read from x[0] + x[1] column + x[2] row, y alike */
  float contrast, light;     /* values are multiplied by one, and then the other is added */
  int64_t top, left;         /* what is erased */
  int64_t n_rows, n_columns; /* 0: nothing */
} mer__image_change;

void mer__image_change_draw(mer__image_change *change, int64_t height, int64_t width,
                            mer__rng *rng);
/** to [channels, height, width]: between pixels values are interpolated, and beyond the edge they
 * are those of the edge. What is erased is 0, the mean. */
void mer__image_change_apply(float *to, const mer__image_change *change, const float *from,
                             int64_t channels, int64_t height, int64_t width);

#endif
