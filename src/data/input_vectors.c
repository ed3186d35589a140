/* input_vectors.c: the rows that have a modality are encoded one after the other, and their vectors
 * are put in their places. */
#include "data/input_vectors.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "data/row_speakers.h"
#include "image/packed_image.h"

/* The rows that have the modality, in their order; the caller's. */
static mer__input *list_present(int64_t *n_present, const mer__inputs *inputs, int m) {
  mer__input *present = mer__calloc((size_t)inputs->n_rows, sizeof *present);
  *n_present = 0;
  for (int64_t row = 0; present && row < inputs->n_rows; row++) {
    const mer__input input = mer__inputs_of_row(inputs, m, row);
    if (input.present) present[(*n_present)++] = input;
  }
  return present;
}

mer_status mer__inputs_place_vectors(mer__inputs *inputs, const mer_model *model, int m,
                                     mer_error *err) {
  mer__column *column = &inputs->columns[m];
  if (!mer__modality_attends(&model->network.modalities[m])) return MER_OK;
  int64_t *first = mer__malloc((size_t)inputs->n_rows + 1, sizeof *first);
  if (!first) return mer__fail_memory(err);
  first[0] = 0;
  for (int64_t row = 0; row < inputs->n_rows; row++) {
    const mer__input input = mer__inputs_of_row(inputs, m, row);
    first[row + 1] = first[row] + (input.present ? mer__input_images(&input) : 0);
  }
  column->first_vectors = first;
  return MER_OK;
}

/* Each image of the rows that have the modality, as an input of its own; the caller's. */
static mer__input *list_images(const mer__inputs *inputs, int m) {
  const int64_t n_images = mer__inputs_n_vectors(inputs, m);
  mer__input *images = mer__calloc((size_t)n_images, sizeof *images), *next = images;
  for (int64_t row = 0; images && row < inputs->n_rows; row++) {
    mer__input rest = mer__inputs_of_row(inputs, m, row);
    while (rest.present && rest.length > 0) {
      *next = rest;
      next->length = mer__packed_words(rest.image, rest.length);
      rest.image += next->length;
      rest.length -= next++->length;
    }
  }
  return images;
}

/* Moves the vectors of the rows that are present, which lie one after the other, to their places;
 * the others are zeros. */
static void spread(float *vectors, int64_t width, int64_t n_present, const mer__inputs *inputs,
                   int m) {
  const size_t size = (size_t)width * sizeof *vectors;
  for (int64_t row = inputs->n_rows - 1; row >= 0; row--) {
    if (mer__inputs_of_row(inputs, m, row).present)
      memmove(vectors + row * width, vectors + --n_present * width, size);
    else memset(vectors + row * width, 0, size);
  }
}

mer_status mer__inputs_embed(mer__inputs *inputs, const mer_model *model, int m,
                             const mer_monitor *monitor, mer_error *err) {
  const int64_t width = mer__modality_frozen_width(&model->network.modalities[m]);
  const bool by_image = inputs->columns[m].first_vectors != NULL;
  const int64_t n_vectors = mer__inputs_n_vectors(inputs, m);
  int64_t n_present = n_vectors;
  mer__input *present = by_image ? list_images(inputs, m) : list_present(&n_present, inputs, m);
  char task[64];
  float *vectors = mer__malloc((size_t)(n_vectors * width), sizeof *vectors);
  snprintf(task, sizeof task, "vectors of %s", model->network.modalities[m].name);
  mer_status status = present && vectors ? mer__model_embed(vectors, model, m, present, n_present,
                                                            NULL, monitor, task, err)
                                         : mer__fail_memory(err);
  mer__free(present);
  if (status != MER_OK) {
    mer__free(vectors);
    return status;
  }
  if (!by_image) spread(vectors, width, n_present, inputs, m);
  mer__inputs_take_vectors(inputs, m, vectors, width);
  return MER_OK;
}

mer_status mer__inputs_embed_turns(mer__inputs *inputs, const mer_model *model,
                                   const mer_monitor *monitor, mer_error *err) {
  mer_status status = MER_OK;
  for (int m = 0; m < inputs->n_modalities && status == MER_OK; m++)
    if (inputs->columns[m].turns && !inputs->columns[m].vectors)
      status = mer__inputs_embed(inputs, model, m, monitor, err);
  return status;
}

/* The vectors of a modality with their speakers; `present` is the caller's. */
static mer_status find_spoken(mer__spoken_vectors *spoken, bool **present,
                              const mer__inputs *inputs, int m, mer_error *err) {
  *present = mer__malloc((size_t)inputs->n_rows, sizeof **present);
  if (!*present) return mer__fail_memory(err);
  for (int64_t row = 0; row < inputs->n_rows; row++)
    (*present)[row] = mer__inputs_of_row(inputs, m, row).present;
  *spoken = (mer__spoken_vectors){inputs->columns[m].vectors, inputs->n_rows,
                                  inputs->columns[m].width, inputs->speakers, *present};
  return MER_OK;
}

mer_status mer__inputs_fit_speakers(const mer__inputs *inputs, const mer_model *model, int m,
                                    mer_error *err) {
  mer__spoken_vectors spoken;
  float *mean, *deviation;
  bool *present;
  const mer__modality *modality = &model->network.modalities[m];
  modality->type->constants(&mean, &deviation, modality, &model->network.params);
  mer_status status = find_spoken(&spoken, &present, inputs, m, err);
  if (status == MER_OK) status = mer__speakers_fit(mean, deviation, &spoken, err);
  mer__free(present);
  return status;
}

mer_status mer__inputs_adapt_speakers(mer__inputs *inputs, const mer_model *model, int m,
                                      mer_error *err) {
  mer__spoken_vectors spoken;
  float *mean, *deviation;
  bool *present;
  const mer__modality *modality = &model->network.modalities[m];
  modality->type->constants(&mean, &deviation, modality, &model->network.params);
  mer_status status = find_spoken(&spoken, &present, inputs, m, err);
  if (status == MER_OK) status = mer__speakers_adapt(&spoken, mean, deviation, err);
  mer__free(present);
  return status;
}

bool mer__inputs_have_speakers(const mer__inputs *inputs) {
  bool any = false;
  for (int64_t row = 0; inputs->speakers && row < inputs->n_rows; row++)
    any |= inputs->speakers[row] >= 0;
  return any;
}

mer_status mer__inputs_embed_speakers(mer__inputs *inputs, const mer_model *model,
                                      const mer_monitor *monitor, mer_error *err) {
  mer_status status = MER_OK;
  if (!inputs->speakers)
    return mer__fail(err, MER_STATUS_INVALID,
                     "by speaker: the model was not trained so (mer train --by-speaker)");
  if (!mer__inputs_have_speakers(inputs))
    return mer__fail(err, MER_STATUS_INVALID, "by speaker: no row says who speaks");
  for (int m = 0; m < inputs->n_modalities && status == MER_OK; m++) {
    if (!model->network.modalities[m].by_speaker) continue;
    status = mer__inputs_embed(inputs, model, m, monitor, err);
    if (status == MER_OK) status = mer__inputs_adapt_speakers(inputs, model, m, err);
  }
  return status;
}
