/* train_support.h: a small data set, an encoder with dropout, and trainings that stop on demand. */
#ifndef MER_TRAIN_SUPPORT_H
#define MER_TRAIN_SUPPORT_H

#include "data/data_support.h"
#include "mer/model.h"
#include "mer/tensor.h"
#include "mer/train.h"

enum { N_TRAIN = 22, N_DEV = 9, N_INCOMPLETE = 3, BATCH = 4, EPOCHS = 3, STEPS = 18 };

/* What is said in each of three moods, and how loudly. */
static const struct {
  const char *label, *text;
  double amplitude;
} moods[3] = {{"joy", "what a lovely day, i am so happy", 0.8},
              {"anger", "stop that at once! how dare you", 0.3},
              {"sadness", "she is gone and the house is empty", 0.02}};

/* One row and its clip; dev rows have the labels of another mood if `contrary`. */
static inline void put_row(char *manifest, size_t size, const char *split, int i, bool contrary) {
  char name[64], text[128];
  const int mood = i % 3, label = contrary ? (mood + 1) % 3 : mood;
  bool no_text = i == 4, no_clip = i == 7, missing = i == 11;
  snprintf(name, sizeof name, "%s%d.wav", split, i);
  snprintf(text, sizeof text, "\"%s %d\"", moods[mood].text, i);
  if (!missing) put_wav(name, 3200 + 100 * i, moods[mood].amplitude * (1 + 0.02 * i));
  size_t used = strlen(manifest);
  snprintf(manifest + used, size - used, "%s,%s,%s,%s\n", split, no_text ? "" : text,
           no_clip ? "" : name, moods[label].label);
}

/* Writes `name`, a manifest of N_TRAIN training rows, of which one has no text, one no clip and
 * one a missing clip, and N_DEV dev rows. */
static inline void put_manifest(const char *name, int n_train, bool contrary) {
  char manifest[8192] = "split,text,audio,label\n";
  for (int i = 0; i < n_train; i++) put_row(manifest, sizeof manifest, "train", i, false);
  for (int i = 12; i < 12 + N_DEV; i++) put_row(manifest, sizeof manifest, "dev", i, contrary);
  put(name, manifest);
}

static inline void copy_file(const char *from, const char *name, const char *old, const char *new) {
  char *data, path[512];
  size_t size;
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", from, name);
  assert_ok(mer__file_read(&data, &size, path, 1 << 24, &err));
  char *at = old ? strstr(data, old) : NULL, to[64];
  snprintf(to, sizeof to, "encoder/%s", name);
  if (at) memcpy(at, new, strlen(old)); /* of the same length */
  assert_true(at || !old);
  put_bytes(to, data, size);
  mer__free(data);
}

/* The tiny encoder with dropout 0.1, as BERT's. */
static inline void put_encoder(void) {
  copy_file(GOLDEN "bert", "config.json", "\"hidden_dropout_prob\": 0.0",
            "\"hidden_dropout_prob\": 0.1");
  copy_file(GOLDEN "bert", "vocab.txt", NULL, NULL);
  copy_file(GOLDEN "bert", "model.safetensors", NULL, NULL);
}

/* A training as its monitor sees it. */
typedef struct watcher {
  int64_t step, stop_at; /* stop_at 0: never */
  char text[8192];
  void (*at_stop)(void);         /* called when it asks to stop, or NULL */
  void (*at_step)(int64_t step); /* called after each step, or NULL */
} watcher;

static inline void watch_progress(void *user, const char *task, int64_t done, int64_t total,
                                  const char *note) {
  watcher *w = user;
  (void)total;
  (void)note;
  if (strcmp(task, "train") != 0) return;
  w->step = done;
  if (w->at_step) w->at_step(done);
}

static inline bool watch_stop(void *user) {
  watcher *w = user;
  bool stop = w->stop_at && w->step >= w->stop_at;
  if (stop && w->at_stop) w->at_stop();
  return stop;
}

static inline void watch_log(void *user, mer_log_level level, const char *message) {
  watcher *w = user;
  size_t used = strlen(w->text);
  (void)level;
  snprintf(w->text + used, sizeof w->text - used, "%s\n", message);
}

static watcher watched;

static mer_dataset *dataset;

static inline void open_data(const char *name) {
  mer_dataset_close(dataset);
  dataset = open_path(in_folder(name), NULL);
}

