/* parts.c: projections of vectors. */
#include "fusion/parts.h"

#include <stdio.h>

#include "base/error.h"

int64_t mer__part_width(const mer__fusion *fusion, int m) {
  return fusion->projection_width ? fusion->projection_width : fusion->widths[m];
}

mer_status mer__parts_declare(mer__fusion *fusion, mer__params *params, const char *const *names,
                              mer_error *err) {
  for (int m = 0; m < fusion->n_modalities && fusion->projection_width; m++) {
    char name[64];
    snprintf(name, sizeof name, "projection.%s", names[m]);
    fusion->projections[m] = (mer__mlp){.n_layers = 1,
                                        .widths = {fusion->widths[m], fusion->projection_width},
                                        .active_last = true,
                                        .index = 1 + m};
    mer_status status = mer__mlp_declare(&fusion->projections[m], params, name, err);
    if (status != MER_OK) return status;
  }
  return MER_OK;
}

void mer__parts_init(const mer__fusion *fusion, mer__params *params, mer__rng *rng) {
  for (int m = 0; m < fusion->n_modalities; m++)
    mer__mlp_init(&fusion->projections[m], params, rng);
}

mer_status mer__parts_forward(mer__parts *parts, const mer__fusion *fusion,
                              const mer__branch *branches, const mer__pass *pass, mer_error *err) {
  for (int m = 0; m < fusion->n_modalities; m++) {
    const mer__branch *branch = &branches[m];
    parts->values[m] = branch->vectors;
    if (!fusion->projection_width || branch->n_present == 0) continue;
    parts->values[m] = mer__mlp_forward(&parts->projections[m], &fusion->projections[m],
                                        branch->vectors, branch->n_present, pass);
    if (!parts->values[m]) return mer__fail_memory(err);
  }
  return MER_OK;
}

mer_status mer__part_backward(float *dvectors, const mer__parts *parts, const mer__fusion *fusion,
                              int m, float *dpart, const mer__pass *pass, mer_error *err) {
  return mer__mlp_backward(dvectors, &fusion->projections[m], &parts->projections[m], dpart, pass,
                           err);
}
