/* encoder_golden.h: a small network of one encoder from a golden directory, with the head Linear
 * 128, ReLU, Linear 7 on its vectors: what PyTorch says of it stands in expected.safetensors. */
#ifndef MER_TEST_ENCODER_GOLDEN_H
#define MER_TEST_ENCODER_GOLDEN_H

#include "encoder/encoder_type.h"
#include "model/model_state.h"
#include "model/network_gradients.h"
#include "test_support.h"
#include "train/adam.h"

enum { B = 5, K = 7 };

typedef struct golden_network {
  mer_model model;
  mer_safetensors *expected;
  mer__input inputs[B];
  int32_t labels[B];
  mer__arena arena;
  mer__compute compute;
} golden_network;

static inline const float *golden_values(const golden_network *g, const char *name, int64_t n) {
  const mer_tensor *tensor = mer_safetensors_find(g->expected, name);
  if (!tensor || tensor->n_elements != n)
    fail_msg("no tensor %s of %lld values", name, (long long)n);
  return tensor->data;
}

/** The folder `kind` of those that a script has made. */
static inline const char *golden_folder(const char *made, const char *kind) {
  static char folder[1024];
  snprintf(folder, sizeof folder, GOLDEN "%s/%s", made, kind);
  return folder;
}

/* The inputs' values lie one after the other in the tensor `values`. */
static inline void golden_inputs(golden_network *g, const char *values, int64_t frame_values) {
  int32_t lengths[B];
  memcpy(lengths, golden_values(g, "lengths", B), sizeof lengths);
  memcpy(g->labels, golden_values(g, "labels", B), sizeof g->labels);
  const float *at = mer_safetensors_find(g->expected, values)->data;
  for (int b = 0; b < B; b++) {
    g->inputs[b] = (mer__input){.present = true, .length = lengths[b] * frame_values, .values = at};
    at += g->inputs[b].length;
  }
}

/* The encoder from `folder`, and the inputs. */
static inline void golden_open(golden_network *g, const char *folder,
                               const mer__encoder_settings *settings, bool frozen,
                               const char *values, int64_t frame_values) {
  mer_error err = {0};
  char path[4200];
  mer__network *network = &g->model.network;
  mer__modality *audio = &network->modalities[0];
  const mer__encoder_type *type;
  snprintf(path, sizeof path, "%s/expected.safetensors", folder);
  assert_ok(mer_safetensors_open(&g->expected, path, &err));
  network->n_modalities = 1;
  network->n_labels = K;
  network->n_hidden = 1;
  network->hidden[0] = 128;
  network->fusion.type = mer__fusion_type_find("concat");
  assert_ok(mer__encoder_type_of_folder(&type, folder, &err));
  assert_ok(mer__model_adopt(&g->model, audio, type, "audio", settings, &err));
  audio->frozen = frozen;
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(mer__model_load_encoder(&g->model, audio, folder, false, NULL, &err));
  mer__params *params = &network->params;
  for (size_t i = audio->last_param; i < params->n_items; i++)
    memcpy(mer__value(params, (int64_t)i),
           golden_values(g, params->items[i].name, params->items[i].size),
           (size_t)params->items[i].size * sizeof(float));
  golden_inputs(g, values, frame_values);
}

static inline void golden_close(golden_network *g) {
  mer__network_clear(&g->model.network);
  mer__compute_clear(&g->compute);
  mer_safetensors_close(g->expected);
  mer__arena_clear(&g->arena);
}

/* The vectors [n, width] of `inputs` [n]. */
static inline void golden_encode(float *vectors, golden_network *g, const mer__input *inputs,
                                 int64_t n) {
  mer_error err = {0};
  mer__arena_reset(&g->arena);
  assert_ok(mer__network_encode(vectors, &g->model.network, 0, inputs, n, &g->arena, &err));
}

/* Written as a model directory and opened again, the encoder gives the same vectors: with its
 * weights packed as those of an opened model are, the same bits, unless there are adapters. */
