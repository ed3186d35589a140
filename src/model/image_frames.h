/* image_frames.h: an input of images may have several, those of a video. Each is encoded by itself,
 * and the vector of the input is their mean, or attention over them makes it. */
#ifndef MER_MODEL_IMAGE_FRAMES_H
#define MER_MODEL_IMAGE_FRAMES_H

#include "encoder/modality.h"

/** How the images of a batch belong to its inputs. */
typedef struct mer__frames {
  mer__packing packing;                /* where the images of each input begin */
  mer__attention_pool_state attention; /* of a modality that has it, after mer__frames_join */
} mer__frames;

/** `*out` [images]: an input with the values of each packed image, in the arena; one whose vector
 * is known stays as it is. MER_STATUS_INTERNAL (what is packed is not an image),
 * MER_STATUS_NO_MEMORY. */
mer_status mer__frames_unpack(const mer__input *const **out, mer__frames *frames,
                              const mer__modality *modality, const mer__input *const *inputs,
                              int64_t n, mer__arena *arena, mer_error *err);

/** The vectors of images that inputs [n] have already, one after the other, `*of_images` [images,
 * width] in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__frames_gather(const float **of_images, mer__frames *frames, int64_t width,
                              const mer__input *const *inputs, int64_t n, mer__arena *arena,
                              mer_error *err);

/** Images of all inputs. */
static inline int64_t mer__frames_total(const mer__frames *frames) {
  return frames->packing.offsets[frames->packing.n_utterances];
}
/** Whether each input has one image: then its vector is that of the input, also by attention. */
static inline bool mer__frames_are_single(const mer__frames *frames) {
  return mer__frames_total(frames) == frames->packing.n_utterances;
}
/** vectors [n, width] of those of their images [images, width], which stay as they are until
 * backward: their means, or sums weighted by the attention of the modality. MER_STATUS_NO_MEMORY.
 */
mer_status mer__frames_join(float *vectors, const float *of_images, mer__frames *frames,
                            const mer__modality *modality, const mer__pass *pass, mer_error *err);
/** The gradient of that: dof_images [images, width], or NULL if the encoder is frozen; adds those
 * of the attention. Once for each join. MER_STATUS_NO_MEMORY. */
mer_status mer__frames_join_backward(float *dof_images, const float *dvectors,
                                     const mer__frames *frames, const mer__modality *modality,
                                     const mer__pass *pass, mer_error *err);

#endif
