/* test_threads.c: what may be shared between threads is, by several at once, and each must get what
 * one thread alone gets. The preset `tsan` runs this under the thread sanitizer. */
#include <pthread.h>

#include "mer/media.h"
#include "mer/model.h"
#include "mer/predict.h"
#include "train/train_support.h"

enum { N_THREADS = 4, N_ROUNDS = 6, N_TEXTS = 5, SECONDS = 300 };
/* Utterances of a call: so many that a call uses several threads itself. */
enum { N_INPUTS = 200 };

static const char *const texts[N_TEXTS] = {"what a lovely day", "", "stop that at once!",
                                           "she is gone and the house is empty", "a b c"};
enum { TEXT, INT8, FUSION, N_MODELS };
static const char *const names[N_MODELS] = {"text", "int8", "fusion"};

/* What a model answers. */
typedef struct answers {
  float probs[N_INPUTS * MER_N_EMOTIONS];
} answers;

static char text_model[128], cache_folder[128], clips[2][128];
static mer_model *models[N_MODELS];
static answers right[N_MODELS]; /* those of one thread alone */

static mer_status predict(answers *out, const mer_model *model, const mer_monitor *monitor,
                          mer_error *err) {
  mer_input_data inputs[N_INPUTS] = {{.text = NULL}};
  for (int i = 0; i < N_INPUTS; i++) inputs[i].text = texts[i % N_TEXTS];
  return mer_model_predict(out->probs, model, inputs, N_INPUTS, monitor, err);
}

/* cmocka's checks belong to the main thread, so a thread counts what is wrong. */
static bool is_right(int m, const mer_monitor *monitor) {
  answers found;
  mer_error err = {0};
  return predict(&found, models[m], monitor, &err) == MER_OK &&
         memcmp(&found, &right[m], sizeof found) == 0;
}

/* Runs `work` in threads, each with its number; fails if any returns other than NULL. */
static void run_threads(void *(*work)(void *)) {
  pthread_t threads[N_THREADS];
  int numbers[N_THREADS], n_faults = 0;
  for (int i = 0; i < N_THREADS; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
  }
  for (int i = 0; i < N_THREADS; i++) {
    void *fault;
    pthread_join(threads[i], &fault);
    n_faults += fault != NULL;
  }
  assert_int_equal(n_faults, 0);
}

static char fault_mark;
#define FAULT_UNLESS(good) ((good) ? NULL : &fault_mark)

static void *predict_by_one(void *number) {
  (void)number;
  bool good = true;
  for (int i = 0; i < N_ROUNDS; i++) good &= is_right(TEXT, NULL);
  return FAULT_UNLESS(good);
}

static void one_model(void **state) {
  (void)state;
  run_threads(predict_by_one);
}

static void *predict_by_all(void *number) {
  bool good = true;
  for (int i = 0; i < N_ROUNDS; i++) good &= is_right((*(int *)number + i) % N_MODELS, NULL);
  return FAULT_UNLESS(good);
}

static void several_models(void **state) {
  (void)state;
  run_threads(predict_by_all);
}

/* A monitor whose every call predicts with another model. */
typedef struct nested {
  int other, n_calls;
  bool good;
} nested;

static void predict_other(void *user, const char *task, int64_t done, int64_t total,
                          const char *note) {
  (void)task, (void)done, (void)total, (void)note;
  nested *n = user;
  n->n_calls++;
  n->good &= is_right(n->other, NULL);
}

static bool predict_other_too(void *user) {
  predict_other(user, "", 0, 0, NULL);
  return false;
}

static bool is_right_nested(int m, int other) {
  nested n = {.other = other, .good = true};
  const mer_monitor monitor = {
      .user = &n, .progress = predict_other, .should_stop = predict_other_too};
  bool good = is_right(m, &monitor);
  return good && n.good && n.n_calls > 0;
}

static void callback_uses_another_model(void **state) {
  (void)state;
  assert_true(is_right_nested(TEXT, FUSION));
  assert_true(is_right_nested(FUSION, INT8));
}

/* Half of the threads go from a model to the other, half the other way. */
static void *predict_across(void *number) {
  bool good = true;
  for (int i = 0; i < N_ROUNDS; i++)
    good &= *(int *)number % 2 ? is_right_nested(TEXT, FUSION) : is_right_nested(FUSION, TEXT);
  return FAULT_UNLESS(good);
}

static void callbacks_across_threads(void **state) {
  (void)state;
  run_threads(predict_across);
}