static inline void golden_opens_again(golden_network *g) {
  static const char *const labels[K] = {"a", "b", "c", "d", "e", "f", "g"};
  static const char *const names[] = {"config.json", "model.safetensors",
                                      "preprocessor_config.json"};
  enum { MOST = 256 };
  char folder[64], path[128];
  mer_error err = {0};
  mer_model *opened;
  float before[MOST], after[MOST];
  const size_t n = B * (size_t)g->model.network.modalities[0].width;
  assert_true(n <= MOST);
  make_temporary_folder(folder);
  g->model.labels = (char **)(uintptr_t)labels;
  snprintf(g->model.kind, sizeof g->model.kind, "audio");
  golden_encode(before, g, g->inputs, B);
  assert_ok(mer__model_write(&g->model, g->model.network.params.values, folder, &err));
  assert_ok(mer_model_open(&opened, folder, &err));
  mer__arena_reset(&g->arena);
  assert_ok(mer__network_encode(after, &opened->network, 0, g->inputs, B, &g->arena, &err));
  assert_near(max_difference(before, after, n), 0, 1e-5);
  if (g->model.network.adapter_rank == 0) {
    assert_ok(mer__network_pack(&g->model.network, &err));
    golden_encode(before, g, g->inputs, B);
    assert_memory_equal(before, after, n * sizeof *after);
  }
  mer_model_close(opened);
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    assert_int_equal(remove(path), 0);
  }
  assert_int_equal(remove(folder), 0);
}

/* Gradients, and what they are computed in. */
static inline void golden_train(golden_network *g) {
  mer_error err = {0};
  mer__network *network = &g->model.network;
  int64_t n_rows = B;
  for (int b = 0; b < B; b++) n_rows += mer__modality_rows(&network->modalities[0], &g->inputs[b]);
  assert_ok(mer__params_train(&network->params, &err));
  assert_ok(mer__compute_init(&g->compute, &network->params, MER__PRODUCT_F32, n_rows, &err));
  network->compute = &g->compute;
}

/* The loss of the batch; its gradients are added. */
static inline double golden_step(golden_network *g, float *logits) {
  const network_batch batch = {&g->model.network, g->inputs, g->labels, B, &g->arena, logits};
  return batch_loss(&batch, true);
}

/* Logits and every gradient of the first step; the first parameters, which are not trained, have
 * none. */
static inline void golden_check_gradients(golden_network *g) {
  mer__params *params = &g->model.network.params;
  float logits[B * K];
  char name[256];
  mer_tensor *tensors = calloc(params->n_items, sizeof *tensors);
  float *reordered = malloc((size_t)mer__params_reordered_size(params) * sizeof *reordered + 1);
  golden_train(g);
  assert_near(golden_step(g, logits), *golden_values(g, "loss", 1), 1e-5);
  assert_near(max_difference(logits, golden_values(g, "logits", B * K), B * K), 0, 1e-4);
  float *grads = calloc((size_t)params->size, sizeof *grads);
  memcpy(grads + params->first_trained, params->grads,
         (size_t)(params->size - params->first_trained) * sizeof *grads);
  mer__params_tensors(tensors, reordered, params, grads);
  for (size_t i = 0; i < params->n_items; i++) {
    if (!params->items[i].trained || params->items[i].role == MER__BUFFER) continue;
    /* The gradient of a key's bias is 0 but for rounding. */
    if (strstr(tensors[i].name, "k_proj.bias") || strstr(tensors[i].name, "key.bias")) continue;
    snprintf(name, sizeof name, "grad.%s", tensors[i].name);
    const int64_t n = tensors[i].n_elements;
    const double error = relative_error(tensors[i].data, golden_values(g, name, n), (size_t)n);
    if (!(error <= 1e-4)) fail_msg("%s: relative error %g", name, error);
  }
  free(grads);
  free(reordered);
  free(tensors);
}

/* The losses of some steps of AdamW. */
static inline void golden_check_steps(golden_network *g, int n_steps) {
  mer__params *params = &g->model.network.params;
  golden_train(g);
  const int64_t first = params->first_trained + params->n_buffers, n = params->size - first;
  float *m = calloc((size_t)n, sizeof *m), *v = calloc((size_t)n, sizeof *v);
  const float *losses = golden_values(g, "losses", n_steps + 1);
  const mer__adam adam = {1e-3, 0.9, 0.999, 1e-8, 0.01, true};
  for (int step = 0; step <= n_steps; step++) {
    const mer__adam_step s = mer__adam_step_at(&adam, step + 1);
    assert_near(golden_step(g, NULL), losses[step], 1e-4);
    mer__adam_update(params->values + first, m, v, params->grads + params->n_buffers, n, &s, 1,
                     true);
  }
  free(m);
  free(v);
}

#endif
