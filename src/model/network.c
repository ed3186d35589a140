/* network.c: a classifier of one or several modalities, forward and backward. */
#include "model/network.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Of one modality in one batch. */
typedef struct branch_state {
  int64_t n_present;
  int32_t *rows;  /* [n_present]: rows of the batch that have it */
  float *vectors; /* [n_present, width] */
  void *encoder;  /* the encoder's own state */
  float *output;  /* [n_present, its part of the head's input] */
  mer__mlp_state projection;
} branch_state;

struct mer__network_state {
  int64_t n;
  mer__noise noise;
  branch_state branches[MER_MAX_MODALITIES];
  mer__mlp_state head;
};

static int64_t branch_width(const mer__network *network, int m) {
  return network->projection_width ? network->projection_width : network->modalities[m].width;
}

/* Declares the modalities that have an encoder, or those that have none. */
static mer_status declare_modalities(mer__network *network, bool with_encoder, mer_error *err) {
  for (int m = 0; m < network->n_modalities; m++) {
    mer__modality *modality = &network->modalities[m];
    if (modality->type->has_encoder != with_encoder) continue;
    modality->first_param = network->params.n_items;
    mer_status status = modality->type->declare(modality, &network->params, err);
    if (status != MER_OK) return status;
    modality->last_param = network->params.n_items;
  }
  return MER_OK;
}

static mer_status declare_projections(mer__network *network, mer_error *err) {
  for (int m = 0; m < network->n_modalities && network->projection_width; m++) {
    char name[64];
    snprintf(name, sizeof name, "projection.%s", network->modalities[m].name);
    network->projections[m] =
        (mer__mlp){.n_layers = 1,
                   .widths = {network->modalities[m].width, network->projection_width},
                   .relu_last = true,
                   .index = 1 + m};
    mer_status status = mer__mlp_declare(&network->projections[m], &network->params, name, err);
    if (status != MER_OK) return status;
  }
  return MER_OK;
}

static mer_status declare_head(mer__network *network, mer_error *err) {
  mer__mlp *head = &network->head;
  *head = (mer__mlp){.n_layers = network->n_hidden + 1, .dropout = network->dropout};
  for (int m = 0; m < network->n_modalities; m++) head->widths[0] += branch_width(network, m);
  for (int i = 0; i < network->n_hidden; i++) head->widths[i + 1] = network->hidden[i];
  head->widths[head->n_layers] = network->n_labels;
  return mer__mlp_declare(head, &network->params, "head", err);
}

mer_status mer__network_build(mer__network *network, mer_error *err) {
  mer_status status;
  MER__CHECK(declare_modalities(network, false, err));
  MER__CHECK(declare_modalities(network, true, err));
  MER__CHECK(declare_projections(network, err));
  MER__CHECK(declare_head(network, err));
  MER__CHECK(mer__params_allocate(&network->params, err));
cleanup:
  return status;
}

int64_t mer__network_first_trainable(const mer__network *network) {
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (modality->type->has_encoder && !modality->frozen)
      return network->params.items[modality->first_param].offset;
  }
  return network->projection_width ? network->projections[0].weights[0] : network->head.weights[0];
}

void mer__network_init(mer__network *network, uint64_t seed) {
  enum { STREAM_INIT = 1 };
  mer__rng rng = {.seed = seed, .stream = STREAM_INIT};
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    mer__mlp_init(&network->projections[m], &network->params, &rng);
    if (!modality->standardized) continue;
    for (int64_t i = 0; i < modality->width; i++) {
      mer__value(&network->params, modality->mean)[i] = 0;
      mer__value(&network->params, modality->deviation)[i] = 1;
    }
  }
  mer__mlp_init(&network->head, &network->params, &rng);
}

void mer__network_clear(mer__network *network) {
  for (int m = 0; m < network->n_modalities; m++)
    if (network->modalities[m].type) network->modalities[m].type->clear(&network->modalities[m]);
  mer__params_clear(&network->params);
  *network = (mer__network){0};
}

/* The rows that have modality m, its vectors, and their projection. */
static mer_status branch_forward(branch_state *branch, const mer__network *network, int m,
                                 const mer__input *inputs, int64_t n, mer__arena *arena,
                                 const mer__noise *noise, mer_error *err) {
  const mer__modality *modality = &network->modalities[m];
  const mer__input **present = mer__arena_alloc(arena, (size_t)n, sizeof(const mer__input *));
  *branch = (branch_state){.rows = mer__arena_alloc(arena, (size_t)n, sizeof *branch->rows)};
  if (!present || !branch->rows) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    const mer__input *input = &inputs[i * network->n_modalities + m];
    if (!input->present) continue;
    present[branch->n_present] = input;
    branch->rows[branch->n_present++] = (int32_t)i;
  }
  if (branch->n_present == 0) return MER_OK;
  branch->vectors =
      mer__arena_alloc(arena, (size_t)(branch->n_present * modality->width), sizeof(float));
  if (!branch->vectors) return mer__fail_memory(err);
  mer_status status =
      modality->type->forward(branch->vectors, &branch->encoder, modality, &network->params,
                              present, branch->n_present, arena, noise, err);
  if (status != MER_OK) return status;
  branch->output = branch->vectors;
  if (network->projection_width)
    branch->output =
        mer__mlp_forward(&branch->projection, &network->projections[m], &network->params,
                         branch->vectors, branch->n_present, arena, noise);
  return branch->output ? MER_OK : mer__fail_memory(err);
}

