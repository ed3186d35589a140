/* network.c: a classifier of one or several modalities, forward and backward. */
#include "model/network.h"

#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "fusion/unimodal_rows.h"
#include "model/image_frames.h"

/* Of one modality in one batch: the encoder's own state. */
struct mer__network_state {
  int64_t n_inputs, n; /* rows of the batch; and with unimodal rows after them */
  mer__noise noise;
  mer__branch branches[MER_MAX_MODALITIES];
  mer__unimodal_rows unimodal[MER_MAX_MODALITIES]; /* empty, but for unimodal losses */
  float *logits; /* [n, K], which backward overwrites with their gradients */
  mer__frames frames[MER_MAX_MODALITIES]; /* of images */
  void *encoders[MER_MAX_MODALITIES], *fusion;
  mer__turn_state turns[MER_MAX_MODALITIES]; /* of modalities that have a layer over them */
  mer__mlp_state head;
};

static mer__pass pass_of(const mer__network *network, mer__arena *arena, const mer__noise *noise) {
  return (mer__pass){
      .params = &network->params, .compute = network->compute, .arena = arena, .noise = *noise};
}

/* The same for a modality: its own dropout, and none where it is frozen. */
static mer__pass encoder_pass(const mer__pass *pass, const mer__modality *modality) {
  mer__pass own = *pass;
  own.noise.first_site = modality->first_site;
  own.many_rows = modality->type->many_rows;
  own.noise.training = pass->noise.training && mer__modality_is_trained(modality);
  return own;
}

/* Vectors of inputs of images [n] that are present. */
static mer_status encode_images(float *vectors, void **state, mer__frames *frames,
                                const mer__modality *modality, const mer__input *const *inputs,
                                int64_t n, const mer__pass *pass, mer_error *err) {
  mer_status status = mer__frames_unpack(&inputs, frames, modality, inputs, n, pass->arena, err);
  if (status != MER_OK) return status;
  if (mer__frames_are_single(frames))
    return modality->type->forward(vectors, state, modality, inputs, n, pass, err);
  const int64_t total = mer__frames_total(frames);
  float *of_images =
      mer__arena_alloc(pass->arena, (size_t)(total * modality->width), sizeof(float));
  if (!of_images) return mer__fail_memory(err);
  status = modality->type->forward(of_images, state, modality, inputs, total, pass, err);
  if (status != MER_OK) return status;
  return mer__frames_join(vectors, of_images, frames, modality, pass, err);
}

/* The same of images whose vectors are known. */
static mer_status join_known(float *vectors, mer__frames *frames, const mer__modality *modality,
                             const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                             mer_error *err) {
  const float *of_images;
  mer_status status =
      mer__frames_gather(&of_images, frames, modality->width, inputs, n, pass->arena, err);
  if (status != MER_OK) return status;
  return mer__frames_join(vectors, of_images, frames, modality, pass, err);
}

/* Vectors of the inputs [n] of a modality that are present. */
static mer_status encode(float *vectors, void **state, mer__frames *frames,
                         const mer__modality *modality, const mer__input *const *inputs, int64_t n,
                         const mer__pass *pass, mer_error *err) {
  bool known = modality->frozen && !modality->type->encode_frozen;
  for (int64_t i = 0; i < n; i++) known = known && inputs[i]->vector;
  if (!known) {
    const mer__pass own = encoder_pass(pass, modality);
    if (modality->images)
      return encode_images(vectors, state, frames, modality, inputs, n, &own, err);
    return modality->type->forward(vectors, state, modality, inputs, n, &own, err);
  }
  if (mer__modality_attends(modality))
    return join_known(vectors, frames, modality, inputs, n, pass, err);
  for (int64_t i = 0; i < n; i++)
    memcpy(vectors + i * modality->width, inputs[i]->vector,
           (size_t)modality->width * sizeof *vectors);
  return MER_OK;
}

_Static_assert(MER_MAX_MODALITIES <= MER__ROW_WORDS, "a random number for each modality of a row");

