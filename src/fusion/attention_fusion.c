/* attention_fusion.c: the parts of an utterance are the rows that attention weighs. */
#include "fusion/attention_fusion.h"

#include <string.h>

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
  MER__CHECK(mer__attention_pool_begin(&s->pool, &fusion->pool, &s->rows.packing, pass, err));
  mer__attention_pool_forward(joint, fusion->width, NULL, &s->pool, &fusion->pool, values, pass);
cleanup:
  return status;
}

static mer_status backward(float *const *dvectors, const void *state, const mer__fusion *fusion,
                           const mer__branch *branches, const float *djoint, const mer__pass *pass,
                           mer_error *err) {
  const attention_state *s = state;
  const int64_t width = fusion->width, n_values = s->rows.n * width;
  const int64_t n_scratch = mer__attention_pool_scratch(&fusion->pool, s->rows.n);
  float *dvalues = mer__arena_alloc(pass->arena, (size_t)n_values + 1, sizeof(float));
  float *scratch = mer__arena_alloc(pass->arena, (size_t)n_scratch, sizeof(float));
  mer_status status = MER_OK;
  (void)branches;
  if (!dvalues || !scratch) return mer__fail_memory(err);
  memset(dvalues, 0, (size_t)n_values * sizeof *dvalues);
  mer__attention_pool_backward(dvalues, djoint, width, &s->pool, &fusion->pool, pass, scratch);
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
