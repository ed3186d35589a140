/* test_turn_reading.c: the turns of utterances are encoded once, and as those of rows are; the
 * table of their vectors gives what was put in, and forgets what was used least recently. */
#include "model/turn_reading.h"

#include "encoder/encoder_type.h"
#include "test_support.h"

enum { PAST = 3, WIDE = 64 };

static int open_model(void **state) {
  mer_model *model = calloc(1, sizeof *model);
  mer_error err = {0};
  mer__network *network = &model->network;
  const mer__encoder_settings settings = {
      .folder = GOLDEN "bert", .max_length = 64, .turns = {.past = PAST, .lstm = true}};
  network->n_modalities = 1;
  network->n_labels = 3;
  network->fusion.type = mer__fusion_type_find("concat");
  assert_ok(mer__model_adopt(model, &network->modalities[0], mer__encoder_type_find("bert"), "text",
                             &settings, &err));
  network->modalities[0].frozen = true;
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(
      mer__model_load_encoder(model, &network->modalities[0], settings.folder, false, NULL, &err));
  *state = model;
  return 0;
}

static int close_model(void **state) {
  mer_model *model = *state;
  mer__network_clear(&model->network);
  free(model);
  return 0;
}

static mer_turn turn_of(const char *text) {
  return (mer_turn){.text = text, .text_size = text ? strlen(text) : 0};
}

/* The vector of a text by itself. */
static void embed(float *vector, const mer_model *model, const char *text) {
  const mer__modality *modality = &model->network.modalities[0];
  mer_tokens tokens = {0};
  mer__input input;
  mer_error err = {0};
  assert_ok(
      modality->type->tokenize(&input, &tokens, modality, text, strlen(text), NULL, NULL, &err));
  assert_ok(mer__model_embed(vector, model, 0, &input, 1, NULL, NULL, "test", &err));
  mer_tokens_clear(&tokens);
}

static void expect_vector(const mer__input *input, const mer_model *model, const char *text) {
  float expected[WIDE];
  const int64_t width = model->network.modalities[0].width;
  assert_true(width <= WIDE);
  embed(expected, model, text);
  assert_near(max_difference(input->vector, expected, (size_t)width), 0, 1e-6);
}

/* The last PAST turns of each, those without a text and the ones that are too long left out; a text
 * that is said twice is encoded once, and no more when the cache has it, until that is made to
 * forget. */
static void a_text_is_encoded_once(void **state) {
  const mer_model *model = *state;
  static char endless[20001];
  memset(endless, 'a', sizeof endless - 1);
  const mer_turn past[] = {turn_of("too old"), turn_of("what a day"), turn_of("go on"),
                           turn_of("what a day")};
  const mer_turn odd[] = {turn_of(NULL), turn_of(" "), turn_of(endless)};
  const mer_context contexts[] = {{.past = past, .n_past = 4}, {.past = odd, .n_past = 3}};
  mer__input inputs[3] = {{.present = true}, {.present = true}, {.present = true}};
  const mer__turn_request requests[] = {{&inputs[0], "go on", 5, &contexts[0]},
                                        {&inputs[1], "no", 2, &contexts[1]},
                                        {&inputs[2], "what a day", 10, NULL}};
  mer__turn_cache *cache;
  mer__turn_reading reading = {0};
  mer_error err = {0};
  assert_ok(mer__turn_cache_create(&cache, model->network.modalities[0].width, &err));
  for (int round = 0; round < 4; round++) {
    mer__turn_cache *used = round < 3 ? cache : NULL;
    if (round == 2) mer__turn_cache_forget(cache);
    assert_ok(mer__turn_reading_find(&reading, model, 0, requests, 3, used, &err));
    assert_int_equal(reading.n_distinct, round == 1 ? 0 : 3);
    assert_ok(mer__turn_reading_encode(&reading, model, 0, used, NULL, &err));
    assert_int_equal(inputs[0].n_past, 3);
    expect_vector(&inputs[0].past[0], model, "what a day");
    expect_vector(&inputs[0].past[1], model, "go on");
    expect_vector(&inputs[0].past[2], model, "what a day");
    expect_vector(&inputs[0], model, "go on");
    for (int64_t k = 0; k < inputs[1].n_past; k++) assert_false(inputs[1].past[k].present);
    expect_vector(&inputs[1], model, "no");
    assert_int_equal(inputs[2].n_past, 0);
    expect_vector(&inputs[2], model, "what a day");
  }
  assert_ok(mer__turn_reading_find(&reading, model, 0, requests, 0, cache, &err));
  mer__turn_reading_clear(&reading);
  mer__turn_cache_free(cache);
}

static void the_cache_keeps_what_was_used_last(void **state) {
  (void)state;
  enum { WIDTH = 1 << 18, N = 500 }; /* a MiB each: of 64 or some more there is room */
  static float vector[WIDTH], found[WIDTH];
  char first[MER__SHA256_BYTES], key[MER__SHA256_BYTES];
  mer__turn_cache *cache;
  mer_error err = {0};
  int n_kept = 0;
  assert_ok(mer__turn_cache_create(&cache, WIDTH, &err));
  mer__sha256(first, "first", 5);
  assert_false(mer__turn_cache_get(found, cache, first));
  vector[WIDTH - 1] = -1;
  mer__turn_cache_put(cache, first, vector);
  for (int i = 0; i < N; i++) {
    mer__sha256(key, &i, sizeof i);
    vector[WIDTH - 1] = (float)i;
    mer__turn_cache_put(cache, key, vector);
    assert_true(mer__turn_cache_get(found, cache, key) && found[WIDTH - 1] == (float)i);
    assert_true(mer__turn_cache_get(found, cache, first) && found[WIDTH - 1] == -1);
  }
  for (int i = 0; i < N; i++) {
    mer__sha256(key, &i, sizeof i);
    if (!mer__turn_cache_get(found, cache, key)) continue;
    assert_true(found[WIDTH - 1] == (float)i);
    n_kept++;
  }
  assert_true(n_kept > 32 && n_kept < 80);
  mer__turn_cache_free(cache);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_text_is_encoded_once, open_model, close_model),
      cmocka_unit_test(the_cache_keeps_what_was_used_last)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