/* Whether a training takes modality m of row i of the batch, whose inputs are `row`, away. What is
 * present is never taken away as a whole. */
static bool is_dropped(const mer__network *network, const mer__input *row, int64_t i, int m,
                       const mer__noise *noise) {
  if (!noise->training || network->modality_dropout == 0) return false;
  const double threshold = network->modality_dropout * 0x1p32;
  uint32_t words[MER__ROW_WORDS];
  bool some_left = false;
  mer__noise_row_words(words, noise, MER__SITE_DROPPED, i);
  for (int k = 0; k < network->n_modalities; k++)
    some_left |= row[k].present && words[k] >= threshold;
  return some_left && words[m] < threshold;
}

/* The vectors of the rows that have modality m, made from those of the turns up to each. */
static mer_status read_turns(mer__network_state *state, const mer__network *network, int m,
                             const mer__input *const *present, const mer__pass *pass,
                             mer_error *err) {
  const mer__modality *modality = &network->modalities[m];
  const mer__branch *branch = &state->branches[m];
  mer__packing packing;
  const mer__input **turns =
      mer__turn_layer_list(&packing, present, branch->n_present, pass->arena);
  if (!turns) return mer__fail_memory(err);
  const int64_t n_turns = packing.offsets[packing.n_utterances];
  float *x = mer__arena_alloc(pass->arena, (size_t)(n_turns * modality->width), sizeof *x);
  if (!x) return mer__fail_memory(err);
  mer_status status =
      encode(x, &state->encoders[m], &state->frames[m], modality, turns, n_turns, pass, err);
  if (status != MER_OK) return status;
  return mer__turn_layer_forward(branch->vectors, &state->turns[m], &network->turn_layers[m], x,
                                 &packing, pass, err);
}

/* The rows that have modality m, and their vectors. */
static mer_status branch_forward(mer__network_state *state, const mer__network *network, int m,
                                 const mer__input *inputs, int64_t n, const mer__pass *pass,
                                 mer_error *err) {
  mer__branch *branch = &state->branches[m];
  const mer__modality *modality = &network->modalities[m];
  const mer__input **present = mer__arena_alloc(pass->arena, (size_t)n, sizeof(const mer__input *));
  *branch = (mer__branch){.rows = mer__arena_alloc(pass->arena, (size_t)n, sizeof *branch->rows)};
  if (!present || !branch->rows) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    const mer__input *row = &inputs[i * network->n_modalities], *input = &row[m];
    if (!input->present || is_dropped(network, row, i, m, &pass->noise)) continue;
    present[branch->n_present] = input;
    branch->rows[branch->n_present++] = (int32_t)i;
  }
  if (branch->n_present == 0) return MER_OK;
  branch->vectors = mer__arena_alloc(
      pass->arena, (size_t)(branch->n_present * mer__network_width(network, m)), sizeof(float));
  if (!branch->vectors) return mer__fail_memory(err);
  if (modality->turns.lstm) return read_turns(state, network, m, present, pass, err);
  return encode(branch->vectors, &state->encoders[m], &state->frames[m], modality, present,
                branch->n_present, pass, err);
}

/* What the encoders make of inputs [n]. */
static mer_status encode_all(mer__network_state **out, const mer__network *network,
                             const mer__input *inputs, int64_t n, const mer__pass *pass,
                             mer_error *err) {
  mer__network_state *state = *out = mer__arena_alloc(pass->arena, 1, sizeof *state);
  mer_status status = MER_OK;
  if (!state) return mer__fail_memory(err);
  *state = (mer__network_state){.n_inputs = n, .n = n, .noise = pass->noise};
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++)
    status = branch_forward(state, network, m, inputs, n, pass, err);
  if (status != MER_OK || !network->unimodal || !pass->noise.training) return status;
  return mer__unimodal_rows_append(state->unimodal, state->branches, &state->n, &network->fusion,
                                   pass->arena, err);
}