/* Opens and closes models while others predict. */
static void *open_and_close(void *number) {
  mer_error err = {0};
  bool good = true;
  for (int i = 0; i < N_ROUNDS; i++) {
    if (*(int *)number % 2) {
      good &= is_right(INT8, NULL);
      continue;
    }
    mer_model *model = NULL;
    good &= mer_model_open(&model, text_model, &err) == MER_OK;
    mer_model_close(model);
    good &= mer_model_open(&model, "/proc/nowhere", &err) == MER_STATUS_NOT_FOUND && err.message[0];
  }
  return FAULT_UNLESS(good);
}

static void opening_while_predicting(void **state) {
  (void)state;
  run_threads(open_and_close);
}

/* Each thread encodes all texts with one tokenizer, and finds them again by their tokens. */
static mer_tokenizer *tokenizer;
static mer_tokens right_tokens[N_TEXTS];

static void *encode(void *number) {
  mer_tokens tokens = {0};
  mer_error err = {0};
  bool good = true;
  for (int i = 0; i < N_ROUNDS * N_TEXTS; i++) {
    int t = (*(int *)number + i) % N_TEXTS;
    const char *text = texts[t];
    good &=
        mer_tokenizer_encode(&tokens, tokenizer, text, strlen(text), NULL, 0, 64, &err) == MER_OK;
    good &= tokens.n == right_tokens[t].n &&
            memcmp(tokens.ids, right_tokens[t].ids, sizeof *tokens.ids * (size_t)tokens.n) == 0;
  }
  mer_tokens_clear(&tokens);
  return FAULT_UNLESS(good);
}

static void one_tokenizer(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(mer_tokenizer_open(&tokenizer, in_folder("encoder"), &err));
  for (int t = 0; t < N_TEXTS; t++)
    assert_ok(mer_tokenizer_encode(&right_tokens[t], tokenizer, texts[t], strlen(texts[t]), NULL, 0,
                                   64, &err));
  run_threads(encode);
  for (int t = 0; t < N_TEXTS; t++) mer_tokens_clear(&right_tokens[t]);
  mer_tokenizer_close(tokenizer);
}

static void *decode(void *number) {
  bool good = true;
  for (int i = 0; i < N_ROUNDS; i++) {
    mer_audio audio = {0};
    mer_error err = {0};
    int clip = (*(int *)number + i) % 2;
    good &= mer_audio_decode(&audio, clips[clip], NULL, &err) == MER_OK;
    good &= audio.n_samples == 3200 + 100 * (clip + 1) && audio.n_errors == 0;
    mer_audio_clear(&audio);
  }
  return FAULT_UNLESS(good);
}

static void decoding(void **state) {
  (void)state;
  run_threads(decode);
}

/* Two threads fill one cache, two read the data set without. */
static void *load_features(void *number) {
  mer_features features = {0};
  mer_features_load_options options;
  mer_error err = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = *(int *)number % 2 ? "" : cache_folder;
  bool good = mer_features_load(&features, dataset, "audio", rows, n, &options, &err) == MER_OK;
  good &= features.counts[MER_CLIP_OK] == n;
  mer_features_clear(&features);
  return FAULT_UNLESS(good);
}

static void one_cache(void **state) {
  (void)state;
  run_threads(load_features);
}

/* One predictor of images sees the same files in each thread, some of them turned, one cut short.
 */
enum { N_PICTURES = 6 };
static const char *const pictures[N_PICTURES] = {
    "photo.png", "even.webp", "cmyk.jpg", "orientation-6.jpg", "video.avi", "faults/cut.png"};
static mer_predictor *seer;
static mer_answer right_sight[N_PICTURES];

static bool look(mer_answer *seen) {
  char paths[N_PICTURES][4096];
  mer_request requests[N_PICTURES] = {{0}};
  mer_error err = {0};
  for (int i = 0; i < N_PICTURES; i++) {
    snprintf(paths[i], sizeof paths[i], GOLDEN "images/%s", pictures[i]);
    requests[i].image.path = paths[i];
  }
  return mer_predictor_answer(seen, seer, requests, N_PICTURES, &err) == MER_OK;
}

static void *look_again(void *number) {
  mer_answer seen[N_PICTURES];
  bool good = true;
  (void)number;
  for (int i = 0; i < N_ROUNDS; i++) {
    good &= look(seen);
    for (int k = 0; k < N_PICTURES; k++)
      good &= seen[k].status == right_sight[k].status &&
              memcmp(seen[k].logits, right_sight[k].logits, sizeof seen[k].logits) == 0;
  }
  return FAULT_UNLESS(good);
}

