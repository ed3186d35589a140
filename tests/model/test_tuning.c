/* test_tuning.c: the ways to fine-tune small random classifiers of text and sound against PyTorch
 * (tests/golden/make_tuning.py): rates that fall from layer to layer, frozen layers, adapters. */
#include "encoder/encoder_golden.h"
#include "model/checkpoint_config.h"
#include "model/family_files.h"
#include "train/optimizer.h"

enum { MAX_T = 17, STEPS = 5, N_LAYERS = 2 };

static const char *const TEXTS[] = {"bert", "mpnet"};
static const char *const SOUNDS[] = {"wav2vec2", "wavlm-large"};
enum { N_TEXTS = 2, N_KINDS = 4 };

/* A network that is about to be trained, and what PyTorch says of it. */
typedef struct fixture {
  golden_network g;
  int32_t ids[B * MAX_T], types[B * MAX_T];
  mer_safetensors *tuned;
} fixture;

/* A classifier of make_families.py; `g.model.network` holds how it is to be trained. */
static void open_text(fixture *f, const char *family) {
  golden_network *g = &f->g;
  mer__network *network = &g->model.network;
  mer__modality *text = &network->modalities[0];
  char folder[64];
  bool same_labels;
  mer_error err = {0};
  const mer__encoder_type *type;
  const mer__encoder_settings settings = {.folder = folder, .max_length = MAX_T};
  make_temporary_folder(folder);
  write_family(family, folder, NULL, NULL);
  g->expected = open_expected(family);
  static const char *const labels[] = {"joy", "anger", "fear", "neutral"};
  g->model.labels = (char **)(uintptr_t)labels;
  network->n_modalities = 1;
  network->n_labels = 4;
  network->checkpoint_head = true;
  network->fusion.type = mer__fusion_type_find("concat");
  assert_ok(mer__text_type_of_folder(&type, folder, &err));
  assert_ok(mer__model_adopt(&g->model, text, type, "text", &settings, &err));
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(mer__model_load_encoder(&g->model, text, folder, false, NULL, &err));
  assert_ok(mer__checkpoint_load_head(&same_labels, &g->model, folder, &err));
  assert_true(same_labels);
  remove_test_folder(folder);
  int32_t lengths[B];
  read_family_inputs(g->inputs, f->ids, f->types, lengths, g->expected, B, MAX_T);
  read_expected(g->labels, g->expected, "labels", B);
}

static void open_sound(fixture *f, const char *kind) {
  char folder[4096];
  snprintf(folder, sizeof folder, GOLDEN "wav2vec/%s", kind);
  const mer__encoder_settings settings = {.folder = folder, .layer_sum = true};
  golden_open(&f->g, folder, &settings, false, "samples", 1);
}

/* Network number `kind`, to be trained as `how` says. */
static fixture *open_kind(int kind, const mer__network *how) {
  fixture *f = calloc(1, sizeof *f);
  const char *name = kind < N_TEXTS ? TEXTS[kind] : SOUNDS[kind - N_TEXTS];
  char path[4096];
  mer_error err = {0};
  f->g.model.network = *how;
  if (kind < N_TEXTS) open_text(f, name);
  else open_sound(f, name);
  snprintf(path, sizeof path, GOLDEN "tuning/%s.safetensors", name);
  assert_ok(mer_safetensors_open(&f->tuned, path, &err));
  golden_train(&f->g);
  return f;
}

static void close_kind(fixture *f) {
  golden_close(&f->g);
  mer_safetensors_close(f->tuned);
  free(f);
}

/* Steps of AdamW have the losses `name`. */
static void expect_losses(fixture *f, const char *name) {
  mer__params *params = &f->g.model.network.params;
  const int64_t n = params->size - params->first_trained;
  const mer__adam adam = {1e-3, 0.9, 0.999, 1e-8, 0.01, true};
  float *m = calloc((size_t)n, sizeof *m), *v = calloc((size_t)n, sizeof *v), losses[STEPS + 1];
  mer__optimizer optimizer;
  mer_error err = {0};
  read_expected(losses, f->tuned, name, STEPS + 1);
  assert_ok(mer__optimizer_init(&optimizer, params, &f->g.compute, m, v, (mer__row_table){0}, 0,
                                STEPS + 1, &err));
  for (int step = 0; step <= STEPS; step++) {
    mer__optimizer_begin(&optimizer, &adam, step % 2);
    assert_near(golden_step(&f->g, NULL), losses[step], 1e-5);
    assert_ok(mer__optimizer_step(&optimizer, 1, &err));
  }
  mer__optimizer_clear(&optimizer);
  free(m);
  free(v);
}

