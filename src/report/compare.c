/* compare.c: the reference experiment: trains and evaluates the four runs, writes results.json and
 * report.html. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/output_folder.h"
#include "base/sized_options.h"
#include "data/dataset.h"
#include "mer/report.h"
#include "model/model_state.h"
#include "report/compare_files.h"
#include "report/compare_inputs.h"
#include "report/compare_results.h"
#include "report/results_write.h"
#include "tensor/json_memory.h"
#include "train/data_settings.h"
#include "train/train_options.h"

enum { MAX_SEEDS = MER_REPORT_MAX_SEEDS };

typedef struct run_spec {
  const char *name, *title;
  mer_train_kind kind;
  bool standardize;
} run_spec;

static const run_spec runs[MER__COMPARE_RUNS] = {
    {"text", "Text (BERT)", MER_KIND_TEXT, false},
    {"audio", "Audio (MFCC, standardized)", MER_KIND_AUDIO, true},
    {"fusion-raw", "Fusion, raw MFCC", MER_KIND_FUSION, false},
    {"fusion-std", "Fusion, standardized MFCC", MER_KIND_FUSION, true},
};

typedef struct comparison {
  const mer_compare_options *options;
  const mer_dataset *dataset;
  mer__compare_results results;
  mer__compare_state state;
  int lock;          /* on the folder; -1: none */
  mer_monitor quiet; /* of clips that have been told of */
} comparison;

