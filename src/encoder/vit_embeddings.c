/* vit_embeddings.c: the patches of an image are rows of one product. The class token has a row of
 * zeros among them, so that the product's rows are the layers'. */
#include "encoder/vit_embeddings.h"

#include <string.h>

#include "base/error.h"
#include "layers/affine.h"
#include "nn/parallel.h"
#include "nn/rows.h"

static int64_t patches_in_a_row(const mer__vit_embeddings *e) {
  return e->image_size / e->patch_size;
}

int64_t mer__vit_embeddings_rows(const mer__vit_embeddings *e) {
  return patches_in_a_row(e) * patches_in_a_row(e) + 1;
}

static int64_t patch_values(const mer__vit_embeddings *e) {
  return e->n_channels * e->patch_size * e->patch_size;
}

mer_status mer__vit_embeddings_declare(mer__vit_embeddings *e, mer__params *params,
                                       mer_error *err) {
  const int64_t rows = mer__vit_embeddings_rows(e), size = e->patch_size;
  const int64_t of_token[] = {1, 1, e->hidden}, of_positions[] = {1, rows, e->hidden};
  const int64_t of_weight[] = {e->hidden, e->n_channels, size, size};
  e->class_token = mer__params_add(params, MER__VECTOR, e->hidden, 0, "embeddings.cls_token");
  e->positions =
      mer__params_add(params, MER__VECTOR, rows, e->hidden, "embeddings.position_embeddings");
  e->weight = mer__params_add(params, MER__LINEAR, e->hidden, patch_values(e),
                              "embeddings.patch_embeddings.projection.weight");
  e->bias = mer__params_add(params, MER__VECTOR, e->hidden, 0,
                            "embeddings.patch_embeddings.projection.bias");
  mer__params_set_file_shape(params, e->class_token, 3, of_token);
  mer__params_set_file_shape(params, e->positions, 3, of_positions);
  mer__params_set_file_shape(params, e->weight, 4, of_weight);
  const bool failed = e->class_token < 0 || e->positions < 0 || e->weight < 0 || e->bias < 0;
  return failed ? mer__params_fail(params, err) : MER_OK;
}

/* Patch number i of an image, in the order of the weight's columns. */
static void copy_patch(float *to, const mer__vit_embeddings *e, const float *image, int64_t i) {
  const int64_t size = e->image_size, patch = e->patch_size, n = patches_in_a_row(e);
  const float *from = image + i / n * patch * size + i % n * patch;
  for (int64_t c = 0; c < e->n_channels; c++, from += size * size)
    for (int64_t y = 0; y < patch; y++, to += patch)
      memcpy(to, from + y * size, (size_t)patch * sizeof *to);
}

static void copy_patches(float *to, const mer__vit_embeddings *e, const float *const *images,
                         int64_t n) {
  const int64_t rows = mer__vit_embeddings_rows(e), values = patch_values(e);
#pragma omp parallel for schedule(static) if (mer__shared(n * rows * values >= MER__PARALLEL_MIN))
  for (int64_t i = 0; i < n * rows; i++) {
    float *row = to + i * values;
    if (i % rows == 0) memset(row, 0, (size_t)values * sizeof *row);
    else copy_patch(row, e, images[i / rows], i % rows - 1);
  }
}

static mer__affine projection_of(const mer__vit_embeddings *e) {
  return (mer__affine){e->weight, e->bias, patch_values(e), e->hidden};
}

mer_status mer__vit_embeddings_forward(float *rows, float **patches, const mer__vit_embeddings *e,
                                       const float *const *images, int64_t n, const mer__pass *pass,
                                       mer_error *err) {
  const int64_t n_rows = mer__vit_embeddings_rows(e), size = n_rows * e->hidden;
  *patches =
      mer__arena_alloc(pass->arena, (size_t)(n * n_rows * patch_values(e)), sizeof **patches);
  if (!*patches) return mer__fail_memory(err);
  copy_patches(*patches, e, images, n);
  mer__affine_forward(rows, *patches, pass, projection_of(e), n * n_rows);
  for (int64_t i = 0; i < n; i++) {
    memcpy(rows + i * size, mer__value(pass->params, e->class_token),
           (size_t)e->hidden * sizeof *rows);
    mer__rows_scale_add(rows + i * size, mer__value(pass->params, e->positions), 1, size);
  }
  return MER_OK;
}

void mer__vit_embeddings_backward(float *drows, const float *patches, const mer__vit_embeddings *e,
                                  int64_t n, const mer__pass *pass) {
  const int64_t n_rows = mer__vit_embeddings_rows(e), size = n_rows * e->hidden;
  for (int64_t i = 0; i < n; i++) {
    float *of_token = drows + i * size;
    mer__rows_scale_add(mer__grad(pass->params, e->positions), of_token, 1, size);
    mer__rows_scale_add(mer__grad(pass->params, e->class_token), of_token, 1, e->hidden);
    memset(of_token, 0, (size_t)e->hidden * sizeof *of_token);
  }
  mer__affine_backward(NULL, drows, patches, pass, projection_of(e), n * n_rows);
}
