/* runs_compare.c: models x seeds of a file of runs, trained one after the other and measured on
 * tests. What has failed is recorded; the others go on. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/output_folder.h"
#include "base/sized_options.h"
#include "data/dataset.h"
#include "report/compare_files.h"
#include "report/compare_inputs.h"
#include "report/results_write.h"
#include "report/runs_plan.h"
#include "report/runs_results.h"
#include "tensor/json_memory.h"
#include "train/settings_compare.h"

typedef struct comparison {
  const mer_runs_options *options;
  mer__runs_results results;
  mer__compare_state state;
  int lock; /* on the folder; -1: none */
} comparison;

static const mer_utterance *train_rows(int64_t *n, const mer_runs_model *model) {
  const mer_utterance *rows = mer_dataset_rows(model->dataset, MER_SPLIT_TRAIN, n);
  *n = mer__limit_rows(*n, model->options->limit);
  return rows;
}

/* What ends the whole comparison, so that it can go on later. */
static bool ends_all(mer_status status) {
  return status == MER_STATUS_INTERRUPTED || status == MER_STATUS_NO_MEMORY ||
         status == MER_STATUS_IO;
}

/* Takes over what is needed of the answers. */
static void keep_answers(mer__runs_cell *cell, mer_predictions *p) {
  cell->answers = (mer__runs_answers){p->n, p->rows, p->labels, p->predicted};
  cell->measured = p->n > 0;
  p->rows = NULL;
  p->labels = p->predicted = NULL;
}

/* How good the probabilities are. */
static mer_status measure_calibration(mer__runs_cell *cell, const mer_predictions *p,
                                      const mer_model *model, mer_error *err) {
  const double temperature = mer_model_temperature(model);
  mer_status status = mer_calibration_compute(&cell->calibration, p->target, p->targets, p->logits,
                                              p->n, p->n_classes, temperature, err);
  if (status == MER_OK && temperature != 1)
    status = mer_calibration_compute(&cell->uncalibrated, p->target, p->targets, p->logits, p->n,
                                     p->n_classes, 1, err);
  return status;
}

/* Seconds of the longer one of two limits; 0 is none. */
static double longer(double a, double b) { return a == 0 || b == 0 ? 0 : a > b ? a : b; }

/* Asks the model as it was trained: by the speakers of the test, if that says who they are, and for
 * clips as long as those of its training. */
static void follow_training(mer_predict_options *options, const mer_train_options *train) {
  options->as_trained = true;
  options->features.max_duration_s =
      longer(options->features.max_duration_s, train->features.max_duration_s);
}

/* Whether no earlier seed of a model is measured on a test. */
static bool is_first(const comparison *c, int32_t m, int32_t test, int32_t s) {
  for (int32_t before = 0; before < s; before++)
    if (mer__runs_cell_of(&c->results, m, test, before)->measured) return false;
  return true;
}

/* Whether a model has been measured on a test that has told of its clips. */
static bool has_told(const comparison *c, int32_t m, int32_t test, int32_t s) {
  for (int32_t before = 0; before < m; before++)
    if (mer__runs_takes_clips(&c->options->models[before]) &&
        mer__runs_cell_of(&c->results, before, test, s)->measured)
      return true;
  return !is_first(c, m, test, s);
}

static mer_status measure_test(comparison *c, int32_t m, int32_t test, int32_t s, mer_model *model,
                               const mer__kept_scores *kept, mer_error *err) {
  const mer_runs_test *t = &c->options->tests[test];
  mer__runs_cell *cell = mer__runs_cell_of(&c->results, m, test, s);
  mer_predict_options options = *t->options;
  const char *precomputed[MER__RUNS_PRECOMPUTED];
  mer__compare_rows rows = {.dataset = t->dataset, .options = &options, .kept = kept};
  mer_predictions predictions = {0};
  const mer_monitor quiet = mer__monitor_quiet(c->options->monitor);
  options.features.monitor = has_told(c, m, test, s) ? &quiet : c->options->monitor;
  options.monitor = c->options->monitor;
  options.n_precomputed =
      mer__runs_pick_precomputed(precomputed, options.precomputed, options.n_precomputed,
                                 c->options->models[m].options->modalities);
  options.precomputed = precomputed;
  rows.rows = mer_dataset_rows(t->dataset, t->split, &rows.n);
  follow_training(&options, c->options->models[m].options);
  mer_status status = mer__compare_measure(&cell->seed, &predictions, MER_SPLIT_TEST, model, &rows,
                                           c->options->seeds[s], err);
  options.features.monitor = &quiet;
  if (status == MER_OK) status = measure_calibration(cell, &predictions, model, err);
  if (status == MER_OK && is_first(c, m, test, s))
    status = mer__runs_measure_extras(cell, c->options, model, &rows, &predictions, err);
  if (status == MER_OK) keep_answers(cell, &predictions);
  mer_predictions_clear(&predictions);
  return status;
}