void mer_compare_options_init(mer_compare_options *options, size_t size) {
  mer_compare_options defaults = {.size = sizeof defaults, .n_seeds = 1};
  mer_train_options_init(&defaults.text, sizeof defaults.text, MER_KIND_TEXT);
  mer_train_options_init(&defaults.audio, sizeof defaults.audio, MER_KIND_AUDIO);
  mer_train_options_init(&defaults.fusion, sizeof defaults.fusion, MER_KIND_FUSION);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

/* The model directory of a run, for mer__free; NULL if memory is out. */
static char *name_model(const comparison *c, const run_spec *run, int32_t seed) {
  char name[64];
  snprintf(name, sizeof name, "models/%s-seed%d", run->name, (int)seed);
  return mer__path_join(c->options->out, name);
}

/* The options of one training. */
static mer_train_options plan(const comparison *c, const run_spec *run, int32_t seed,
                              const char *out, const char *text_model) {
  const mer_compare_options *o = c->options;
  mer_train_options train = run->kind == MER_KIND_TEXT    ? o->text
                            : run->kind == MER_KIND_AUDIO ? o->audio
                                                          : o->fusion;
  train.encoder = run->kind == MER_KIND_TEXT ? o->encoder
                  : o->fusion_encoder        ? o->fusion_encoder
                                             : text_model;
  train.out = out;
  train.seed = o->text.seed + (uint64_t)seed;
  train.standardize = run->standardize;
  train.evaluate_test = true;
  train.monitor = o->monitor;
  /* Clips are reported once, by the first training that hears them. */
  train.features.monitor = run->kind == MER_KIND_AUDIO && seed == 0 ? o->monitor : &c->quiet;
  return train;
}

/* Predicts one split with a trained model and measures it; a split without rows has n = 0. */
static mer_status measure(mer__compare_seed *s, mer_split split, mer_model *model,
                          const mer__kept_scores *kept, const comparison *c,
                          const mer_train_options *train, mer_error *err) {
  const mer_predict_options options =
      mer__compare_predict_options(train, c->options->monitor, &c->quiet);
  mer__compare_rows rows = {.dataset = c->dataset, .options = &options, .kept = kept};
  mer_predictions predictions = {0};
  rows.rows = mer_dataset_rows(c->dataset, split, &rows.n);
  if (split == MER_SPLIT_TRAIN) rows.n = mer__limit_rows(rows.n, train->limit);
  mer_status status = mer__compare_measure(s, &predictions, split, model, &rows, train->seed, err);
  mer_predictions_clear(&predictions);
  return status;
}

static mer_status run_one(comparison *c, int r, int32_t seed, mer_error *err) {
  char *out = name_model(c, &runs[r], seed), *text_model = name_model(c, &runs[0], seed);
  mer_train_options train = plan(c, &runs[r], seed, out, text_model);
  mer__compare_seed *s = &c->results.runs[r].seeds[seed];
  mer__kept_scores kept;
  mer_model *model = NULL;
  mer_status status;
  if (!out || !text_model) MER__CHECK(mer__fail_memory(err));
  mer__log(c->options->monitor, MER_LOG_INFO, "%s, seed %d", runs[r].title, (int)train.seed);
  MER__CHECK(
      mer__compare_train(&s->trained, &c->state, c->dataset, runs[r].name, seed, &train, err));
  s->seed = train.seed;
  MER__CHECK(mer_model_open(&model, out, err));
  MER__CHECK(mer__kept_scores_open(&kept, c->state.scores, out, train.monitor, err));
  for (int split = 0; split < MER_N_SPLITS; split++)
    MER__CHECK(measure(s, (mer_split)split, model, &kept, c, &train, err));
cleanup:
  mer_model_close(model);
  mer__free(out);
  mer__free(text_model);
  return status;
}

/* The majority class of the training rows, measured on those and on the test split. */
static mer_status measure_majority(comparison *c, mer_error *err) {
  int32_t n_labels = mer_dataset_n_labels(c->dataset);
  int32_t *labels[MER_N_SPLITS] = {0};
  int64_t n[MER_N_SPLITS];
  mer_status status = MER_OK;
  for (int s = 0; s < MER_N_SPLITS; s++) {
    const mer_utterance *rows = mer_dataset_rows(c->dataset, (mer_split)s, &n[s]);
    if (s == MER_SPLIT_TRAIN) n[s] = mer__limit_rows(n[s], c->options->text.limit);
    labels[s] = mer__malloc((size_t)n[s], sizeof **labels);
    if (!labels[s]) status = mer__fail_memory(err);
    for (int64_t i = 0; labels[s] && i < n[s]; i++) labels[s][i] = rows[i].label;
  }
  for (int s = 0; s < MER_N_SPLITS && status == MER_OK; s++)
    if (n[s] > 0)
      status = mer_metrics_majority(&c->results.majority[s], labels[MER_SPLIT_TRAIN],
                                    n[MER_SPLIT_TRAIN], labels[s], n[s], n_labels, err);
  for (int s = 0; s < MER_N_SPLITS; s++) mer__free(labels[s]);
  return status;
}

static mer_status check_data(const comparison *c, mer_error *err) {
  if (mer_dataset_target(c->dataset) != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID,
                     "models of one label are compared; the data have several, or values");
  int64_t n;
  for (int s = 0; s < MER_N_SPLITS; s++) {
    mer_dataset_rows(c->dataset, (mer_split)s, &n);
    if (n == 0 && s != MER_SPLIT_DEV)
      return mer__fail(err, MER_STATUS_INVALID, "%s: a comparison needs a %s split",
                       c->options->data_path, mer_split_name((mer_split)s));
  }
  if (c->options->n_seeds < 1 || c->options->n_seeds > MAX_SEEDS)
    return mer__fail(err, MER_STATUS_INVALID, "expected 1 to %d seeds", MAX_SEEDS);
  return mer__results_origin_check(
      &(mer__results_origin){
          .command = c->options->command, .created = c->options->created, .note = c->options->note},
      err);
}

static mer_status make_table(char **table, const comparison *c, mer_error *err) {
  const char *labels[MER_MAX_CLASSES];
  mer_report_row rows[1 + MER__COMPARE_RUNS] = {
      {"Majority class", &c->results.majority[MER_SPLIT_TEST], 1, NULL}};
  int32_t n_seeds = c->options->n_seeds;
  mer_metrics *metrics = mer__malloc(MER__COMPARE_RUNS * (size_t)n_seeds, sizeof *metrics);
  if (!metrics) return mer__fail_memory(err);
  for (int r = 0; r < MER__COMPARE_RUNS; r++) {
    const mer__compare_seed *seeds = c->results.runs[r].seeds;
    for (int32_t s = 0; s < n_seeds; s++)
      metrics[r * n_seeds + s] = seeds[s].metrics[MER_SPLIT_TEST];
    rows[1 + r] = (mer_report_row){runs[r].title, metrics + r * n_seeds, n_seeds,
                                   n_seeds == 1 ? &seeds[0].bootstrap : NULL};
  }
  for (int32_t i = 0; i < mer_dataset_n_labels(c->dataset); i++)
    labels[i] = mer_dataset_label(c->dataset, i);
  mer_status status = mer_report_table(table, rows, 1 + MER__COMPARE_RUNS, labels, err);
  mer__free(metrics);
  return status;
}

static mer_status allocate(comparison *c, mer_error *err) {
  for (int r = 0; r < MER__COMPARE_RUNS; r++) {
    c->results.runs[r].name = runs[r].name;
    c->results.runs[r].title = runs[r].title;
    c->results.runs[r].standardize = runs[r].standardize;
    c->results.runs[r].seeds = mer__calloc((size_t)c->options->n_seeds, sizeof(mer__compare_seed));
    if (!c->results.runs[r].seeds) return mer__fail_memory(err);
  }
  char *models = mer__path_join(c->options->out, "models");
  mer_status status = models ? mer__folder_make(models, err) : mer__fail_memory(err);
  mer__free(models);
  return status;
}

static void clear(comparison *c) {
  mer__compare_state_close(&c->state, false);
  if (c->lock >= 0) mer__folder_unlock(c->lock, c->options->out);
  for (int r = 0; r < MER__COMPARE_RUNS; r++) {
    mer__compare_seed *seeds = c->results.runs[r].seeds;
    for (int32_t s = 0; seeds && s < c->options->n_seeds; s++)
      mer_train_result_clear(&seeds[s].trained);
    mer__free(seeds);
  }
  mer__free(c);
}

/* What would end a later training is told before the first one. The text model that a fusion may
 * begin with is not there yet; it reads as much as the encoder that it comes from. */
static mer_status check_trainings(const comparison *c, mer_error *err) {
  mer_status status = MER_OK;
  for (int r = 0; r < MER__COMPARE_RUNS && status == MER_OK; r++) {
    const mer_train_options train = plan(c, &runs[r], 0, c->options->out, c->options->encoder);
    status = mer__compare_check(c->dataset, &train, err);
  }
  return status;
}

static mer_status run_all(char **table, comparison *c, mer_error *err) {
  mer_status status;
  MER__CHECK(check_trainings(c, err));
  MER__CHECK(measure_majority(c, err));
  for (int32_t seed = 0; seed < c->options->n_seeds; seed++)
    for (int r = 0; r < MER__COMPARE_RUNS; r++) MER__CHECK(run_one(c, r, seed, err));
  MER__CHECK(
      mer__compare_write_files(mer__compare_results_text(&c->results, c->dataset, c->options),
                               c->options->out, c->options->monitor, err));
  MER__CHECK(make_table(table, c, err));
cleanup:
  return status;
}

static mer_status expect_no_states(const comparison *c, mer_error *err) {
  mer_status status = MER_OK;
  for (int r = 0; r < MER__COMPARE_RUNS; r++)
    for (int32_t seed = 0; seed < c->options->n_seeds && status == MER_OK; seed++)
      status = mer__compare_expect_no_state(name_model(c, &runs[r], seed), err);
  return status;
}

/* The settings of one kind, each as "text.lr". */
static bool add_kind(json_t *settings, const mer_train_options *options) {
  json_t *own = json_object(), *value;
  bool good = own && mer__train_options_describe(own, options);
  const char *name;
  json_object_foreach(own, name, value) {
    char full[64];
    snprintf(full, sizeof full, "%s.%s", mer_train_kind_name(options->kind), name);
    good = good && json_object_set(settings, full, value) == 0;
  }
  json_decref(own);
  return good;
}

static json_t *describe(const mer_compare_options *o, const mer_dataset *dataset) {
  json_t *settings = json_pack("{s:s, s:s?, s:s?, s:i}", "mer", MER_VERSION, "encoder", o->encoder,
                               "fusion_encoder", o->fusion_encoder, "seeds", (int)o->n_seeds);
  if (settings && mer__data_settings_describe(settings, dataset, &o->audio) &&
      add_kind(settings, &o->text) && add_kind(settings, &o->audio) &&
      add_kind(settings, &o->fusion))
    return settings;
  json_decref(settings);
  return NULL;
}

static mer_status open_state(comparison *c, mer_error *err) {
  const mer_compare_options *o = c->options;
  mer__json_watch();
  json_t *settings = describe(o, c->dataset);
  mer_status status = MER_OK;
  for (int r = 0; r < MER__COMPARE_RUNS && settings && status == MER_OK; r++) {
    const mer_train_options train = plan(c, &runs[r], 0, o->out, o->encoder);
    status = mer__compare_add_inputs(settings, c->dataset, &train, o->monitor, err);
  }
  if (status != MER_OK) {
    json_decref(settings);
    return status;
  }
  status = mer__compare_state_open(&c->state, o->out, o->resume, settings, err);
  if (status != MER_OK || c->state.was_there) return status;
  status = expect_no_states(c, err);
  if (status != MER_OK) mer__compare_state_close(&c->state, true);
  return status;
}

/* Whether an interruption has left something that another comparison would lose. */
static bool has_done_something(const comparison *c) {
  for (int r = 0; r < MER__COMPARE_RUNS; r++)
    for (int32_t seed = 0; seed < c->options->n_seeds; seed++)
      if (c->results.runs[r].seeds[seed].trained.n_epochs > 0) return true;
  return expect_no_states(c, NULL) != MER_OK; /* without memory: perhaps */
}

mer_status mer_compare_run(char **table, const mer_dataset *dataset,
                           const mer_compare_options *options, mer_error *err) {
  mer_compare_options used;
  *table = NULL;
  mer_compare_options_init(&used, sizeof used);
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_compare_options", err);
  if (status != MER_OK) return status;
  comparison *c = mer__calloc(1, sizeof *c);
  if (!c) return mer__fail_memory(err);
  *c = (comparison){.options = &used, .dataset = dataset, .lock = -1};
  c->quiet = mer__monitor_quiet(used.monitor);
  MER__CHECK(check_data(c, err));
  MER__CHECK(allocate(c, err));
  MER__CHECK(mer__folder_lock(&c->lock, used.out, err));
  MER__CHECK(open_state(c, err));
  status = run_all(table, c, err);
  if (status == MER_STATUS_INTERRUPTED) mer__compare_fail_interrupted(used.out, err);
  else if (status == MER_OK || (!c->state.was_there && !has_done_something(c)))
    mer__compare_state_close(&c->state, true);
cleanup:
  clear(c);
  return status;
}
