/* concat.c: vectors side by side. */
#include "fusion/concat.h"

#include <string.h>

#include "base/error.h"
#include "fusion/parts.h"

static mer_status declare(mer__fusion *fusion, mer__params *params, const char *const *names,
                          mer_error *err) {
  fusion->width = 0;
  for (int m = 0; m < fusion->n_modalities; m++) fusion->width += mer__part_width(fusion, m);
  return mer__parts_declare(fusion, params, names, err);
}

/* Zeroes the branch's columns of the joint matrix in the rows that lack the modality. */
static void zero_absent(float *joint, const mer__branch *branch, int64_t n, int64_t column,
                        int64_t width, int64_t total) {
  for (int64_t i = 0, next = 0; i < n; i++) {
    if (next < branch->n_present && branch->rows[next] == i) next++;
    else memset(joint + i * total + column, 0, (size_t)width * sizeof(float));
  }
}

/* Copies the branch's rows into its columns of the joint matrix [n, total]. */
static void scatter(float *joint, const float *part, const mer__branch *branch, int64_t column,
                    int64_t width, int64_t total) {
  for (int64_t i = 0; i < branch->n_present; i++)
    memcpy(joint + branch->rows[i] * total + column, part + i * width,
           (size_t)width * sizeof(float));
}

/* Copies the branch's columns of the joint matrix [n, total] back into its rows. */
static void gather(float *part, const float *joint, const mer__branch *branch, int64_t column,
                   int64_t width, int64_t total) {
  for (int64_t i = 0; i < branch->n_present; i++)
    memcpy(part + i * width, joint + branch->rows[i] * total + column,
           (size_t)width * sizeof(float));
}

static mer_status forward(float *joint, void **state, const mer__fusion *fusion,
                          const mer__branch *branches, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  mer__parts *parts = *state = mer__arena_alloc(pass->arena, 1, sizeof *parts);
  if (!parts) return mer__fail_memory(err);
  mer_status status = mer__parts_forward(parts, fusion, branches, pass, err);
  if (status != MER_OK) return status;
  int64_t column = 0;
  for (int m = 0; m < fusion->n_modalities; m++) {
    const int64_t width = mer__part_width(fusion, m);
    zero_absent(joint, &branches[m], n, column, width, fusion->width);
    scatter(joint, parts->values[m], &branches[m], column, width, fusion->width);
    column += width;
  }
  return MER_OK;
}

/* Computes, from the gradient of branch m's columns, those of its vectors and of its projection. */
static mer_status branch_backward(float *dvectors, const mer__parts *parts,
                                  const mer__fusion *fusion, int m, const mer__branch *branch,
                                  const float *djoint, int64_t column, const mer__pass *pass,
                                  mer_error *err) {
  const int64_t width = mer__part_width(fusion, m);
  if (!fusion->projection_width) {
    if (dvectors) gather(dvectors, djoint, branch, column, width, fusion->width);
    return MER_OK;
  }
  float *dpart = mer__arena_alloc(pass->arena, (size_t)(branch->n_present * width), sizeof(float));
  if (!dpart) return mer__fail_memory(err);
  gather(dpart, djoint, branch, column, width, fusion->width);
  return mer__part_backward(dvectors, parts, fusion, m, dpart, pass, err);
}

static mer_status backward(float *const *dvectors, const void *state, const mer__fusion *fusion,
                           const mer__branch *branches, const float *djoint, const mer__pass *pass,
                           mer_error *err) {
  mer_status status = MER_OK;
  int64_t column = 0;
  for (int m = 0; m < fusion->n_modalities && status == MER_OK; m++) {
    if (branches[m].n_present > 0)
      status =
          branch_backward(dvectors[m], state, fusion, m, &branches[m], djoint, column, pass, err);
    column += mer__part_width(fusion, m);
  }
  return status;
}

const mer__fusion_type mer__fusion_concat = {
    .name = "concat",
    .declare = declare,
    .init = mer__parts_init,
    .forward = forward,
    .backward = backward,
};