/* Opens rows of the manifest's moods with images in turn, `first` and `second`. */
static inline void open_images(const char *first, const char *second) {
  char manifest[8192] = "split,image,label\n";
  for (int i = 0; i < N_TRAIN + N_DEV; i++) {
    const size_t used = strlen(manifest);
    snprintf(manifest + used, sizeof manifest - used, "%s,%s,%s\n", i < N_TRAIN ? "train" : "dev",
             i % 2 ? second : first, moods[i % 3].label);
  }
  put("images.csv", manifest);
  open_data("images.csv");
}

static inline int begin(void **state) {
  set_up(state);
  mer_threads_set(2);
  put_manifest("manifest.csv", N_TRAIN, false);
  put_encoder();
  open_data("manifest.csv");
  return 0;
}

static inline int end(void **state) {
  mer_dataset_close(dataset);
  dataset = NULL;
  watched = (watcher){0};
  return tear_down(state);
}

/* Options that learn the data set in a few steps. `out` is a name in the test's folder. */
static inline mer_train_options options_of(mer_train_kind kind, const char *out) {
  static char encoder[128], outs[4][128];
  static int next;
  static const mer_monitor monitor = {&watched, watch_log, watch_progress, watch_stop};
  mer_train_options o;
  mer_train_options_init(&o, sizeof o, kind);
  o.bf16 = false; /* the same numbers on every processor */
  char *path = outs[next = (next + 1) % 4];
  snprintf(path, sizeof outs[0], "%s", in_folder(out));
  snprintf(encoder, sizeof encoder, "%s", in_folder("encoder"));
  o.encoder = encoder;
  o.out = path;
  o.epochs = EPOCHS;
  o.batch_size = BATCH;
  o.lr = 2e-3;
  o.features.cache_folder = "";
  o.monitor = &monitor;
  return o;
}

/* Trains until step `stop_at` (0: to the end). */
static inline mer_status train(const mer_train_options *o, int64_t stop_at,
                               mer_train_result *result, mer_error *err) {
  mer_train_result mine = {0};
  watched.step = 0;
  watched.stop_at = stop_at;
  watched.text[0] = 0;
  mer_status status = mer_train_run(result ? result : &mine, dataset, o, err);
  mer_train_result_clear(&mine);
  return status;
}

/* Trains to the end; for the number of epochs kept. */
static inline void train_whole(const mer_train_options *o) {
  mer_error err = {0};
  assert_ok(train(o, 0, NULL, &err));
}

static inline void read_whole(char **data, size_t *size, const char *model, const char *name) {
  char path[512];
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", model, name);
  assert_ok(mer__file_read(data, size, path, 1 << 26, &err));
}

/* Whether a file of two models has the same bytes. */
static inline bool same_file(const char *a, const char *b, const char *name) {
  char *x, *y;
  size_t n, m;
  read_whole(&x, &n, a, name);
  read_whole(&y, &m, b, name);
  bool same = n == m && memcmp(x, y, n) == 0;
  mer__free(x);
  mer__free(y);
  return same;
}

static inline void assert_same_model(const char *a, const char *b) {
  if (!same_file(a, b, "model.safetensors")) fail_msg("%s and %s: other weights", a, b);
  if (!same_file(a, b, "config.json")) fail_msg("%s and %s: other config.json", a, b);
}

/* A model has the tensors of the classifier `from`, of which those that `changes` names have other
 * bytes, and all others the same. */
static inline void assert_changes(const char *from, const char *model,
                                  bool changes(const char *name)) {
  char path[4096];
  mer_safetensors *before, *after;
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/model.safetensors", from);
  assert_ok(mer_safetensors_open(&before, path, &err));
  snprintf(path, sizeof path, "%s/model.safetensors", model);
  assert_ok(mer_safetensors_open(&after, path, &err));
  assert_int_equal(mer_safetensors_count(before), mer_safetensors_count(after));
  for (int64_t i = 0; i < mer_safetensors_count(before); i++) {
    const mer_tensor *a = mer_safetensors_at(before, i), *b = mer_safetensors_find(after, a->name);
    if (!b || b->n_elements != a->n_elements || a->dtype != MER_DTYPE_F32 ||
        b->dtype != MER_DTYPE_F32)
      fail_msg("%s: no tensor %s", model, a->name);
    const bool same = memcmp(a->data, b->data, (size_t)a->n_elements * sizeof(float)) == 0;
    if (same == changes(a->name)) fail_msg("%s is %s", a->name, same ? "the same" : "another");
  }
  mer_safetensors_close(before);
  mer_safetensors_close(after);
}

static inline void assert_message(const mer_error *err, const char *part) {
  if (!strstr(err->message, part)) fail_msg("\"%s\" lacks \"%s\"", err->message, part);
}

#endif