/* Measures the splits that a model was trained with. */
static mer_status measure_own(mer__compare_seed *seed, const comparison *c, int32_t m,
                              const mer_train_options *train, mer_model *model,
                              const mer__kept_scores *kept, mer_error *err) {
  const mer_runs_model *of = &c->options->models[m];
  const mer_monitor quiet = mer__monitor_quiet(c->options->monitor);
  mer_predict_options options = mer__compare_predict_options(train, c->options->monitor, &quiet);
  mer_status status = MER_OK;
  follow_training(&options, train);
  for (int split = MER_SPLIT_TRAIN; split <= MER_SPLIT_DEV && status == MER_OK; split++) {
    mer_predictions predictions = {0};
    mer__compare_rows rows = {.dataset = of->dataset, .options = &options, .kept = kept};
    rows.rows = split == MER_SPLIT_TRAIN ? train_rows(&rows.n, of)
                                         : mer_dataset_rows(of->dataset, (mer_split)split, &rows.n);
    status = mer__compare_measure(seed, &predictions, (mer_split)split, model, &rows, 0, err);
    mer_predictions_clear(&predictions);
  }
  return status;
}

/* A model that was trained, and where its scores are kept. If it cannot be opened, or they cannot
 * be kept, no training has failed: the comparison ends, and goes on when that has been mended. */
static mer_status open_model(mer_model **model, mer__kept_scores *kept, const comparison *c,
                             const char *folder, mer_error *err) {
  mer_error fault = {0};
  mer_status status = mer_model_open(model, folder, &fault);
  if (status == MER_OK)
    status = mer__kept_scores_open(kept, c->state.scores, folder, c->options->monitor, &fault);
  if (status == MER_OK || ends_all(status)) {
    if (err) *err = fault;
    return status;
  }
  return mer__fail(err, MER_STATUS_IO, "%s; what is removed here is made again", fault.message);
}

static mer_status measure(comparison *c, int32_t m, int32_t s, const mer_train_options *train,
                          mer_error *err) {
  const mer_runs_options *o = c->options;
  mer__compare_seed *own = mer__calloc(1, sizeof *own);
  mer__kept_scores kept;
  mer_model *model = NULL;
  mer_status status;
  if (!own) return mer__fail_memory(err);
  own->seed = o->seeds[s];
  own->trained = c->results.trained[m * o->n_seeds + s];
  MER__CHECK(open_model(&model, &kept, c, train->out, err));
  c->results.n_modalities[m] = mer_model_n_modalities(model);
  MER__CHECK(measure_own(own, c, m, train, model, &kept, err));
  for (int32_t t = 0; t < o->n_tests; t++) {
    if (!mer__runs_applies(o, m, t)) continue;
    mer__runs_cell_of(&c->results, m, t, s)->seed = *own;
    MER__CHECK(measure_test(c, m, t, s, model, &kept, err));
  }
cleanup:
  mer_model_close(model);
  mer__free(own);
  return status;
}

/* Whether a teacher of the model has failed, whose run is that. */
static const char *failed_teacher(const comparison *c, int32_t m, int32_t s) {
  for (int t = 0; t < c->options->models[m].options->n_teachers; t++) {
    const int32_t other = mer__runs_teacher(c->options, m, t);
    if (other >= 0 && c->results.failures[other * c->options->n_seeds + s])
      return c->options->models[other].run;
  }
  return NULL;
}

/* The failure of a model which this one stands on; NULL: it can be trained. */
static const char *find_failure(char buffer[128], const comparison *c, int32_t m, int32_t s) {
  const mer_runs_model *model = &c->options->models[m];
  for (int e = 0; e < MER_RUNS_ENCODERS; e++) {
    const int32_t other = model->follows[e];
    if (other < 0 || !c->results.failures[other * c->options->n_seeds + s]) continue;
    snprintf(buffer, 128, "its encoder, the model of %s, has failed",
             c->options->models[other].run);
    return buffer;
  }
  const char *teacher = failed_teacher(c, m, s);
  if (!teacher) return NULL;
  snprintf(buffer, 128, "its teacher, the model of %s, has failed", teacher);
  return buffer;
}

