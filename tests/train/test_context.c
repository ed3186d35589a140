/* test_context.c: models that read the turns of a dialogue: training, evaluation and prediction see
 * the same tokens; settings, resuming, quantization. */
#include "data/inputs.h"
#include "mer/eval.h"
#include "mer/predict.h"
#include "train_support.h"

enum { N_ROWS = 36 };

/* Three dialogues of each split, whose rows are in another order than their utterances; one row has
 * no text, one no speaker, and some are in no dialogue. */
static void put_dialogues(void) {
  static const char *const labels[] = {"joy", "anger", "sadness"}, *const names[] = {"Ann", "Bob"},
                           *const splits[] = {"train", "dev", "test"};
  char table[8192] = "split,text,label,speaker,dialogue,utterance\n";
  for (int i = 0; i < N_ROWS; i++) {
    const size_t used = strlen(table);
    const int dialogue = i % 3, utterance = 11 - i % 12;
    snprintf(table + used, sizeof table - used, "%s,%s,%s,%s,%s,%d\n", splits[i / 12],
             i % 12 == 5                       ? ""
             : moods[i % 7 % 3].text[0] == 'w' ? "go on"
                                               : "no way",
             labels[i % 5 % 3], i % 12 == 7 ? "" : names[i % 4 / 2],
             i % 12 == 10    ? ""
             : dialogue == 0 ? "d0"
             : dialogue == 1 ? "d1"
                             : "d2",
             utterance);
  }
  put("dialogues.csv", table);
}

static int begin_dialogues(void **state) {
  begin(state);
  put_dialogues();
  open_data("dialogues.csv");
  return 0;
}

static mer_train_options context_options(const char *out) {
  mer_train_options o = options_of(MER_KIND_TEXT, out);
  o.context = 2;
  o.max_length = 60;
  return o;
}

/* The turns that row `i` has before it, at most two, in `turns`; how many. */
static int turns_before(mer_turn turns[2], const mer_utterance *rows, int64_t n, int64_t i) {
  int n_turns = 0;
  for (int back = 2; back >= 1; back--) {
    /* The row with `back` rows between it and i in the order of the utterances. */
    for (int64_t j = 0; j < n; j++) {
      int between = 0;
      if (rows[i].dialogue < 0 || rows[j].dialogue != rows[i].dialogue ||
          rows[j].utterance >= rows[i].utterance)
        continue;
      for (int64_t k = 0; k < n; k++)
        between += rows[k].dialogue == rows[i].dialogue && rows[k].utterance > rows[j].utterance &&
                   rows[k].utterance < rows[i].utterance;
      if (between == back - 1)
        turns[n_turns++] = (mer_turn){.speaker = rows[j].speaker,
                                      .text = rows[j].text,
                                      .text_size = rows[j].text ? strlen(rows[j].text) : 0};
    }
  }
  return n_turns;
}

/* The same tokens for the rows of a data set as for the turns that stand before them; and the same
 * answers by an evaluation and by a predictor. */
static void rows_are_read_among_their_turns(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = context_options("model");
  train_whole(&o);
  mer_model *model;
  mer_predictor *predictor;
  mer_predictions p = {0};
  mer__inputs inputs = {0};
  const mer__inputs_options none = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TEST, &n);
  assert_ok(mer_model_open(&model, in_folder("model"), &err));
  assert_ok(mer_predictor_open(&predictor, in_folder("model"), &err));
  assert_ok(mer__inputs_load(&inputs, model, dataset, rows, n, &none, &err));
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, NULL, &err));
  const mer__modality *modality = &model->network.modalities[0];
  int n_with_two = 0;
  for (int64_t i = 0; i < n; i++) {
    if (!rows[i].text) continue;
    mer_turn turns[2];
    mer_tokens tokens = {0};
    mer__input made, loaded[MER_MAX_MODALITIES];
    const mer_context context = {
        .speaker = rows[i].speaker, .past = turns, .n_past = turns_before(turns, rows, n, i)};
    n_with_two += context.n_past == 2;
    assert_ok(modality->type->tokenize(&made, &tokens, modality, rows[i].text, strlen(rows[i].text),
                                       &context, NULL, &err));
    mer__inputs_get(loaded, &inputs, i);
    assert_int_equal(loaded[0].length, made.length);
    assert_memory_equal(loaded[0].tokens.ids, made.tokens.ids,
                        (size_t)made.length * sizeof(int32_t));
    assert_memory_equal(loaded[0].tokens.type_ids, made.tokens.type_ids,
                        (size_t)made.length * sizeof(int32_t));
    const mer_request request = {
        .text = rows[i].text, .text_size = strlen(rows[i].text), .context = &context};
    mer_answer answer;
    assert_ok(mer_predictor_answer(&answer, predictor, &request, 1, &err));
    assert_memory_equal(answer.probs, p.probs + i * p.n_classes,
                        (size_t)p.n_classes * sizeof(float));
    float probs[MER_MAX_LABELS];
    const mer_input_data data = {.text = rows[i].text, .context = &context};
    assert_ok(mer_model_predict(probs, model, &data, 1, NULL, &err));
    assert_memory_equal(answer.probs, probs, (size_t)p.n_classes * sizeof(float));
    mer_tokens_clear(&tokens);
  }
  assert_true(n_with_two >= 4);
  mer__inputs_clear(&inputs);
  mer_predictions_clear(&p);
  mer_predictor_close(predictor);
  mer_model_close(model);
}

