/* image_maps.h: the two ends of a network of convolutions: from images to a map, and from the last
 * map to vectors, the means over its pixels. */
#ifndef MER_LAYERS_IMAGE_MAPS_H
#define MER_LAYERS_IMAGE_MAPS_H

#include "layers/pass.h"
#include "nn/packing.h"
#include "nn/patches.h"

/** Images [in.n], each [channels, height, width], as a map [in.n, height, width, channels] in the
 * arena; NULL: memory is out. */
float *mer__map_of_images(const float *const *images, mer__map in, int64_t channels,
                          mer__arena *arena);
/** The pixels of each image of a map, in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__map_pack(mer__packing *images, mer__map map, mer__arena *arena, mer_error *err);

/** The pass of a part that is trained or not: norms that are not use the statistics that they have.
 */
mer__pass mer__pass_of_part(const mer__pass *pass, bool trained);

#endif
