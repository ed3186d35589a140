/* test_wav2vec.c: small wav2vec 2.0, HuBERT and WavLM, and large kinds, of random weights: means of
 * hidden states, logits, all gradients and AdamW steps against transformers
 * (tests/golden/make_wav2vec.py), both namings of weight norm; batches, short sound, frozen
 * vectors, int8, model directories, configurations at fault. */
#include "encoder/wav2vec.h"

#include "encoder/encoder_golden.h"
#include "encoder/wav2vec_stem.h"

enum { H = 16, DEPTHS = 3 };

static const char *const KINDS[] = {"wav2vec2", "wav2vec2-large", "hubert", "wavlm", "wavlm-large"};
enum { N_KINDS = sizeof KINDS / sizeof KINDS[0] };

static const char *folder_of(int kind) { return golden_folder("wav2vec", KINDS[kind]); }

static golden_network *open_network(int kind, bool frozen) {
  golden_network *g = calloc(1, sizeof *g);
  const mer__encoder_settings settings = {.folder = folder_of(kind), .layer_sum = true};
  golden_open(g, settings.folder, &settings, frozen, "samples", 1);
  return g;
}

/* Its layers are pooled by attention. */
static golden_network *open_attention(int kind) {
  golden_network *g = calloc(1, sizeof *g);
  const mer__encoder_settings settings = {
      .folder = folder_of(kind), .layer_sum = true, .pool = MER__POOL_ATTENTION};
  golden_open(g, settings.folder, &settings, false, "samples", 1);
  return g;
}

static void close_network(golden_network *g) {
  golden_close(g);
  free(g);
}

static void means_equal_transformers(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_network(kind, true);
    float means[B * DEPTHS * H];
    golden_encode(means, g, g->inputs, B);
    const float *expected = golden_values(g, "means", B * DEPTHS * H);
    const double d = max_difference(means, expected, B * DEPTHS * H);
    if (!(d <= 1e-4)) fail_msg("%s: off by %g", KINDS[kind], d);
    close_network(g);
  }
}

static void gradients_equal_pytorch(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_network(kind, false);
    golden_check_gradients(g);
    close_network(g);
  }
}

static void adamw_steps_equal_pytorch(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_network(kind, false);
    golden_check_steps(g, 5);
    close_network(g);
  }
}

static void classifiers_equal_transformers(void **state) {
  (void)state;
  mer_error err = {0};
  const mer__noise noise = {0};
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_network(kind, false);
    mer_model *model;
    float logits[B * K];
    assert_ok(mer_model_open(&model, folder_of(kind), &err));
    assert_ok(
        mer__network_forward(logits, NULL, &model->network, g->inputs, B, &g->arena, &noise, &err));
    const double d = max_difference(logits, golden_values(g, "classifier.logits", B * K), B * K);
    if (!(d <= 1e-4)) fail_msg("%s: off by %g", KINDS[kind], d);
    mer_model_close(model);
    close_network(g);
  }
}

/* Arousal, dominance and valence: real numbers, by Linear, tanh, Linear. */
static void values_equal_pytorch(void **state) {
  (void)state;
  enum { N_VALUES = 3 };
  mer_error err = {0};
  mer_model *model;
  mer_safetensors *expected;
  mer__arena arena = {0};
  mer__input inputs[B];
  int32_t lengths[B];
  const mer__noise noise = {0};
  float values[B * N_VALUES];
  assert_ok(mer_model_open(&model, GOLDEN "wav2vec/wav2vec2-values", &err));
  assert_ok(
      mer_safetensors_open(&expected, GOLDEN "wav2vec/wav2vec2-values/expected.safetensors", &err));
  memcpy(lengths, mer_safetensors_find(expected, "lengths")->data, sizeof lengths);
  const float *at = mer_safetensors_find(expected, "samples")->data;
  for (int b = 0; b < B; at += lengths[b++])
    inputs[b] = (mer__input){.present = true, .length = lengths[b], .values = at};
  assert_int_equal(mer_model_target(model), MER_TARGET_VALUES);
  assert_string_equal(mer_model_label(model, 2), "valence");
  assert_ok(mer__network_forward(values, NULL, &model->network, inputs, B, &arena, &noise, &err));
  const float *wanted = mer_safetensors_find(expected, "classifier.logits")->data;
  assert_near(max_difference(values, wanted, B * N_VALUES), 0, 1e-4);
  mer_model_close(model);
  mer_safetensors_close(expected);
  mer__arena_clear(&arena);
}