static void rates_by_layer_are_pytorchs_groups(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    fixture *f = open_kind(kind, &(mer__network){.layer_decay = 0.5});
    expect_losses(f, "decay.losses");
    close_kind(f);
  }
}

static void frozen_layers_are_pytorchs(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    fixture *f =
        open_kind(kind, &(mer__network){.layer_decay = 0.5, .frozen_groups = MER__GROUP_LAYER + 1});
    const mer__params *params = &f->g.model.network.params;
    float *before = calloc((size_t)params->first_trained, sizeof *before);
    memcpy(before, params->values, (size_t)params->first_trained * sizeof *before);
    expect_losses(f, "frozen.losses");
    assert_memory_equal(before, params->values, (size_t)params->first_trained * sizeof *before);
    free(before);
    close_kind(f);
  }
}

/* Adapters with the values of make_tuning.py. */
static fixture *open_adapted(int kind) {
  fixture *f = open_kind(kind, &(mer__network){.adapter_rank = 3});
  mer__params *params = &f->g.model.network.params;
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->adapts < 0) continue;
    fill_weights(mer__value(params, (int64_t)i), p->name, 2, p->size);
  }
  return f;
}

static void adapters_are_pytorchs(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    fixture *f = open_adapted(kind);
    const mer__params *params = &f->g.model.network.params;
    const int64_t n_logits = B * f->g.model.network.n_labels;
    float logits[B * K], expected[B * K];
    golden_step(&f->g, logits);
    read_expected(expected, f->tuned, "lora.logits", n_logits);
    assert_near(max_difference(logits, expected, (size_t)n_logits), 0, 1e-5);
    for (size_t i = 0; i < params->n_items; i++) {
      const mer__param *p = &params->items[i];
      char name[256];
      if (p->adapts < 0) continue;
      snprintf(name, sizeof name, "lora.grad.%s", p->name);
      float *golden = malloc((size_t)p->size * sizeof *golden);
      read_expected(golden, f->tuned, name, p->size);
      assert_near(relative_error(mer__grad(params, (int64_t)i), golden, (size_t)p->size), 0, 1e-4);
      free(golden);
    }
    close_kind(f);
    f = open_adapted(kind);
    expect_losses(f, "lora.losses");
    close_kind(f);
  }
}

static void a_model_has_adapters_in_its_weights(void **state) {
  (void)state;
  for (int kind = N_TEXTS; kind < N_KINDS; kind++) {
    fixture *f = open_adapted(kind);
    golden_opens_again(&f->g);
    close_kind(f);
  }
}

/* Each number of adapters may be finite and their product not: what nobody could open is not
 * written. */
static void a_sum_that_overflows_is_not_written(void **state) {
  (void)state;
  char folder[64], path[128];
  mer_error err = {0};
  fixture *f = open_adapted(N_TEXTS);
  const mer__params *params = &f->g.model.network.params;
  for (size_t i = 0; i < params->n_items; i++)
    if (params->items[i].adapts >= 0) *mer__value(params, (int64_t)i) = 1e30f;
  make_temporary_folder(folder);
  assert_int_equal(mer__model_write(&f->g.model, params->values, folder, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "the trained parameters are not finite"));
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  assert_false(mer__path_is_there(path));
  remove_test_folder(folder);
  close_kind(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rates_by_layer_are_pytorchs_groups),
      cmocka_unit_test(frozen_layers_are_pytorchs),
      cmocka_unit_test(adapters_are_pytorchs),
      cmocka_unit_test(a_model_has_adapters_in_its_weights),
      cmocka_unit_test(a_sum_that_overflows_is_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
