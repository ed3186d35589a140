/* image_maps.c: values change their order, or nothing but where they begin is told. */
#include "layers/image_maps.h"

#include "base/error.h"
#include "nn/parallel.h"

float *mer__map_of_images(const float *const *images, mer__map in, int64_t channels,
                          mer__arena *arena) {
  const int64_t n = in.height * in.width, n_rows = in.n * in.height;
  float *maps = mer__arena_alloc(arena, (size_t)(in.n * n * channels), sizeof *maps);
  if (!maps) return NULL;
#pragma omp parallel for schedule(static) if (mer__shared(in.n * n >= MER__PARALLEL_MIN))
  for (int64_t r = 0; r < n_rows; r++) {
    const float *from = images[r / in.height] + r % in.height * in.width;
    float *to = maps + r * in.width * channels;
    for (int64_t x = 0; x < in.width; x++)
      for (int64_t c = 0; c < channels; c++) *to++ = from[c * n + x];
  }
  return maps;
}

mer_status mer__map_pack(mer__packing *images, mer__map map, mer__arena *arena, mer_error *err) {
  const int64_t n = map.height * map.width;
  int32_t *offsets = mer__arena_alloc(arena, (size_t)map.n + 1, sizeof *offsets);
  if (!offsets) return mer__fail_memory(err);
  for (int64_t i = 0; i <= map.n; i++) offsets[i] = (int32_t)(i * n);
  *images = (mer__packing){(int32_t)map.n, offsets};
  return MER_OK;
}

mer__pass mer__pass_of_part(const mer__pass *pass, bool trained) {
  mer__pass own = *pass;
  own.noise.training = pass->noise.training && trained;
  return own;
}
