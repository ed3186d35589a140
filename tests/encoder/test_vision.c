/* test_vision.c: small vision transformers and residual networks of random weights: vectors,
 * logits, all gradients, running statistics and AdamW steps against transformers
 * (tests/golden/make_vision.py); batches, int8, model directories, configurations at fault. */
#include "copy_file.h"
#include "edit_weight.h"
#include "encoder/encoder_golden.h"
#include "model/family_files.h"

enum { H = 16, SIZE = 24, VALUES = 3 * SIZE * SIZE };

static const char *const KINDS[] = {"vit",        "resnet-basic", "resnet-bottleneck",
                                    "resnet-bin", "resnet-small", "cnn"};
enum { N_KINDS = sizeof KINDS / sizeof KINDS[0], VIT = 0, BASIC = 1, CNN = 5 };

static const char *folder_of(int kind) { return golden_folder("vision", KINDS[kind]); }

/* The first `n_frozen` layers, and what stands before them, are not trained; -1: all is. */
static golden_network *open_partly(int kind, int n_frozen) {
  golden_network *g = calloc(1, sizeof *g);
  const mer__encoder_settings settings = {.folder = folder_of(kind)};
  g->model.network.frozen_groups = n_frozen + MER__GROUP_LAYER;
  golden_open(g, settings.folder, &settings, false, "images", VALUES);
  return g;
}

static golden_network *open_network(int kind) { return open_partly(kind, -1); }

static void close_network(golden_network *g) {
  golden_close(g);
  free(g);
}

/* For each kind, with a fresh network. */
static void for_each(void check(int kind, golden_network *g)) {
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_network(kind);
    check(kind, g);
    close_network(g);
  }
}

static void check_vectors(int kind, golden_network *g) {
  mer_error err = {0};
  float vectors[B * H];
  for (int packed = 0; packed < 2; packed++) {
    if (packed) assert_ok(mer__network_pack(&g->model.network, &err));
    golden_encode(vectors, g, g->inputs, B);
    const double d = max_difference(vectors, golden_values(g, "vectors", B * H), B * H);
    if (!(d <= 5e-5)) fail_msg("%s: off by %g", KINDS[kind], d);
  }
}

static void vectors_equal_transformers(void **state) {
  (void)state;
  for_each(check_vectors);
}

/* The running statistics, too. */
static void check_gradients(int kind, golden_network *g) {
  const mer__params *params = &g->model.network.params;
  int n_buffers = 0;
  char name[256];
  golden_check_gradients(g);
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->role != MER__BUFFER) continue;
    if (p->counts) {
      assert_true(*mer__value(params, (int64_t)i) == 1);
      continue;
    }
    snprintf(name, sizeof name, "after.%s", p->name);
    assert_near(max_difference(mer__value(params, (int64_t)i), golden_values(g, name, p->size),
                               (size_t)p->size),
                0, 1e-5);
    n_buffers++;
  }
  assert_true((n_buffers > 0) == (kind != VIT));
}

static void gradients_equal_pytorch(void **state) {
  (void)state;
  for_each(check_gradients);
}

/* What is frozen keeps its bytes, running statistics too; the rest has the gradients that it has.
 */
static void frozen_layers_are_left_alone(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++)
    for (int n_frozen = kind == CNN; n_frozen < 2; n_frozen++) { /* a CNN has no stem */
      golden_network *g = open_partly(kind, n_frozen);
      mer_error err = {0};
      const mer__params *params = &g->model.network.params;
      const size_t n = (size_t)params->first_trained * sizeof(float);
      float *before = malloc(n);
      assert_true(n > 0);
      memcpy(before, params->values, n);
      assert_ok(mer__params_train(&g->model.network.params, &err));
      const network_batch batch = {&g->model.network, g->inputs, g->labels, B, &g->arena, NULL};
      const int64_t first = params->first_trained + params->n_buffers;
      g->model.network.params.first_trained = first; /* a buffer has no gradient */
      g->model.network.params.grads += params->n_buffers;
      assert_gradients(&batch, 61, 2e-3);
      g->model.network.params.grads -= params->n_buffers;
      assert_memory_equal(params->values, before, n);
      free(before);
      close_network(g);
    }
}

/* Of a ViT: those above its frozen layers, with values that are not zero. */
static void adapters_have_the_gradients_of_finite_differences(void **state) {
  (void)state;
  for (int n_frozen = -1; n_frozen < 2; n_frozen++) {
    golden_network *g = calloc(1, sizeof *g);
    mer__network *network = &g->model.network;
    const mer__encoder_settings settings = {.folder = folder_of(VIT)};
    network->frozen_groups = n_frozen + MER__GROUP_LAYER;
    network->adapter_rank = 2;
    golden_open(g, settings.folder, &settings, false, "images", VALUES);
    for (size_t i = 0; i < network->params.n_items; i++) {
      const mer__param *p = &network->params.items[i];
      if (p->adapts >= 0)
        fill_weights(mer__value(&network->params, (int64_t)i), p->name, 2, p->size);
    }
    golden_train(g);
    assert_gradients(&(network_batch){network, g->inputs, g->labels, B, &g->arena, NULL}, 7, 2e-3);
    golden_opens_again(g);
    close_network(g);
  }
}

