/* input_vectors.c: the rows that have a modality are encoded one after the other, and their vectors
 * are put in their places. */
#include "data/input_vectors.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

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
  int64_t n_present;
  mer__input *present = list_present(&n_present, inputs, m);
  float *vectors = mer__malloc((size_t)(inputs->n_rows * width), sizeof *vectors);
  mer_status status = present && vectors ? mer__model_embed(vectors, model, m, present, n_present,
                                                            NULL, monitor, "embed", err)
                                         : mer__fail_memory(err);
  mer__free(present);
  if (status != MER_OK) {
    mer__free(vectors);
    return status;
  }
  spread(vectors, width, n_present, inputs, m);
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
