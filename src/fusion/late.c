/* late.c: scores of each modality, added. */
#include "fusion/late.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "fusion/parts.h"

typedef struct late_state {
  mer__parts parts;
  mer__mlp_state scores[MER_MAX_MODALITIES];
} late_state;

static mer_status declare(mer__fusion *fusion, mer__params *params, const char *const *names,
                          mer_error *err) {
  fusion->width = fusion->n_scores;
  mer_status status = mer__parts_declare(fusion, params, names, err);
  for (int m = 0; m < fusion->n_modalities && status == MER_OK; m++) {
    char name[64];
    snprintf(name, sizeof name, "scores.%s", names[m]);
    fusion->scores[m] = (mer__mlp){.n_layers = 1,
                                   .widths = {fusion->projection_width, fusion->n_scores},
                                   .dropout = fusion->dropout,
                                   .input_dropout = true,
                                   .index = 1 + MER_MAX_MODALITIES + m};
    status = mer__mlp_declare(&fusion->scores[m], params, name, err);
  }
  return status;
}

static void init(const mer__fusion *fusion, mer__params *params, mer__rng *rng) {
  mer__parts_init(fusion, params, rng);
  for (int m = 0; m < fusion->n_modalities; m++) mer__mlp_init(&fusion->scores[m], params, rng);
}

static mer_status forward(float *joint, void **state, const mer__fusion *fusion,
                          const mer__branch *branches, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const int64_t width = fusion->width;
  late_state *s = *state = mer__arena_alloc(pass->arena, 1, sizeof *s);
  if (!s) return mer__fail_memory(err);
  mer_status status = mer__parts_forward(&s->parts, fusion, branches, pass, err);
  if (status != MER_OK) return status;
  memset(joint, 0, (size_t)(n * width) * sizeof *joint);
  for (int m = 0; m < fusion->n_modalities; m++) {
    const mer__branch *branch = &branches[m];
    if (branch->n_present == 0) continue;
    const float *scores = mer__mlp_forward(&s->scores[m], &fusion->scores[m], s->parts.values[m],
                                           branch->n_present, pass);
    if (!scores) return mer__fail_memory(err);
    for (int64_t i = 0; i < branch->n_present; i++)
      for (int64_t k = 0; k < width; k++)
        joint[branch->rows[i] * width + k] += scores[i * width + k];
  }
  return MER_OK;
}

static mer_status branch_backward(float *dvectors, const late_state *s, const mer__fusion *fusion,
                                  int m, const mer__branch *branch, const float *djoint,
                                  const mer__pass *pass, mer_error *err) {
  const int64_t n = branch->n_present, width = fusion->width;
  float *dscores = mer__arena_alloc(pass->arena, (size_t)(n * width), sizeof(float));
  float *dpart =
      mer__arena_alloc(pass->arena, (size_t)(n * fusion->projection_width), sizeof(float));
  if (!dscores || !dpart) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++)
    memcpy(dscores + i * width, djoint + branch->rows[i] * width, (size_t)width * sizeof *dscores);
  mer_status status =
      mer__mlp_backward(dpart, &fusion->scores[m], &s->scores[m], dscores, pass, err);
  if (status != MER_OK) return status;
  return mer__part_backward(dvectors, &s->parts, fusion, m, dpart, pass, err);
}

static mer_status backward(float *const *dvectors, const void *state, const mer__fusion *fusion,
                           const mer__branch *branches, const float *djoint, const mer__pass *pass,
                           mer_error *err) {
  mer_status status = MER_OK;
  for (int m = 0; m < fusion->n_modalities && status == MER_OK; m++)
    if (branches[m].n_present > 0)
      status = branch_backward(dvectors[m], state, fusion, m, &branches[m], djoint, pass, err);
  return status;
}

const mer__fusion_type mer__fusion_late = {
    .name = "late",
    .projects = true,
    .gives_scores = true,
    .declare = declare,
    .init = init,
    .forward = forward,
    .backward = backward,
};