/* From the vectors to the logits. */
static mer_status classify(float *logits, mer__network_state *state, const mer__network *network,
                           const mer__pass *pass, mer_error *err) {
  const mer__fusion *fusion = &network->fusion;
  const int64_t n = state->n;
  float *joint = mer__arena_alloc(pass->arena, (size_t)(n * fusion->width), sizeof(float));
  if (!joint) return mer__fail_memory(err);
  mer_status status =
      fusion->type->forward(joint, &state->fusion, fusion, state->branches, n, pass, err);
  if (status != MER_OK) return status;
  state->logits = joint;
  if (!fusion->type->gives_scores)
    state->logits = mer__mlp_forward(&state->head, &network->head, joint, n, pass);
  if (!state->logits) return mer__fail_memory(err);
  memcpy(logits, state->logits, (size_t)(state->n_inputs * network->n_labels) * sizeof(float));
  return MER_OK;
}

mer_status mer__network_forward(float *logits, mer__network_state **state_out,
                                const mer__network *network, const mer__input *inputs, int64_t n,
                                mer__arena *arena, const mer__noise *noise, mer_error *err) {
  const mer__pass pass = pass_of(network, arena, noise);
  mer__network_state *state;
  mer_status status;
  MER__CHECK(encode_all(&state, network, inputs, n, &pass, err));
  MER__CHECK(classify(logits, state, network, &pass, err));
  if (state_out) *state_out = state;
cleanup:
  return status;
}

mer_status mer__network_answer(float *logits, const mer__network *network, const mer__input *inputs,
                               int64_t n, bool without, mer__arena *arena, mer_error *err) {
  const mer__noise noise = {0};
  const mer__pass pass = pass_of(network, arena, &noise);
  mer__network_state *state;
  mer_status status;
  MER__CHECK(encode_all(&state, network, inputs, n, &pass, err));
  MER__CHECK(classify(logits, state, network, &pass, err));
  for (int m = 0; without && m < network->n_modalities; m++) {
    const mer__branch branch = state->branches[m];
    state->branches[m] = (mer__branch){.rows = branch.rows};
    MER__CHECK(classify(logits + (1 + m) * n * network->n_labels, state, network, &pass, err));
    state->branches[m] = branch;
  }
cleanup:
  return status;
}

mer__unimodal_logits mer__network_unimodal(const mer__network *network, mer__network_state *state,
                                           int m) {
  const mer__unimodal_rows *rows = &state->unimodal[m];
  return (mer__unimodal_logits){
      .n = rows->n, .of = rows->of, .logits = state->logits + rows->first * network->n_labels};
}

/* Whether something that makes the vectors of modality m is trained. */
static bool needs_dvectors(const mer__network *network, int m) {
  const mer__modality *modality = &network->modalities[m];
  return modality->turns.lstm || mer__modality_attends(modality) ||
         mer__modality_is_trained(modality);
}

/* Room for the gradients of the vectors that something before the fusion is trained by. */
static mer_status take_dvectors(float **dvectors, const mer__network *network,
                                const mer__network_state *state, mer__arena *arena,
                                mer_error *err) {
  for (int m = 0; m < network->n_modalities; m++) {
    const int64_t n = state->branches[m].n_present;
    if (n == 0 || !needs_dvectors(network, m)) continue;
    dvectors[m] =
        mer__arena_alloc(arena, (size_t)(n * mer__network_width(network, m)), sizeof(float));
    if (!dvectors[m]) return mer__fail_memory(err);
  }
  return MER_OK;
}

/* From the logits' gradient to that of the joint vector, which is made if it is needed. */
static mer_status head_backward(float **djoint, const mer__network *network,
                                const mer__network_state *state, float *dlogits, bool needed,
                                const mer__pass *pass, mer_error *err) {
  *djoint = dlogits;
  if (network->fusion.type->gives_scores) return MER_OK;
  *djoint = NULL;
  if (needed) {
    const size_t size = (size_t)(state->n * network->fusion.width);
    *djoint = mer__arena_alloc(pass->arena, size, sizeof(float));
    if (!*djoint) return mer__fail_memory(err);
  }
  return mer__mlp_backward(*djoint, &network->head, &state->head, dlogits, pass, err);
}