static void one_predictor_of_images(void **state) {
  (void)state;
  static const char *const networks[] = {GOLDEN "vision/vit", GOLDEN "vision/resnet-bottleneck"};
  for (int i = 0; i < 2; i++) {
    mer_error err = {0};
    assert_ok(mer_predictor_open(&seer, networks[i], &err));
    assert_true(look(right_sight));
    assert_int_equal(right_sight[0].status, MER_OK);
    assert_int_equal(right_sight[N_PICTURES - 1].status, MER_STATUS_FORMAT);
    run_threads(look_again);
    mer_predictor_close(seer);
  }
}

/* One predictor that remembers the vectors of turns, asked in each thread for dialogues that share
 * some of them. */
enum { N_ENDS = 4 };
static mer_predictor *listener;
static mer_answer right_end[N_ENDS];

static bool ask(mer_answer *given, const mer_predictor *predictor, int first) {
  mer_turn past[N_TEXTS];
  mer_error err = {0};
  for (int t = 0; t < N_TEXTS; t++)
    past[t] = (mer_turn){.text = texts[t], .text_size = strlen(texts[t])};
  bool good = true;
  for (int i = 0; i < N_ENDS; i++) {
    const int which = (first + i) % N_ENDS;
    const mer_context context = {.past = past + which % 2, .n_past = which};
    const mer_request request = {.text = texts[which == 1 ? 0 : which],
                                 .text_size = strlen(texts[which == 1 ? 0 : which]),
                                 .context = &context};
    good &= mer_predictor_answer(&given[which], predictor, &request, 1, &err) == MER_OK;
  }
  return good;
}

static void *ask_again(void *number) {
  mer_answer given[N_ENDS];
  bool good = true;
  for (int i = 0; i < N_ROUNDS; i++) {
    good &= ask(given, listener, *(int *)number);
    for (int k = 0; k < N_ENDS; k++)
      good &= given[k].status == MER_OK &&
              max_difference(given[k].logits, right_end[k].logits, 3) < 1e-5;
  }
  return FAULT_UNLESS(good);
}

static void one_memory_of_turns(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "turns");
  o.epochs = 1;
  o.turns_lstm = o.freeze_encoder = true;
  train_whole(&o);
  assert_ok(mer_predictor_open(&listener, in_folder("turns"), &err));
  assert_true(ask(right_end, listener, 0));
  mer_predictor_close(listener);
  assert_ok(mer_predictor_open(&listener, in_folder("turns"), &err));
  run_threads(ask_again);
  mer_predictor_close(listener);
}

static void make_models(void) {
  mer_error err = {0};
  for (int kind = 0; kind < 2; kind++) {
    mer_train_options o =
        options_of(kind ? MER_KIND_FUSION : MER_KIND_TEXT, names[kind ? FUSION : TEXT]);
    o.epochs = 1;
    train_whole(&o);
  }
  assert_ok(
      mer_model_quantize(in_folder("text"), in_folder("int8"), MER_DTYPE_I8, false, NULL, &err));
  for (int m = 0; m < N_MODELS; m++) {
    assert_ok(mer_model_open(&models[m], in_folder(names[m]), &err));
    assert_ok(predict(&right[m], models[m], NULL, &err));
  }
}

/* A thread that waits for ever ends the program. */
static int begin_all(void **state) {
  begin(state);
  alarm(SECONDS);
  snprintf(text_model, sizeof text_model, "%s/text", folder);
  snprintf(cache_folder, sizeof cache_folder, "%s/cache", folder);
  for (int i = 0; i < 2; i++) snprintf(clips[i], sizeof clips[i], "%s/train%d.wav", folder, i + 1);
  run_threads(decode); /* so that all threads load FFmpeg at once */
  make_models();
  return 0;
}

static int end_all(void **state) {
  for (int m = 0; m < N_MODELS; m++) mer_model_close(models[m]);
  return end(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_model),
      cmocka_unit_test(several_models),
      cmocka_unit_test(callback_uses_another_model),
      cmocka_unit_test(callbacks_across_threads),
      cmocka_unit_test(opening_while_predicting),
      cmocka_unit_test(one_tokenizer),
      cmocka_unit_test(decoding),
      cmocka_unit_test(one_cache),
      cmocka_unit_test(one_predictor_of_images),
      cmocka_unit_test(one_memory_of_turns),
  };
  return cmocka_run_group_tests(tests, begin_all, end_all);
}