/* Residual networks have no attention. */
static void adapters_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer__network network = {.n_modalities = 1, .adapter_rank = 2};
  const mer__encoder_settings settings = {.folder = folder_of(BASIC)};
  assert_ok(mer__modality_create(&network.modalities[0], mer__encoder_type_find("resnet"), &err));
  assert_ok(network.modalities[0].type->adopt(&network.modalities[0], &settings, &err));
  assert_int_equal(mer__network_build_encoders(&network, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "adapters"));
  mer__network_clear(&network);
}

static void check_steps(int kind, golden_network *g) {
  (void)kind;
  golden_check_steps(g, 5);
}

static void adamw_steps_equal_pytorch(void **state) {
  (void)state;
  for_each(check_steps);
}

/* A classifier of transformers opens as it is. */
static void check_classifier(int kind, golden_network *g) {
  mer_error err = {0};
  const mer__noise noise = {0};
  mer_model *model;
  float logits[B * K];
  assert_ok(mer_model_open(&model, folder_of(kind), &err));
  assert_string_equal(mer_model_kind(model), "image");
  assert_string_equal(mer_model_label(model, 2), "fear");
  assert_ok(
      mer__network_forward(logits, NULL, &model->network, g->inputs, B, &g->arena, &noise, &err));
  const double d = max_difference(logits, golden_values(g, "classifier.logits", B * K), B * K);
  if (!(d <= 5e-5)) fail_msg("%s: off by %g", KINDS[kind], d);
  mer_model_close(model);
}

static void classifiers_equal_transformers(void **state) {
  (void)state;
  for_each(check_classifier);
}

static void check_batch(int kind, golden_network *g) {
  float together[B * H], alone[H];
  (void)kind;
  golden_encode(together, g, g->inputs, B);
  for (int b = 0; b < B; b++) {
    golden_encode(alone, g, &g->inputs[b], 1);
    assert_near(max_difference(together + b * H, alone, H), 0, 2e-6);
  }
}

static void a_batch_equals_one_by_one(void **state) {
  (void)state;
  for_each(check_batch);
}

static void check_int8(int kind, golden_network *g) {
  mer_error err = {0};
  float exact[B * H], rounded[B * H];
  golden_encode(exact, g, g->inputs, B);
  assert_ok(mer__network_quantize(&g->model.network, false, &err));
  golden_encode(rounded, g, g->inputs, B);
  const double error = relative_error(rounded, exact, B * H);
  if (!(error < 0.03)) fail_msg("%s: relative error %g", KINDS[kind], error);
}

static void int8_is_close(void **state) {
  (void)state;
  for_each(check_int8);
}

static void check_directory(int kind, golden_network *g) {
  (void)kind;
  golden_opens_again(g);
}

static void model_directories_open_again(void **state) {
  (void)state;
  for_each(check_directory);
}

/* A configuration with one value exchanged is refused, and the message names what is wrong. */
static void check_fault(int kind, const char *key, json_t *value, mer_status expected,
                        const char *named) {
  mer__modality image = {0};
  mer_error err = {0};
  char path[4200];
  snprintf(path, sizeof path, "%s/config.json", folder_of(kind));
  json_t *config = json_load_file(path, 0, NULL);
  json_t *object =
      json_pack("{s:o, s:{s:s, s:{s:i, s:i}}}", "config", config, "preprocessor",
                "image_processor_type", "ViTImageProcessor", "size", "height", SIZE, "width", SIZE);
  const mer__encoder_type *type =
      mer__encoder_type_find(json_string_value(json_object_get(config, "model_type")));
  json_object_set_new(config, key, value);
  assert_ok(mer__modality_create(&image, type, &err));
  const mer_status status = type->parse(&image, object, object, ".", "config.json", &err);
  if (status != expected || !strstr(err.message, named))
    fail_msg("'%s': status %d, message %s", key, (int)status, err.message);
  mer__modality_clear(&image);
  json_decref(object);
}