/* The gradients of the images of a modality, if it has several to an input; of a frozen encoder
 * none, as only attention over them is trained. */
static mer_status spread_to_images(const float **out, const mer__modality *modality,
                                   const mer__frames *frames, const float *dvectors,
                                   const mer__pass *pass, mer_error *err) {
  const bool trained = mer__modality_is_trained(modality);
  float *of_images = NULL;
  *out = dvectors;
  if (!modality->images || mer__frames_are_single(frames)) return MER_OK;
  if (trained) {
    const size_t n = (size_t)(mer__frames_total(frames) * modality->width);
    of_images = mer__arena_alloc(pass->arena, n, sizeof *of_images);
    if (!of_images) return mer__fail_memory(err);
  }
  *out = of_images;
  return mer__frames_join_backward(of_images, dvectors, frames, modality, pass, err);
}

/* From the gradients of the vectors of modality m to those of what makes them. */
static mer_status vectors_backward(const mer__network *network, const mer__network_state *state,
                                   int m, float *dvectors, const mer__pass *pass, mer_error *err) {
  const mer__modality *modality = &network->modalities[m];
  mer__unimodal_rows_backward(dvectors, &state->unimodal[m], mer__network_width(network, m));
  if (modality->turns.lstm)
    return mer__turn_layer_backward(dvectors, &state->turns[m], &network->turn_layers[m], pass,
                                    err);
  const mer__pass own = encoder_pass(pass, modality);
  const float *of_images;
  mer_status status =
      spread_to_images(&of_images, modality, &state->frames[m], dvectors, &own, err);
  if (status != MER_OK || !mer__modality_is_trained(modality)) return status;
  return modality->type->backward(modality, state->encoders[m], of_images, &own, err);
}

mer_status mer__network_backward(const mer__network *network, const mer__network_state *state,
                                 const float *dlogits, mer__arena *arena, mer_error *err) {
  const mer__pass pass = pass_of(network, arena, &state->noise);
  const mer__fusion *fusion = &network->fusion;
  float *dvectors[MER_MAX_MODALITIES] = {NULL}, *djoint = NULL;
  bool joint_needed = fusion->projection_width > 0;
  for (int m = 0; m < network->n_modalities; m++) joint_needed |= needs_dvectors(network, m);
  mer_status status = take_dvectors(dvectors, network, state, arena, err);
  if (status != MER_OK) return status;
  memcpy(state->logits, dlogits, (size_t)(state->n_inputs * network->n_labels) * sizeof(float));
  status = head_backward(&djoint, network, state, state->logits, joint_needed, &pass, err);
  if (status != MER_OK || !joint_needed) return status;
  status =
      fusion->type->backward(dvectors, state->fusion, fusion, state->branches, djoint, &pass, err);
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++)
    if (dvectors[m]) status = vectors_backward(network, state, m, dvectors[m], &pass, err);
  return status;
}

mer_status mer__network_encode(float *vectors, const mer__network *network, int m,
                               const mer__input *inputs, int64_t n, mer__arena *arena,
                               mer_error *err) {
  const mer__noise noise = {0};
  const mer__pass pass = pass_of(network, arena, &noise);
  const mer__input **pointers = mer__arena_alloc(arena, (size_t)n, sizeof(const mer__input *));
  mer__frames frames;
  void *state;
  if (!pointers) return mer__fail_memory(err);
  const mer__modality *modality = &network->modalities[m];
  for (int64_t i = 0; i < n; i++) pointers[i] = &inputs[i];
  if (modality->frozen && modality->type->encode_frozen) {
    const mer__pass own = encoder_pass(&pass, modality);
    return modality->type->encode_frozen(vectors, modality, pointers, n, &own, err);
  }
  return encode(vectors, &state, &frames, modality, pointers, n, &pass, err);
}