/* Zeroes the branch's columns of the joint matrix in the rows that lack the modality. */
static void zero_absent(float *joint, const branch_state *branch, int64_t n, int64_t column,
                        int64_t width, int64_t total) {
  for (int64_t i = 0, next = 0; i < n; i++) {
    if (next < branch->n_present && branch->rows[next] == i) next++;
    else memset(joint + i * total + column, 0, (size_t)width * sizeof(float));
  }
}

/* Copies the branch's rows into (or, with `back`, out of) its columns of the joint matrix [n,
 * total]. */
static void place(float *joint, float *part, const branch_state *branch, int64_t column,
                  int64_t width, int64_t total, bool back) {
  for (int64_t i = 0; i < branch->n_present; i++) {
    float *there = joint + branch->rows[i] * total + column, *here = part + i * width;
    memcpy(back ? here : there, back ? there : here, (size_t)width * sizeof(float));
  }
}

mer_status mer__network_forward(float *logits, mer__network_state **state_out,
                                const mer__network *network, const mer__input *inputs, int64_t n,
                                mer__arena *arena, const mer__noise *noise, mer_error *err) {
  int64_t total = network->head.widths[0], column = 0;
  mer__network_state *state = mer__arena_alloc(arena, 1, sizeof *state);
  float *joint = mer__arena_alloc(arena, (size_t)(n * total), sizeof(float));
  if (!state || !joint) return mer__fail_memory(err);
  *state = (mer__network_state){.n = n, .noise = *noise};
  for (int m = 0; m < network->n_modalities; m++) {
    branch_state *branch = &state->branches[m];
    mer_status status = branch_forward(branch, network, m, inputs, n, arena, noise, err);
    if (status != MER_OK) return status;
    zero_absent(joint, branch, n, column, branch_width(network, m), total);
    place(joint, branch->output, branch, column, branch_width(network, m), total, false);
    column += branch_width(network, m);
  }
  const float *y =
      mer__mlp_forward(&state->head, &network->head, &network->params, joint, n, arena, noise);
  if (!y) return mer__fail_memory(err);
  memcpy(logits, y, (size_t)(n * network->n_labels) * sizeof(float));
  if (state_out) *state_out = state;
  return MER_OK;
}

static bool encoder_is_trained(const mer__modality *modality) {
  return modality->type->has_encoder && !modality->frozen;
}

/* From the gradient of the branch's part of the head's input to those of its parameters. */
static mer_status branch_backward(mer__network *network, const mer__network_state *state, int m,
                                  float *djoint, int64_t column, mer__arena *arena,
                                  mer_error *err) {
  const branch_state *branch = &state->branches[m];
  const mer__modality *modality = &network->modalities[m];
  int64_t width = branch_width(network, m), n = branch->n_present;
  bool trained = encoder_is_trained(modality);
  if (n == 0 || (!network->projection_width && !trained)) return MER_OK;
  float *doutput = mer__arena_alloc(arena, (size_t)(n * width), sizeof(float));
  float *dvectors =
      trained ? mer__arena_alloc(arena, (size_t)(n * modality->width), sizeof(float)) : NULL;
  if (!doutput || (trained && !dvectors)) return mer__fail_memory(err);
  place(djoint, doutput, branch, column, width, network->head.widths[0], true);
  if (network->projection_width) {
    mer_status status = mer__mlp_backward(dvectors, &network->projections[m], &branch->projection,
                                          &network->params, doutput, arena, &state->noise, err);
    if (status != MER_OK) return status;
  } else {
    dvectors = doutput;
  }
  if (!trained) return MER_OK;
  return modality->type->backward(modality, &network->params, branch->encoder, dvectors, arena,
                                  err);
}

mer_status mer__network_backward(mer__network *network, const mer__network_state *state,
                                 float *dlogits, mer__arena *arena, mer_error *err) {
  bool joint_needed = network->projection_width > 0;
  for (int m = 0; m < network->n_modalities; m++)
    joint_needed |= encoder_is_trained(&network->modalities[m]);
  float *djoint = NULL;
  if (joint_needed) {
    djoint = mer__arena_alloc(arena, (size_t)(state->n * network->head.widths[0]), sizeof(float));
    if (!djoint) return mer__fail_memory(err);
  }
  mer_status status = mer__mlp_backward(djoint, &network->head, &state->head, &network->params,
                                        dlogits, arena, &state->noise, err);
  int64_t column = 0;
  for (int m = 0; m < network->n_modalities && status == MER_OK && joint_needed; m++) {
    status = branch_backward(network, state, m, djoint, column, arena, err);
    column += branch_width(network, m);
  }
  return status;
}