static void configurations_at_fault_are_refused(void **state) {
  (void)state;
  check_fault(VIT, "hidden_size", json_integer(0), MER_STATUS_FORMAT, "hidden_size");
  check_fault(VIT, "hidden_size", json_integer(17), MER_STATUS_FORMAT, "num_attention_heads");
  check_fault(VIT, "num_hidden_layers", json_integer(1 << 20), MER_STATUS_FORMAT,
              "num_hidden_layers");
  check_fault(VIT, "patch_size", json_integer(25), MER_STATUS_FORMAT, "patch_size");
  check_fault(VIT, "image_size", json_integer(32), MER_STATUS_UNSUPPORTED, "24 x 24");
  check_fault(VIT, "image_size", json_string("large"), MER_STATUS_FORMAT, "image_size");
  check_fault(VIT, "num_channels", json_integer(1), MER_STATUS_UNSUPPORTED, "num_channels");
  check_fault(VIT, "qkv_bias", json_false(), MER_STATUS_UNSUPPORTED, "qkv_bias");
  check_fault(VIT, "qkv_bias", json_integer(0), MER_STATUS_FORMAT, "qkv_bias");
  check_fault(BASIC, "downsample_in_first_stage", json_integer(1), MER_STATUS_FORMAT,
              "downsample_in_first_stage");
  check_fault(BASIC, "downsample_in_bottleneck", json_string("yes"), MER_STATUS_FORMAT,
              "downsample_in_bottleneck");
  check_fault(VIT, "hidden_act", json_string("swish"), MER_STATUS_UNSUPPORTED, "hidden_act");
  check_fault(VIT, "layer_norm_eps", json_integer(-1), MER_STATUS_FORMAT, "layer_norm_eps");
  check_fault(BASIC, "depths", json_array(), MER_STATUS_FORMAT, "depths");
  check_fault(BASIC, "depths", json_pack("[i, i]", 1, 0), MER_STATUS_FORMAT, "depths");
  check_fault(BASIC, "depths", json_pack("[i, i]", 1, 100000), MER_STATUS_FORMAT, "depths");
  check_fault(BASIC, "hidden_sizes", json_pack("[i]", 8), MER_STATUS_FORMAT, "hidden_sizes");
  check_fault(BASIC, "hidden_sizes", json_pack("[i, s]", 8, "x"), MER_STATUS_FORMAT,
              "hidden_sizes");
  check_fault(BASIC + 1, "hidden_sizes", json_pack("[i, i]", 3, 8), MER_STATUS_FORMAT,
              "bottleneck");
  check_fault(BASIC, "embedding_size", json_null(), MER_STATUS_FORMAT, "embedding_size");
  check_fault(BASIC, "layer_type", json_string("plain"), MER_STATUS_UNSUPPORTED, "layer_type");
  check_fault(BASIC, "hidden_act", json_string("gelu"), MER_STATUS_UNSUPPORTED, "relu");
  check_fault(BASIC, "stem_kernel", json_integer(16), MER_STATUS_FORMAT, "stem_kernel");
  check_fault(BASIC, "stem_stride", json_integer(0), MER_STATUS_FORMAT, "stem_stride");
  check_fault(BASIC, "stem_pooling", json_integer(1), MER_STATUS_FORMAT, "stem_pooling");
  check_fault(CNN, "depths", json_array(), MER_STATUS_FORMAT, "depths");
  check_fault(CNN, "depths", json_pack("[i, i]", 1, 5), MER_STATUS_FORMAT, "depths");
  check_fault(CNN, "hidden_sizes", json_pack("[i]", 8), MER_STATUS_FORMAT, "hidden_sizes");
  check_fault(CNN, "dropout", json_integer(1), MER_STATUS_FORMAT, "dropout");
  check_fault(CNN, "depths", json_pack("[i, i, i, i, i]", 1, 1, 1, 1, 1), MER_STATUS_FORMAT,
              "hidden_sizes");
}

/* A running variance without a square root once epsilon is added. */
static void a_negative_variance_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  char folder[64], path[96];
  static const char *const names[] = {"config.json", "preprocessor_config.json",
                                      "model.safetensors"};
  const char *variance = "resnet.embedder.embedder.normalization.running_var";
  mer_encoder *encoder = NULL;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  for (int i = 0; i < 3; i++) copy_test_file(folder, folder_of(BASIC), names[i]);
  edit_weight_of(path, variance, -9e-6f);
  assert_ok(mer__encoder_open_any(&encoder, folder, &err));
  mer_encoder_close(encoder);
  edit_weight_of(path, variance, -1.1e-5f);
  assert_int_equal(mer__encoder_open_any(&encoder, folder, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "running_var': holds a variance below 0"));
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    unlink(path);
  }
  rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_equal_transformers),
      cmocka_unit_test(gradients_equal_pytorch),
      cmocka_unit_test(frozen_layers_are_left_alone),
      cmocka_unit_test(adapters_have_the_gradients_of_finite_differences),
      cmocka_unit_test(adapters_are_refused),
      cmocka_unit_test(adamw_steps_equal_pytorch),
      cmocka_unit_test(classifiers_equal_transformers),
      cmocka_unit_test(a_batch_equals_one_by_one),
      cmocka_unit_test(int8_is_close),
      cmocka_unit_test(model_directories_open_again),
      cmocka_unit_test(configurations_at_fault_are_refused),
      cmocka_unit_test(a_negative_variance_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