/* The settings stand in the model, also in a quantized one, and only where they say something. */
static void settings_stand_in_the_model(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = context_options("model");
  mer_model *model;
  o.epochs = 1;
  o.future = 1;
  o.speaker_names = true;
  train_whole(&o);
  assert_ok(
      mer_model_quantize(in_folder("model"), in_folder("int8"), MER_DTYPE_I8, false, NULL, &err));
  for (int quantized = 0; quantized < 2; quantized++) {
    assert_ok(mer_model_open(&model, in_folder(quantized ? "int8" : "model"), &err));
    const mer__turns turns = model->network.modalities[0].turns;
    assert_int_equal(turns.past, 2);
    assert_int_equal(turns.future, 1);
    assert_true(turns.names);
    mer_model_close(model);
  }
  o = options_of(MER_KIND_TEXT, "without");
  o.epochs = 1;
  train_whole(&o);
  assert_ok(mer_model_open(&model, in_folder("without"), &err));
  assert_null(strstr(mer_model_config(model), "\"context\""));
  assert_null(strstr(mer_model_config(model), "\"future\""));
  assert_null(strstr(mer_model_config(model), "\"speaker_names\""));
  mer_model_close(model);
}

static void it_resumes(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options whole = context_options("whole"), parts = context_options("parts");
  train_whole(&whole);
  assert_int_equal(train(&parts, 4, NULL, &err), MER_STATUS_INTERRUPTED);
  parts.resume = true;
  parts.context = 1;
  assert_int_equal(train(&parts, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "the interrupted run had context 2, this one context 1");
  parts.context = 2;
  assert_ok(train(&parts, 0, NULL, &err));
  assert_same_model(in_folder("whole"), in_folder("parts"));
}

/* Whether the model in `name` answers otherwise if a turn stands before the text. */
static bool heeds_context(const char *name) {
  mer_error err = {0};
  mer_model *model;
  const mer_turn turn = {.text = "she is gone", .text_size = strlen("she is gone")};
  const mer_context context = {.past = &turn, .n_past = 1}, none = {0};
  float probs[2][MER_MAX_LABELS] = {{0}};
  assert_ok(mer_model_open(&model, in_folder(name), &err));
  for (int i = 0; i < 2; i++) {
    const mer_input_data data = {.text = "go on", .context = i ? &context : &none};
    assert_ok(mer_model_predict(probs[i], model, &data, 1, NULL, &err));
  }
  mer_model_close(model);
  return memcmp(probs[0], probs[1], sizeof probs[0]) != 0;
}

/* A fusion upon a frozen encoder reads the context, too: its answers are others. */
static void a_fusion_reads_it(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_FUSION, "fusion");
  mer_model *model;
  o.epochs = 1;
  o.context = 3;
  o.modalities = "text";
  train_whole(&o);
  assert_ok(mer_model_open(&model, in_folder("fusion"), &err));
  assert_int_equal(model->network.modalities[0].turns.past, 3);
  mer_model_close(model);
  o = options_of(MER_KIND_FUSION, "plain");
  o.epochs = 1;
  o.modalities = "text";
  train_whole(&o);
  assert_true(heeds_context("fusion"));
  assert_false(heeds_context("plain"));
}

static void refused(mer_train_options o, const char *message) {
  mer_error err = {0};
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, message);
}

static void options_are_checked(void **state) {
  (void)state;
  mer_train_options o = context_options("model");
  o.context = 65;
  refused(o, "turns before an utterance: 0 to 64");
  o = context_options("model");
  o.future = -1;
  refused(o, "turns after an utterance: 0 to 64");
  o = context_options("model");
  o.max_length = 3;
  refused(o, "leaves no room beside the 3 special ones");
  o = options_of(MER_KIND_TEXT, "model");
  o.speaker_names = true;
  refused(o, "names of speakers are those of a context");
  o = options_of(MER_KIND_AUDIO, "model");
  o.context = 1;
  refused(o, "read by an encoder of text alone");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(rows_are_read_among_their_turns, begin_dialogues, end),
      cmocka_unit_test_setup_teardown(settings_stand_in_the_model, begin_dialogues, end),
      cmocka_unit_test_setup_teardown(it_resumes, begin_dialogues, end),
      cmocka_unit_test_setup_teardown(a_fusion_reads_it, begin_dialogues, end),
      cmocka_unit_test_setup_teardown(options_are_checked, begin_dialogues, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