static mer_status keep_failure(comparison *c, int32_t m, int32_t s, const char *message,
                               mer_error *err) {
  char **failure = &c->results.failures[m * c->options->n_seeds + s];
  *failure = mer__strdup(message);
  if (!*failure) return mer__fail_memory(err);
  mer__log(c->options->monitor, MER_LOG_WARNING, "failed: %s", message);
  return MER_OK;
}

static mer_status train_and_measure(comparison *c, int32_t m, int32_t s, mer_error *err) {
  char key[MER__RUNS_KEY];
  mer__runs_folders f;
  mer_status status = mer__runs_name_folders(&f, c->options, m, s, err);
  if (status != MER_OK) return status;
  mer_train_options train = mer__runs_plan(c->options, m, s, &f);
  mer__runs_key(key, &c->options->models[m]);
  status = mer__compare_train(&c->results.trained[m * c->options->n_seeds + s], &c->state,
                              c->options->models[m].dataset, key, s, &train, err);
  if (status == MER_OK) status = measure(c, m, s, &train, err);
  mer__runs_clear_folders(&f);
  return status;
}

static mer_status run_one(comparison *c, int32_t m, int32_t s, mer_error *err) {
  const mer_runs_options *o = c->options;
  char buffer[128];
  mer_error failure = {0};
  mer__log(o->monitor, MER_LOG_INFO, "%s on %s, seed %llu (%d of %d)", o->models[m].run,
           o->models[m].data, (unsigned long long)o->seeds[s], (int)(s * o->n_models + m + 1),
           (int)(o->n_models * o->n_seeds));
  const char *earlier = find_failure(buffer, c, m, s);
  if (earlier) return keep_failure(c, m, s, earlier, err);
  const mer_status status = train_and_measure(c, m, s, &failure);
  if (status == MER_OK) return MER_OK;
  if (!ends_all(status)) return keep_failure(c, m, s, failure.message, err);
  *err = failure;
  return status;
}

/* The majority class of a test: that of the training rows beside it, else of its own rows. Splits
 * that its models were not trained with are left out. */
static mer_status measure_majority(comparison *c, int32_t test, mer_error *err) {
  const mer_runs_test *t = &c->options->tests[test];
  mer_metrics *majority = &c->results.majority[test * MER_N_SPLITS];
  int32_t *labels[MER_N_SPLITS] = {0};
  int64_t n[MER_N_SPLITS];
  mer_status status = MER_OK;
  for (int s = 0; s < MER_N_SPLITS && status == MER_OK; s++) {
    const mer_split split = s == MER_SPLIT_TEST ? t->split : (mer_split)s;
    const mer_utterance *rows = mer_dataset_rows(t->dataset, split, &n[s]);
    labels[s] = mer__malloc((size_t)n[s] + 1, sizeof **labels);
    if (!labels[s]) status = mer__fail_memory(err);
    for (int64_t i = 0; labels[s] && i < n[s]; i++) labels[s][i] = rows[i].label;
  }
  const int from = n[MER_SPLIT_TRAIN] > 0 ? MER_SPLIT_TRAIN : MER_SPLIT_TEST;
  for (int s = 0; s < MER_N_SPLITS && status == MER_OK; s++)
    if (n[s] > 0 && (t->data || s == MER_SPLIT_TEST))
      status = mer_metrics_majority(&majority[s], labels[from], n[from], labels[s], n[s],
                                    mer_dataset_n_labels(t->dataset), err);
  for (int s = 0; s < MER_N_SPLITS; s++) mer__free(labels[s]);
  return status;
}

static int32_t count_failures(const comparison *c) {
  int32_t n = 0;
  for (int32_t i = 0; i < c->options->n_models * c->options->n_seeds; i++)
    n += c->results.failures[i] != NULL;
  return n;
}

static mer_status give_results(char **text, const comparison *c, mer_error *err) {
  mer__runs_pair *pairs[MER_REPORT_MAX_RUNS] = {0};
  int32_t n_pairs[MER_REPORT_MAX_RUNS] = {0};
  mer_status status = MER_OK;
  if (count_failures(c) == c->options->n_models * c->options->n_seeds)
    return mer__fail(err, MER_STATUS_INVALID, "all trainings have failed, the first one: %s",
                     c->results.failures[0]);
  for (int32_t t = 0; t < c->options->n_tests; t++)
    MER__CHECK(mer__runs_pairs(&pairs[t], &n_pairs[t], &c->results, t, err));
  MER__CHECK(mer__compare_write_files(mer__runs_results_text(&c->results, pairs, n_pairs),
                                      c->options->out, c->options->monitor, err));
  MER__CHECK(mer__runs_tables(text, &c->results, pairs, n_pairs, err));
cleanup:
  for (int32_t t = 0; t < c->options->n_tests; t++) mer__free(pairs[t]);
  return status;
}

