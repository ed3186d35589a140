/* image_frames.h: an input of images may have several, those of a video. Each is encoded by itself,
 * and the vector of the input is their mean. */
#ifndef MER_MODEL_IMAGE_FRAMES_H
#define MER_MODEL_IMAGE_FRAMES_H

#include "encoder/modality.h"

/** How the images of a batch belong to its inputs. */
typedef struct mer__frames {
  int64_t n, total; /* inputs, and their images */
  int32_t *counts;  /* [n]: images of each */
} mer__frames;

/** `*out` [frames->total]: an input with the values of each packed image, in the arena; one whose
 * vector is known stays as it is. MER_STATUS_INTERNAL (what is packed is not an image),
 * MER_STATUS_NO_MEMORY. */
mer_status mer__frames_unpack(const mer__input *const **out, mer__frames *frames,
                              const mer__modality *modality, const mer__input *const *inputs,
                              int64_t n, mer__arena *arena, mer_error *err);

/** Whether each input has one image: then its vector is that of the input. */
static inline bool mer__frames_are_single(const mer__frames *frames) {
  return frames->total == frames->n;
}
/** vectors [n, width]: means of those of their images [total, width]. */
void mer__frames_mean(float *vectors, const float *of_images, const mer__frames *frames,
                      int64_t width);
/** The gradient of that: dof_images [total, width]. */
void mer__frames_mean_backward(float *dof_images, const float *dvectors, const mer__frames *frames,
                               int64_t width);

#endif