static void attention_has_the_gradients_of_finite_differences(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_attention(kind);
    golden_train(g);
    assert_gradients(&(network_batch){&g->model.network, g->inputs, g->labels, B, &g->arena, NULL},
                     101, 2e-3);
    close_network(g);
  }
}

static void a_batch_equals_one_by_one(void **state) {
  (void)state;
  for (int i = 0; i < 2 * N_KINDS; i++) {
    golden_network *g = i < N_KINDS ? open_network(i, false) : open_attention(i - N_KINDS);
    float all[B * H], one[H];
    golden_encode(all, g, g->inputs, B);
    for (int b = 0; b < B; b++) {
      golden_encode(one, g, &g->inputs[b], 1);
      assert_near(max_difference(all + b * H, one, H), 0, 1e-5);
    }
    close_network(g);
  }
}

/* A sound too short for a frame is extended with zeros, after it is standardized. */
static void the_shortest_sounds_have_a_frame(void **state) {
  (void)state;
  golden_network *g = open_network(2, false); /* which does not standardize */
  float samples[30] = {1, 2, 3}, short_one[H], extended[H];
  const mer__input inputs[] = {{.present = true, .length = 3, .values = samples},
                               {.present = true, .length = 30, .values = samples}};
  golden_encode(short_one, g, &inputs[0], 1);
  golden_encode(extended, g, &inputs[1], 1);
  assert_memory_equal(short_one, extended, sizeof extended);
  close_network(g);
}

static void int8_is_close(void **state) {
  (void)state;
  for (int kind = 0; kind < N_KINDS; kind++) {
    golden_network *g = open_network(kind, false);
    mer_error err = {0};
    float exact[B * H], rounded[B * H];
    golden_encode(exact, g, g->inputs, B);
    assert_ok(mer__network_quantize(&g->model.network, false, &err));
    golden_encode(rounded, g, g->inputs, B);
    const double error = relative_error(rounded, exact, B * H);
    if (!(error < 0.05)) fail_msg("%s: relative error %g", KINDS[kind], error);
    close_network(g);
  }
}

static void model_directories_open_again(void **state) {
  (void)state;
  for (int i = 0; i < 2 * N_KINDS; i++) {
    golden_network *g = i < N_KINDS ? open_network(i, false) : open_attention(i - N_KINDS);
    golden_opens_again(g);
    close_network(g);
  }
}

/* A configuration with values exchanged is refused, and the message names what is wrong. */
static void check_faults(const mer__encoder_type *type, json_t *values, mer_status expected,
                         const char *named) {
  mer__modality audio = {0};
  mer_error err = {0};
  char path[400];
  snprintf(path, sizeof path, GOLDEN "wav2vec/%s/config.json", type->name);
  json_t *config = json_load_file(path, 0, NULL);
  json_t *object = json_pack("{s:o, s:o}", "config", config, "features", json_object());
  json_object_update_new(config, values);
  assert_ok(mer__modality_create(&audio, type, &err));
  assert_int_equal(audio.type->parse(&audio, object, object, ".", "config.json", &err), expected);
  if (!strstr(err.message, named)) fail_msg("message without %s: %s", named, err.message);
  mer__modality_clear(&audio);
  json_decref(object);
}

static void check_fault(const char *key, json_t *value, mer_status expected, const char *named) {
  check_faults(&mer__encoder_wav2vec2, json_pack("{s:o}", key, value), expected, named);
}

