/* gated.c: gates and sums. With x the parts of an utterance, w the softmax over them of W x + b and
 * y the sum of w x: dx = w dy + W' da, and da = w dy (x - y). */
#include "fusion/gated.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "fusion/part_rows.h"
#include "fusion/parts.h"

typedef struct gated_state {
  mer__parts parts;
  mer__part_rows rows;
  mer__mlp_state gates[MER_MAX_MODALITIES];
  float *values, *weights; /* [n, width] of the rows */
  const float *joint;
} gated_state;

static mer_status declare(mer__fusion *fusion, mer__params *params, const char *const *names,
                          mer_error *err) {
  const int64_t width = fusion->width = fusion->projection_width;
  mer_status status = mer__parts_declare(fusion, params, names, err);
  for (int m = 0; m < fusion->n_modalities && status == MER_OK; m++) {
    char name[64];
    snprintf(name, sizeof name, "gate.%s", names[m]);
    fusion->scores[m] =
        (mer__mlp){.n_layers = 1, .widths = {width, width}, .index = 1 + MER_MAX_MODALITIES + m};
    status = mer__mlp_declare(&fusion->scores[m], params, name, err);
  }
  return status;
}

static void init(const mer__fusion *fusion, mer__params *params, mer__rng *rng) {
  mer__parts_init(fusion, params, rng);
  for (int m = 0; m < fusion->n_modalities; m++) mer__mlp_init(&fusion->scores[m], params, rng);
}

/* The n rows of w become their softmax in each column, and y the sum of the rows of x by it. */
static void mix(float *y, float *w, const float *x, int64_t n, int64_t width) {
  for (int64_t j = 0; j < width; j++) {
    float most = -INFINITY, sum = 0, mixed = 0;
    for (int64_t t = 0; t < n; t++) most = fmaxf(most, w[t * width + j]);
    for (int64_t t = 0; t < n; t++) sum += w[t * width + j] = expf(w[t * width + j] - most);
    for (int64_t t = 0; t < n; t++) mixed += (w[t * width + j] /= sum) * x[t * width + j];
    y[j] = mixed;
  }
}

/* x becomes dx by the sum alone, and w the gradient of what the gates gave. */
static void mix_backward(float *w, float *x, const float *y, const float *dy, int64_t n,
                         int64_t width) {
  for (int64_t t = 0; t < n; t++)
    for (int64_t j = 0; j < width; j++) {
      const int64_t i = t * width + j;
      const float through = w[i] * dy[j];
      w[i] = through * (x[i] - y[j]);
      x[i] = through;
    }
}

static mer_status gate_forward(gated_state *s, const mer__fusion *fusion, int m,
                               const mer__pass *pass, mer_error *err) {
  const int64_t n = s->rows.n_present[m];
  if (n == 0) return MER_OK;
  const float *gates =
      mer__mlp_forward(&s->gates[m], &fusion->scores[m], s->parts.values[m], n, pass);
  if (!gates) return mer__fail_memory(err);
  mer__part_rows_scatter(s->values, &s->rows, m, s->parts.values[m], fusion->width);
  mer__part_rows_scatter(s->weights, &s->rows, m, gates, fusion->width);
  return MER_OK;
}

static mer_status forward(float *joint, void **state, const mer__fusion *fusion,
                          const mer__branch *branches, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const int64_t width = fusion->width;
  gated_state *s = *state = mer__arena_alloc(pass->arena, 1, sizeof *s);
  mer_status status;
  if (!s) return mer__fail_memory(err);
  s->joint = joint;
  MER__CHECK(mer__parts_forward(&s->parts, fusion, branches, pass, err));
  MER__CHECK(mer__part_rows_take(&s->rows, branches, fusion->n_modalities, n, pass->arena, err));
  s->values = mer__arena_alloc(pass->arena, (size_t)(s->rows.n * width) + 1, sizeof(float));
  s->weights = mer__arena_alloc(pass->arena, (size_t)(s->rows.n * width) + 1, sizeof(float));
  if (!s->values || !s->weights) return mer__fail_memory(err);
  for (int m = 0; m < fusion->n_modalities; m++) MER__CHECK(gate_forward(s, fusion, m, pass, err));
  for (int64_t b = 0; b < n; b++) {
    const int64_t first = s->rows.packing.offsets[b];
    mix(joint + b * width, s->weights + first * width, s->values + first * width,
        s->rows.packing.offsets[b + 1] - first, width);
  }
cleanup:
  return status;
}

/* From what the sums gave of modality m, with its gate, to its vectors. */
static mer_status branch_backward(float *dvectors, const gated_state *s, const mer__fusion *fusion,
                                  int m, const mer__pass *pass, mer_error *err) {
  const int64_t size = s->rows.n_present[m] * fusion->width;
  float *dpart = mer__arena_alloc(pass->arena, (size_t)size, sizeof(float));
  float *dgate = mer__arena_alloc(pass->arena, (size_t)size, sizeof(float));
  float *through_gate = mer__arena_alloc(pass->arena, (size_t)size, sizeof(float));
  if (!dpart || !dgate || !through_gate) return mer__fail_memory(err);
  mer__part_rows_gather(dpart, &s->rows, m, s->values, fusion->width);
  mer__part_rows_gather(dgate, &s->rows, m, s->weights, fusion->width);
  mer_status status =
      mer__mlp_backward(through_gate, &fusion->scores[m], &s->gates[m], dgate, pass, err);
  if (status != MER_OK) return status;
  for (int64_t i = 0; i < size; i++) dpart[i] += through_gate[i];
  return mer__part_backward(dvectors, &s->parts, fusion, m, dpart, pass, err);
}

static mer_status backward(float *const *dvectors, const void *state, const mer__fusion *fusion,
                           const mer__branch *branches, const float *djoint, const mer__pass *pass,
                           mer_error *err) {
  const gated_state *s = state;
  const int64_t width = fusion->width;
  mer_status status = MER_OK;
  (void)branches;
  for (int32_t b = 0; b < s->rows.packing.n_utterances; b++) {
    const int64_t first = s->rows.packing.offsets[b];
    mix_backward(s->weights + first * width, s->values + first * width, s->joint + b * width,
                 djoint + b * width, s->rows.packing.offsets[b + 1] - first, width);
  }
  for (int m = 0; m < fusion->n_modalities && status == MER_OK; m++)
    if (s->rows.n_present[m] > 0) status = branch_backward(dvectors[m], s, fusion, m, pass, err);
  return status;
}

const mer__fusion_type mer__fusion_gated = {
    .name = "gated",
    .projects = true,
    .declare = declare,
    .init = init,
    .forward = forward,
    .backward = backward,
};
