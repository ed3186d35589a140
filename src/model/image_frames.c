/* image_frames.c: packed images to values, and means of vectors. */
#include "model/image_frames.h"

#include "base/error.h"
#include "image/packed_image.h"

static mer_status count(mer__frames *frames, const mer__input *const *inputs, int64_t n,
                        mer__arena *arena, mer_error *err) {
  *frames = (mer__frames){.n = n};
  frames->counts = mer__arena_alloc(arena, (size_t)n, sizeof *frames->counts);
  if (!frames->counts) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    const int64_t count = inputs[i]->vector ? 1 : mer__input_images(inputs[i]);
    frames->counts[i] = (int32_t)count;
    frames->total += count;
  }
  return MER_OK;
}

/* The next image of those that `rest` has yet, as an input of its own. */
static mer_status unpack_next(mer__input *out, mer__input *rest, const mer__modality *modality,
                              mer__arena *arena, mer_error *err) {
  const int64_t n_values = mer__image_n_values(modality->images);
  const int64_t n_words = mer__packed_words(rest->image, rest->length);
  float *values = mer__arena_alloc(arena, (size_t)n_values, sizeof *values);
  if (!values) return mer__fail_memory(err);
  *out = *rest;
  out->values = values;
  out->length = n_values;
  out->image = NULL;
  mer_status status = mer__image_unpack(values, modality->images, rest->image, n_words, err);
  rest->image += n_words;
  rest->length -= n_words;
  return status;
}

mer_status mer__frames_unpack(const mer__input *const **out, mer__frames *frames,
                              const mer__modality *modality, const mer__input *const *inputs,
                              int64_t n, mer__arena *arena, mer_error *err) {
  mer_status status = count(frames, inputs, n, arena, err);
  if (status != MER_OK) return status;
  const size_t total = (size_t)frames->total;
  const mer__input **unpacked = mer__arena_alloc(arena, total, sizeof(mer__input *));
  mer__input *copies = mer__arena_alloc(arena, total, sizeof *copies), *next = copies;
  if (!unpacked || !copies) return mer__fail_memory(err);
  for (size_t i = 0; i < total; i++) unpacked[i] = &copies[i];
  for (int64_t i = 0; i < n; i++) {
    mer__input rest = *inputs[i];
    if (!rest.image || rest.vector) *next++ = rest;
    else
      for (int32_t k = 0; k < frames->counts[i] && status == MER_OK; k++)
        status = unpack_next(next++, &rest, modality, arena, err);
    if (status != MER_OK) return status;
  }
  *out = unpacked;
  return MER_OK;
}

void mer__frames_mean(float *vectors, const float *of_images, const mer__frames *frames,
                      int64_t width) {
  for (int64_t i = 0; i < frames->n; i++, vectors += width) {
    const float scale = 1 / (float)frames->counts[i];
    for (int64_t c = 0; c < width; c++) vectors[c] = 0;
    for (int32_t k = 0; k < frames->counts[i]; k++, of_images += width)
      for (int64_t c = 0; c < width; c++) vectors[c] += of_images[c] * scale;
  }
}

void mer__frames_mean_backward(float *dof_images, const float *dvectors, const mer__frames *frames,
                               int64_t width) {
  for (int64_t i = 0; i < frames->n; i++, dvectors += width) {
    const float scale = 1 / (float)frames->counts[i];
    for (int32_t k = 0; k < frames->counts[i]; k++, dof_images += width)
      for (int64_t c = 0; c < width; c++) dof_images[c] = dvectors[c] * scale;
  }
}