/* Of the two files of a directory the one at fault is named. */
static void the_preprocessor_at_fault_is_named(void **state) {
  (void)state;
  static const char *const keys[] = {"do_normalize", "sampling_rate"};
  mer_error err = {0};
  char folder[64], path[128], bytes[8192];
  const mer__encoder_settings settings = {.folder = folder};
  make_temporary_folder(folder);
  for (int i = 0; i < 2; i++) {
    mer__modality audio = {0};
    FILE *from = fopen(GOLDEN "wav2vec/wav2vec2/config.json", "rb");
    const size_t n = fread(bytes, 1, sizeof bytes, from);
    fclose(from);
    snprintf(path, sizeof path, "%s/config.json", folder);
    assert_ok(mer_file_write(path, bytes, n, NULL, &err));
    snprintf(path, sizeof path, "%s/preprocessor_config.json", folder);
    snprintf(bytes, sizeof bytes, "{\"%s\": \"no\"}", keys[i]);
    assert_ok(mer_file_write(path, bytes, strlen(bytes), NULL, &err));
    assert_ok(mer__modality_create(&audio, &mer__encoder_wav2vec2, &err));
    assert_int_equal(audio.type->adopt(&audio, &settings, &err), MER_STATUS_FORMAT);
    snprintf(bytes, sizeof bytes, "%s: '%s' is not ", path, keys[i]);
    assert_int_equal(strncmp(err.message, bytes, strlen(bytes)), 0);
    mer__modality_clear(&audio);
  }
  remove_test_folder(folder);
}

static void configurations_at_fault_are_refused(void **state) {
  (void)state;
  const mer_status format = MER_STATUS_FORMAT, unsupported = MER_STATUS_UNSUPPORTED;
  check_fault("hidden_size", json_integer(15), format, "num_attention_heads");
  check_fault("num_conv_pos_embedding_groups", json_integer(3), format,
              "num_conv_pos_embedding_groups");
  check_fault("conv_dim", json_array(), format, "conv_dim");
  check_fault("conv_dim", json_pack("[i, i, i]", 8, 0, 8), format, "conv_dim");
  check_fault("conv_kernel", json_pack("[i, i]", 8, 8), format, "conv_kernel");
  check_fault("conv_kernel", json_pack("[i, i, s]", 8, 8, "many"), format, "conv_kernel");
  check_fault("conv_stride", json_pack("[i, i, i]", 11, 2, 2), format, "conv_stride");
  check_fault("conv_dim", json_integer(8), format, "conv_dim");
  check_fault("feat_extract_norm", json_string("batch"), unsupported, "group, layer");
  check_fault("feat_extract_activation", json_string("relu"), unsupported, "gelu");
  check_fault("hidden_act", json_string("swish"), unsupported, "hidden_act");
  check_fault("add_adapter", json_true(), unsupported, "add_adapter");
  check_fault("adapter_attn_dim", json_integer(16), unsupported, "adapter_attn_dim");
  check_fault("conv_pos_batch_norm", json_true(), unsupported, "conv_pos_batch_norm");
  check_fault("do_stable_layer_norm", json_integer(1), format, "do_stable_layer_norm");
  check_fault("conv_bias", json_string("true"), format, "conv_bias");
  check_fault("feat_proj_layer_norm", json_integer(0), format, "feat_proj_layer_norm");
  check_fault("add_adapter", json_integer(1), format, "add_adapter");
  check_fault("use_weighted_layer_sum", json_integer(1), format, "use_weighted_layer_sum");
  check_fault("apply_spec_augment", json_integer(0), format, "apply_spec_augment");
  check_fault("model_type", json_string("hubert"), unsupported, "wav2vec2");
  check_fault("num_conv_pos_embeddings", json_integer(1 << 30), format, "num_conv_pos_embeddings");
  check_faults(&mer__encoder_wavlm, json_pack("{s:i}", "num_buckets", 80), format,
               "'num_buckets' is 80, expected at least 4, and less than 4 times");
  check_faults(&mer__encoder_wavlm, json_pack("{s:i}", "num_buckets", 3), format, "'num_buckets'");
}

