/* unimodal_rows.c: rows with one modality alone. */
#include "fusion/unimodal_rows.h"

#include <string.h>

#include "base/error.h"

mer_status mer__unimodal_rows_append(mer__unimodal_rows *unimodal, mer__branch *branches,
                                     int64_t *n, const mer__fusion *fusion, mer__arena *arena,
                                     mer_error *err) {
  for (int m = 0; m < fusion->n_modalities; m++) {
    mer__branch *branch = &branches[m];
    const int64_t n_present = branch->n_present, size = n_present * fusion->widths[m];
    unimodal[m] = (mer__unimodal_rows){.n = n_present, .first = *n, .of = branch->rows};
    if (n_present == 0) continue;
    int32_t *rows = mer__arena_alloc(arena, (size_t)(2 * n_present), sizeof *rows);
    float *vectors = mer__arena_alloc(arena, (size_t)(2 * size), sizeof *vectors);
    if (!rows || !vectors) return mer__fail_memory(err);
    memcpy(rows, branch->rows, (size_t)n_present * sizeof *rows);
    for (int64_t i = 0; i < n_present; i++) rows[n_present + i] = (int32_t)(*n + i);
    memcpy(vectors, branch->vectors, (size_t)size * sizeof *vectors);
    memcpy(vectors + size, branch->vectors, (size_t)size * sizeof *vectors);
    *branch = (mer__branch){.n_present = 2 * n_present, .rows = rows, .vectors = vectors};
    *n += n_present;
  }
  return MER_OK;
}

void mer__unimodal_rows_backward(float *dvectors, const mer__unimodal_rows *unimodal,
                                 int64_t width) {
  const float *second = dvectors + unimodal->n * width;
  for (int64_t i = 0; i < unimodal->n * width; i++) dvectors[i] += second[i];
}
