/* image_frames.c: packed images to values, and the vectors of images to that of their input. */
#include "model/image_frames.h"

#include <string.h>

#include "base/error.h"
#include "image/packed_image.h"
#include "nn/rows.h"

/* Where the images of each input begin, or where their vectors do, if these are `known`. */
static mer_status place(mer__frames *frames, const mer__input *const *inputs, int64_t n, bool known,
                        mer__arena *arena, mer_error *err) {
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  if (!offsets) return mer__fail_memory(err);
  offsets[0] = 0;
  for (int64_t i = 0; i < n; i++) {
    const int64_t one = inputs[i]->vector ? 1 : mer__input_images(inputs[i]);
    offsets[i + 1] = offsets[i] + (int32_t)(known ? inputs[i]->n_vectors : one);
  }
  *frames = (mer__frames){.packing = {(int32_t)n, offsets}};
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
  mer_status status = place(frames, inputs, n, false, arena, err);
  if (status != MER_OK) return status;
  const size_t total = (size_t)mer__frames_total(frames);
  const mer__input **unpacked = mer__arena_alloc(arena, total, sizeof(mer__input *));
  mer__input *copies = mer__arena_alloc(arena, total, sizeof *copies), *next = copies;
  const int32_t *offsets = frames->packing.offsets;
  if (!unpacked || !copies) return mer__fail_memory(err);
  for (size_t i = 0; i < total; i++) unpacked[i] = &copies[i];
  for (int64_t i = 0; i < n; i++) {
    mer__input rest = *inputs[i];
    if (!rest.image || rest.vector) *next++ = rest;
    else
      for (int32_t k = offsets[i]; k < offsets[i + 1] && status == MER_OK; k++)
        status = unpack_next(next++, &rest, modality, arena, err);
    if (status != MER_OK) return status;
  }
  *out = unpacked;
  return MER_OK;
}

mer_status mer__frames_gather(const float **of_images, mer__frames *frames, int64_t width,
                              const mer__input *const *inputs, int64_t n, mer__arena *arena,
                              mer_error *err) {
  mer_status status = place(frames, inputs, n, true, arena, err);
  if (status != MER_OK) return status;
  const int32_t *offsets = frames->packing.offsets;
  float *rows = mer__arena_alloc(arena, (size_t)(offsets[n] * width), sizeof *rows);
  if (!rows) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++)
    memcpy(rows + offsets[i] * width, inputs[i]->vector,
           (size_t)(inputs[i]->n_vectors * width) * sizeof *rows);
  *of_images = rows;
  return MER_OK;
}

static void join_means(float *vectors, const float *of_images, const mer__packing *packing,
                       int64_t width) {
  for (int32_t i = 0; i < packing->n_utterances; i++, vectors += width) {
    const int32_t first = packing->offsets[i], last = packing->offsets[i + 1];
    memset(vectors, 0, (size_t)width * sizeof *vectors);
    for (int32_t k = first; k < last; k++)
      mer__rows_scale_add(vectors, of_images + k * width, 1 / (float)(last - first), width);
  }
}

static void join_means_backward(float *dof_images, const float *dvectors,
                                const mer__packing *packing, int64_t width) {
  for (int32_t i = 0; i < packing->n_utterances; i++, dvectors += width) {
    const int32_t first = packing->offsets[i], last = packing->offsets[i + 1];
    for (int32_t k = first; k < last; k++)
      mer__rows_scale_add(dof_images + k * width, dvectors, 1 / (float)(last - first), width);
  }
}

mer_status mer__frames_join(float *vectors, const float *of_images, mer__frames *frames,
                            const mer__modality *modality, const mer__pass *pass, mer_error *err) {
  const mer__attention_pool *pool = &modality->frames;
  if (!mer__modality_attends(modality)) {
    join_means(vectors, of_images, &frames->packing, modality->width);
    return MER_OK;
  }
  mer_status status =
      mer__attention_pool_begin(&frames->attention, pool, &frames->packing, pass, err);
  if (status == MER_OK)
    mer__attention_pool_forward(vectors, pool->in, NULL, &frames->attention, pool, of_images, pass);
  return status;
}

mer_status mer__frames_join_backward(float *dof_images, const float *dvectors,
                                     const mer__frames *frames, const mer__modality *modality,
                                     const mer__pass *pass, mer_error *err) {
  const mer__attention_pool *pool = &modality->frames;
  const int64_t total = mer__frames_total(frames), width = modality->width;
  if (dof_images) memset(dof_images, 0, (size_t)(total * width) * sizeof *dof_images);
  if (!mer__modality_attends(modality)) {
    join_means_backward(dof_images, dvectors, &frames->packing, width);
    return MER_OK;
  }
  float *scratch = mer__arena_alloc(pass->arena, (size_t)mer__attention_pool_scratch(pool, total),
                                    sizeof *scratch);
  if (!scratch) return mer__fail_memory(err);
  mer__attention_pool_backward(dof_images, dvectors, width, &frames->attention, pool, pass,
                               scratch);
  return MER_OK;
}