/* Opens the values' classifier of `folder` as a training does that keeps its head (`keeps`) or not,
 * or as a prediction; `mode` is its pooling_mode. */
static mer_status open_values(const char *folder, const char *mode, bool trains, bool keeps,
                              mer_error *err) {
  mer__modality audio = {0};
  char path[128];
  const mer__encoder_settings settings = {.folder = folder, .classifier = keeps};
  json_t *config = json_load_file(GOLDEN "wav2vec/wav2vec2-values/config.json", 0, NULL);
  json_t *object = json_object();
  json_object_set_new(config, "pooling_mode", json_loads(mode, JSON_DECODE_ANY, NULL));
  snprintf(path, sizeof path, "%s/config.json", folder);
  assert_int_equal(json_dump_file(config, path, 0), 0);
  assert_int_equal(mer__modality_create(&audio, &mer__encoder_wav2vec2, err), MER_OK);
  mer_status status = trains
                          ? audio.type->adopt(&audio, &settings, err)
                          : audio.type->parse(&audio, object, object, folder, "config.json", err);
  mer__modality_clear(&audio);
  json_decref(object);
  json_decref(config);
  return status;
}

/* The published code of such classifiers pools by the mean over time, or otherwise. That matters to
 * whoever uses their head. */
static void other_pooling_than_the_mean_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  char folder[64];
  const mer_status refused = MER_STATUS_UNSUPPORTED;
  make_temporary_folder(folder);
  for (int trains = 0; trains < 2; trains++) {
    assert_int_equal(open_values(folder, "\"sum\"", trains, true, &err), refused);
    assert_non_null(strstr(err.message, "'pooling_mode' is \"sum\""));
    assert_int_equal(open_values(folder, "\"max\"", trains, true, &err), refused);
    assert_int_equal(open_values(folder, "1", trains, true, &err), MER_STATUS_FORMAT);
    assert_ok(open_values(folder, "\"mean\"", trains, true, &err));
  }
  assert_ok(open_values(folder, "\"sum\"", true, false, &err));
  remove_test_folder(folder);
}

static json_t *filled(int n, int value) {
  json_t *list = json_array();
  for (int i = 0; i < n; i++) json_array_append_new(list, json_integer(value));
  return list;
}

/* A frame of more samples than a window has, or than a number can say: 16^16. */
static void frames_are_shorter_than_a_window(void **state) {
  (void)state;
  const int sizes[][2] = {{16, 16}, {5, 16}, {2, 700}};
  for (int i = 0; i < 3; i++) {
    const int n = sizes[i][0], size = sizes[i][1];
    check_faults(&mer__encoder_wav2vec2,
                 json_pack("{s:o, s:o, s:o}", "conv_dim", filled(n, 8), "conv_kernel",
                           filled(n, size), "conv_stride", filled(n, size)),
                 MER_STATUS_FORMAT, "a frame of more than 480000 samples");
  }
  mer__wav2vec_features f = {.n_layers = 2, .convs = {{.kernel = 600, .stride = 600}}};
  f.convs[1] = f.convs[0];
  assert_int_equal(mer__wav2vec_features_least(&f, MER__WAV2VEC_WINDOW), 360000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(means_equal_transformers),
      cmocka_unit_test(gradients_equal_pytorch),
      cmocka_unit_test(adamw_steps_equal_pytorch),
      cmocka_unit_test(classifiers_equal_transformers),
      cmocka_unit_test(values_equal_pytorch),
      cmocka_unit_test(attention_has_the_gradients_of_finite_differences),
      cmocka_unit_test(a_batch_equals_one_by_one),
      cmocka_unit_test(the_shortest_sounds_have_a_frame),
      cmocka_unit_test(int8_is_close),
      cmocka_unit_test(model_directories_open_again),
      cmocka_unit_test(configurations_at_fault_are_refused),
      cmocka_unit_test(other_pooling_than_the_mean_is_refused),
      cmocka_unit_test(frames_are_shorter_than_a_window),
      cmocka_unit_test(the_preprocessor_at_fault_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