static mer_status run_all(char **text, comparison *c, mer_error *err) {
  const mer_runs_options *o = c->options;
  mer_status status;
  for (int32_t t = 0; t < o->n_tests; t++) MER__CHECK(measure_majority(c, t, err));
  for (int32_t s = 0; s < o->n_seeds; s++)
    for (int32_t m = 0; m < o->n_models; m++) MER__CHECK(run_one(c, m, s, err));
  MER__CHECK(give_results(text, c, err));
cleanup:
  return status;
}

/* The words of the file of runs that decide the result, and the digests of the tables. */
static json_t *describe(const mer_runs_options *o) {
  json_t *settings = json_pack("{s:s}", "mer", MER_VERSION), *seeds = json_array();
  char name[64];
  int failed = 0;
  for (int32_t s = 0; s < o->n_seeds; s++)
    failed |= json_array_append_new(seeds, json_integer((json_int_t)o->seeds[s]));
  failed |= json_object_set_new(settings, "seeds", seeds);
  for (int32_t m = 0; m < o->n_models; m++) {
    const mer_runs_model *model = &o->models[m];
    snprintf(name, sizeof name, "data %s", model->data);
    failed |= json_object_set_new(settings, name, json_string(model->data_text));
    snprintf(name, sizeof name, MER__TABLE_PREFIX "%s", model->data);
    failed |= json_object_set_new(settings, name, json_string(mer_dataset_digest(model->dataset)));
    snprintf(name, sizeof name, "run %s", model->run);
    failed |= json_object_set_new(settings, name, json_string(model->run_text));
  }
  if (!failed) return settings;
  json_decref(settings);
  return NULL;
}

static mer_status expect_no_states(const comparison *c, mer_error *err) {
  mer_status status = MER_OK;
  for (int32_t m = 0; m < c->options->n_models; m++)
    for (int32_t s = 0; s < c->options->n_seeds && status == MER_OK; s++)
      status = mer__compare_expect_no_state(mer__runs_folder(c->options, m, s), err);
  return status;
}

