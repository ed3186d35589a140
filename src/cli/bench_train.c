/* bench_train.c: the time of an optimizer step, between two calls of the training's progress.
 *
 * The first step of an epoch is left out, as the evaluation of the last one lies before it. What
 * the training writes is in a temporary folder ($TMPDIR, /tmp), which is removed. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/bench.h"
#include "cli/data_options.h"
#include "mer/train.h"

enum { N_FIXED_BATCHES = 16 };

typedef struct training {
  const bench_settings *settings;
  bench_texts texts;
  char folder[1024], out[1100], manifest[1100];
  mer_dataset *dataset;
  int64_t batch_size, n_batches; /* n_batches: of an epoch */
  double *seconds, last;         /* [n_steps]; time of the last call */
  int64_t n_seen, n_measured;
} training;

static void on_progress(void *user, const char *task, int64_t done, int64_t total,
                        const char *note) {
  training *t = user;
  double now = bench_now();
  (void)total, (void)note;
  if (strcmp(task, "train") != 0) return;
  bool first = (done - 1) % t->n_batches == 0;
  if (!first && t->n_seen++ >= t->settings->n_warmup && t->n_measured < t->settings->n_steps)
    t->seconds[t->n_measured++] = now - t->last;
  t->last = bench_now();
}

static bool is_enough(void *user) {
  const training *t = user;
  const mer_monitor *outer = t->settings->monitor;
  return t->n_measured == t->settings->n_steps || outer->should_stop(outer->user);
}

static mer_status make_folder(training *t, mer_error *err) {
  const char *parent = getenv("TMPDIR");
  snprintf(t->folder, sizeof t->folder, "%s/mer-bench-XXXXXX", parent && *parent ? parent : "/tmp");
  if (!mkdtemp(t->folder)) {
    mer_status status = bench_fail(err, MER_STATUS_IO, t->folder, "cannot make a temporary folder");
    t->folder[0] = 0;
    return status;
  }
  snprintf(t->out, sizeof t->out, "%s/model", t->folder);
  snprintf(t->manifest, sizeof t->manifest, "%s/manifest.csv", t->folder);
  return MER_OK;
}

/* Removes a folder and what lies in it. */
static void remove_folder(const char *path) {
  DIR *folder = opendir(path);
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    char name[4096];
    struct stat info;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    if (lstat(name, &info) == 0 && S_ISDIR(info.st_mode)) remove_folder(name);
    else unlink(name);
  }
  if (folder) closedir(folder);
  rmdir(path);
}

/* The texts as a training split, so often that an epoch has at least N_FIXED_BATCHES batches. */
static mer_status write_manifest(const training *t, mer_error *err) {
  int64_t n = t->batch_size * N_FIXED_BATCHES;
  FILE *file = fopen(t->manifest, "w");
  if (!file) return bench_fail(err, MER_STATUS_IO, t->manifest, "cannot write");
  fputs("split,text,label\n", file);
  for (int64_t i = 0; i < n || i < t->texts.n; i++)
    fprintf(file, "train,\"%s\",%s\n", t->texts.items[i % t->texts.n],
            mer_emotion_name((int32_t)(i % MER_N_EMOTIONS)));
  bool bad = ferror(file);
  return fclose(file) != 0 || bad ? bench_fail(err, MER_STATUS_IO, t->manifest, "cannot write")
                                  : MER_OK;
}

/* The data set: the one that is named, or one of texts that are made here. */
static mer_status open_data(training *t, mer_error *err) {
  const bench_settings *s = t->settings;
  cli_data data = cli_data_default();
  mer_status status = MER_OK;
  if (s->encoder && s->kind == MER_KIND_TEXT) {
    bench_settings of_texts = *s;
    of_texts.split = "train";
    status =
        bench_texts_open(&t->texts, &of_texts, s->encoder, t->batch_size * N_FIXED_BATCHES, err);
  }
  bool own = s->kind == MER_KIND_TEXT && (s->tokens || !s->data);
  if (status == MER_OK && own) status = write_manifest(t, err);
  data.path = own ? t->manifest : s->data;
  if (status == MER_OK) status = cli_data_open(&t->dataset, &data, true, NULL, err);
  if (status != MER_OK) return status;
  int64_t n;
  mer_dataset_rows(t->dataset, MER_SPLIT_TRAIN, &n);
  t->n_batches = (n + t->batch_size - 1) / t->batch_size;
  return t->n_batches > 1
             ? MER_OK
             : bench_fail(err, MER_STATUS_INVALID, data.path, "fewer than two batches to train on");
}

static mer_status run_training(training *t, mer_error *err) {
  const bench_settings *s = t->settings;
  mer_monitor monitor = {t, NULL, on_progress, is_enough};
  mer_train_options options;
  mer_train_result trained = {0};
  mer_train_options_init(&options, sizeof options, s->kind);
  options.encoder = s->encoder;
  options.out = t->out;
  options.batch_size = t->batch_size;
  if (s->tokens > options.max_length) options.max_length = s->tokens;
  options.epochs = 2 + (s->n_warmup + s->n_steps) / (t->n_batches - 1);
  options.features.cache_folder = "";
  options.bf16 = s->bf16;
  options.seed = s->seed;
  options.monitor = &monitor;
  mer_status status = mer_train_run(&trained, t->dataset, &options, err);
  mer_train_result_clear(&trained);
  if (status == MER_STATUS_INTERRUPTED && t->n_measured == s->n_steps) return MER_OK;
  if (status == MER_STATUS_INTERRUPTED) err->message[0] = 0; /* nothing is left to resume */
  return status;
}

mer_status bench_train(bench_result *result, const bench_settings *settings, mer_error *err) {
  training t = {.settings = settings, .batch_size = settings->batch_size};
  if (t.batch_size == 0) t.batch_size = 8;
  t.seconds = malloc((size_t)settings->n_steps * sizeof *t.seconds);
  mer_status status = t.seconds ? make_folder(&t, err) : MER_STATUS_NO_MEMORY;
  if (status == MER_OK) status = open_data(&t, err);
  if (status == MER_OK) status = run_training(&t, err);
  if (status == MER_OK) bench_summarize(result, t.seconds, t.n_measured);
  result->subject = settings->encoder ? settings->encoder : mer_train_kind_name(settings->kind);
  result->rate_unit = "steps/s";
  result->n_units = 1;
  result->batch_size = t.batch_size;
  result->tokens = t.texts.tokens;
  mer_dataset_close(t.dataset);
  bench_texts_close(&t.texts);
  if (t.folder[0]) remove_folder(t.folder);
  free(t.seconds);
  return status;
}
