/* attention_fusion.c: the parts of an utterance are the rows that attention weighs. */
#include "fusion/attention_fusion.h"

#include "base/error.h"
#include "fusion/part_rows.h"
#include "fusion/parts.h"

typedef struct attention_state {
  mer__parts parts;
  mer__part_rows rows;
  mer__attention_pool_state pool;
} attention_state;

static mer_status declare(mer__fusion *fusion, mer__params *params, const char *const *names,
                          mer_error *err) {
  fusion->width = fusion->projection_width;
  fusion->pool = (mer__attention_pool){.in = fusion->width, .hidden = fusion->width};
  mer_status status = mer__parts_declare(fusion, params, names, err);
  if (status != MER_OK) return status;
  return mer__attention_pool_declare(&fusion->pool, params, "attention", err);
}

static void init(const mer__fusion *fusion, mer__params *params, mer__rng *rng) {
  mer__parts_init(fusion, params, rng);
  mer__attention_pool_init(&fusion->pool, params, rng);
}

static mer_status forward(float *joint, void **state, const mer__fusion *fusion,
                          const mer__branch *branches, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  attention_state *s = *state = mer__arena_alloc(pass->arena, 1, sizeof *s);
  mer_status status;
  if (!s) return mer__fail_memory(err);
  MER__CHECK(mer__parts_forward(&s->parts, fusion, branches, pass, err));
  MER__CHECK(mer__part_rows_take(&s->rows, branches, fusion->n_modalities, n, pass->arena, err));
  float *values =
      mer__arena_alloc(pass->arena, (size_t)(s->rows.n * fusion->width) + 1, sizeof(float));
  if (!values) return mer__fail_memory(err);
  for (int m = 0; m < fusion->n_modalities; m++)
    mer__part_rows_scatter(values, &s->rows, m, s->parts.values[m], fusion->width);
  MER__CHECK(mer__attention_pool_forward(joint, &s->pool, &fusion->pool, values, &s->rows.packing,
                                         pass, err));
cleanup:
  return status;
}

static mer_status backward(float *const *dvectors, const void *state, const mer__fusion *fusion,
                           const mer__branch *branches, const float *djoint, const mer__pass *pass,
                           mer_error *err) {
  const attention_state *s = state;
  const int64_t width = fusion->width;
  float *dvalues = mer__arena_alloc(pass->arena, (size_t)(s->rows.n * width) + 1, sizeof(float));
  (void)branches;
  if (!dvalues) return mer__fail_memory(err);
  mer_status status =
      mer__attention_pool_backward(dvalues, djoint, &s->pool, &fusion->pool, pass, err);
  for (int m = 0; m < fusion->n_modalities && status == MER_OK; m++) {
    if (s->rows.n_present[m] == 0) continue;
    float *dpart =
        mer__arena_alloc(pass->arena, (size_t)(s->rows.n_present[m] * width), sizeof(float));
    if (!dpart) return mer__fail_memory(err);
    mer__part_rows_gather(dpart, &s->rows, m, dvalues, width);
    status = mer__part_backward(dvectors[m], &s->parts, fusion, m, dpart, pass, err);
  }
  return status;
}

const mer__fusion_type mer__fusion_attention = {
    .name = "attention",
    .projects = true,
    .declare = declare,
    .init = init,
    .forward = forward,
    .backward = backward,
};