static mer_status open_state(comparison *c, mer_error *err) {
  const mer_runs_options *o = c->options;
  mer__json_watch();
  json_t *settings = describe(o);
  mer_status status = MER_OK;
  for (int32_t m = 0; m < o->n_models && settings && status == MER_OK; m++) {
    mer__runs_folders none = {0}; /* models of the comparison are not there yet */
    const mer_train_options train = mer__runs_plan(o, m, 0, &none);
    status = mer__compare_add_inputs(settings, o->models[m].dataset, &train, o->monitor, err);
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

/* Whether there is something that another comparison would lose. */
static bool has_done_something(const comparison *c) {
  for (int32_t i = 0; i < c->options->n_models * c->options->n_seeds; i++)
    if (c->results.trained[i].n_epochs > 0) return true;
  return expect_no_states(c, NULL) != MER_OK; /* without memory: perhaps */
}

static mer_status make_folders(const comparison *c, mer_error *err) {
  mer_status status = MER_OK;
  for (int32_t m = 0; m < c->options->n_models && status == MER_OK; m++) {
    char name[96];
    snprintf(name, sizeof name, "models/%s", c->options->models[m].data);
    char *folder = mer__path_join(c->options->out, name);
    status = folder ? mer__folder_make(folder, err) : mer__fail_memory(err);
    mer__free(folder);
  }
  return status;
}

static mer_status allocate(comparison *c, mer_error *err) {
  const size_t n_models = (size_t)c->options->n_models, n_seeds = (size_t)c->options->n_seeds;
  const size_t n_tests = (size_t)c->options->n_tests;
  mer__runs_results *r = &c->results;
  r->options = c->options;
  r->cells = mer__calloc(n_models * n_tests * n_seeds, sizeof *r->cells);
  r->trained = mer__calloc(n_models * n_seeds, sizeof *r->trained);
  r->failures = mer__calloc(n_models * n_seeds, sizeof *r->failures);
  r->n_modalities = mer__calloc(n_models, sizeof *r->n_modalities);
  r->majority = mer__calloc(n_tests * MER_N_SPLITS, sizeof *r->majority);
  const bool good = r->cells && r->trained && r->failures && r->n_modalities && r->majority;
  return good ? MER_OK : mer__fail_memory(err);
}

static void clear(comparison *c) {
  const mer_runs_options *o = c->options;
  mer__runs_results *r = &c->results;
  mer__compare_state_close(&c->state, false);
  if (c->lock >= 0) mer__folder_unlock(c->lock, o->out);
  for (int32_t i = 0; r->cells && i < o->n_models * o->n_tests * o->n_seeds; i++) {
    mer__free(r->cells[i].answers.rows);
    mer__free(r->cells[i].answers.labels);
    mer__free(r->cells[i].answers.predicted);
    json_decref(r->cells[i].robustness);
    json_decref(r->cells[i].examples);
  }
  for (int32_t i = 0; i < o->n_models * o->n_seeds; i++) {
    if (r->trained) mer_train_result_clear(&r->trained[i]);
    if (r->failures) mer__free(r->failures[i]);
  }
  mer__free(r->cells);
  mer__free(r->trained);
  mer__free(r->failures);
  mer__free(r->n_modalities);
  mer__free(r->majority);
  mer__free(c);
}

static mer_status check_count(const char *what, int32_t n, int32_t least, int32_t most,
                              mer_error *err) {
  if (n >= least && n <= most) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s: %d, not %d to %d", what, (int)n, (int)least,
                   (int)most);
}

static mer_status begin(comparison *c, mer_runs_options *used, const mer_runs_options *options,
                        mer_error *err) {
  mer_status status;
  *used = (mer_runs_options){.size = sizeof *used};
  *c = (comparison){.options = used, .lock = -1};
  MER__CHECK(mer__options_read(used, sizeof *used, options, "mer_runs_options", err));
  MER__CHECK(check_count("n_models", used->n_models, 1, MER_REPORT_MAX_RUNS, err));
  MER__CHECK(check_count("n_tests", used->n_tests, 1, MER_REPORT_MAX_RUNS, err));
  MER__CHECK(check_count("n_seeds", used->n_seeds, 1, MER_REPORT_MAX_SEEDS, err));
  MER__CHECK(check_count("n_examples", used->n_examples, 0, MER_REPORT_MAX_EXAMPLES, err));
  MER__CHECK(mer__results_origin_check(&(mer__results_origin){.title = used->title,
                                                              .command = used->command,
                                                              .created = used->created,
                                                              .note = used->note},
                                       err));
cleanup:
  if (status != MER_OK) *used = (mer_runs_options){.size = sizeof *used};
  return status;
}

mer_status mer_runs_check(int32_t *bad, const mer_runs_options *options, mer_error *err) {
  mer_runs_options used;
  comparison c;
  mer_status status = begin(&c, &used, options, err);
  return status == MER_OK ? mer__runs_check_all(bad, &used, err) : status;
}

/* What was done is kept if there is something to go on with. */
static void end_state(comparison *c, bool whole) {
  const bool nothing = !c->state.was_there && !has_done_something(c);
  if (whole || nothing) mer__compare_state_close(&c->state, true);
  else
    mer__log(c->options->monitor, MER_LOG_INFO,
             "%s holds what was done: --resume goes on with it, and tries again what has failed",
             c->options->out);
}

mer_status mer_runs_compare(char **text, int32_t *n_failed, const mer_runs_options *options,
                            mer_error *err) {
  mer_runs_options used;
  int32_t bad;
  *text = NULL;
  *n_failed = 0;
  comparison *c = mer__calloc(1, sizeof *c);
  if (!c) return mer__fail_memory(err);
  mer_status status;
  MER__CHECK(begin(c, &used, options, err));
  MER__CHECK(mer__runs_check_all(&bad, &used, err));
  MER__CHECK(allocate(c, err));
  MER__CHECK(make_folders(c, err));
  MER__CHECK(mer__folder_lock(&c->lock, used.out, err));
  MER__CHECK(open_state(c, err));
  status = run_all(text, c, err);
  *n_failed = count_failures(c);
  if (status == MER_STATUS_INTERRUPTED) mer__compare_fail_interrupted(used.out, err);
  else end_state(c, status == MER_OK && *n_failed == 0);
cleanup:
  clear(c);
  return status;
}
