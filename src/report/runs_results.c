/* runs_results.c: results.json of a comparison of runs: a part for each test. */
#include <stdio.h>
#include <string.h>

#include "report/runs_results.h"

#include "base/alloc.h"
#include "base/text_buffer.h"
#include "report/calibration.h"
#include "report/metrics_json.h"
#include "report/results_write.h"
#include "tensor/json_memory.h"
#include "train/train_options.h"

/* What most functions below need. */
typedef struct context {
  const mer__runs_results *results;
  int32_t test;
  const char *labels[MER_MAX_CLASSES];
} context;

static const mer_runs_options *options_of(const context *c) { return c->results->options; }

static json_t *difference(const mer_difference *d) {
  return json_pack("{s:o, s:[o, o], s:o}", "difference", mer__real_to_json(d->difference),
                   "interval", mer__real_to_json(d->interval.low),
                   mer__real_to_json(d->interval.high), "p", mer__real_to_json(d->p));
}

static json_t *mcnemar(const context *c, const mer__runs_pair *pair) {
  json_t *seeds = json_array();
  for (int32_t s = 0; s < pair->n_seeds; s++) {
    const mer_mcnemar *m = &pair->mcnemar[s];
    json_array_append_new(seeds, json_pack("{s:I, s:I, s:I, s:o}", "seed",
                                           (json_int_t)options_of(c)->seeds[pair->seeds[s]],
                                           "only_run", (json_int_t)m->only_a, "only_other",
                                           (json_int_t)m->only_b, "p", mer__real_to_json(m->p)));
  }
  return json_pack("{s:o, s:o}", "p", mer__real_to_json(pair->mcnemar_p), "seeds", seeds);
}

static json_t *pair_to_json(const context *c, const mer__runs_pair *pair) {
  char run[160], other[160];
  const mer_paired_bootstrap *b = &pair->bootstrap;
  return json_pack("{s:s, s:s, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o}", "run",
                   mer__runs_title(run, sizeof run, c->results, pair->model, c->test), "other",
                   mer__runs_title(other, sizeof other, c->results, pair->other, c->test),
                   "best_single_modality", pair->best_single, "baseline", pair->baseline, "n",
                   (json_int_t)pair->n, "accuracy", difference(&b->accuracy), "weighted_f1",
                   difference(&b->weighted_f1), "macro_f1", difference(&b->macro_f1), "uar",
                   difference(&b->uar), "mcnemar", mcnemar(c, pair));
}

static json_t *run_settings(const context *c, int32_t model, const mer__compare_seed *seed) {
  const mer_runs_model *m = &options_of(c)->models[model];
  json_t *settings = mer__train_options_report(m->options);
  json_object_set_new(settings, "mer train", json_string(m->run_text));
  json_object_set_new(settings, "trained on", json_string(m->data_text));
  mer__results_tell_without_input(settings, seed->n_without_input[MER_SPLIT_TEST]);
  return settings;
}

static json_t *summary(const mer__compare_seed *seeds, int32_t n, mer_split split) {
  return seeds->metrics[split].n > 0 ? mer__compare_summary_to_json(seeds, n, split) : json_null();
}

static json_t *one_seed(const context *c, const mer__runs_cell *cell) {
  json_t *seed = mer__compare_seed_to_json(&cell->seed, c->labels);
  const mer_calibration *before = cell->uncalibrated.n > 0 ? &cell->uncalibrated : NULL;
  json_t *calibration =
      json_pack("{s:o}", "test", mer__calibration_to_json(&cell->calibration, before));
  int failed = json_object_set_new(seed, "calibration", calibration);
  if (cell->robustness) failed |= json_object_set(seed, "robustness", cell->robustness);
  if (cell->examples) failed |= json_object_set(seed, "examples", cell->examples);
  if (!failed) return seed;
  json_decref(seed);
  return NULL;
}

/* The words of a run and its data but for the limit of training rows: runs that have them in common
 * are points of a learning curve. */
static json_t *curve_of(const mer_runs_model *model) {
  static const char option[] = "--limit", blanks[] = " \t\r\n";
  mer__text_buffer out = {0};
  for (const char *word = model->run_text; *(word += strspn(word, blanks));) {
    const size_t size = strcspn(word, blanks), length = sizeof option - 1;
    const bool limits =
        strncmp(word, option, length) == 0 && (size == length || word[length] == '=');
    if (!limits) {
      mer__text_append(&out, word, size);
      mer__text_puts(&out, " ");
    }
    word += size;
    if (limits && size == length) { /* its value is another word */
      word += strspn(word, blanks);
      word += strcspn(word, blanks);
    }
  }
  mer__text_printf(&out, "on %s", model->data);
  json_t *text = out.failed ? NULL : json_stringn(out.data, out.size);
  mer__text_clear(&out);
  return text;
}

/* A run of which at least one seed is measured. */
static json_t *one_run(const context *c, int32_t model) {
  char title[160];
  int32_t indices[MER_REPORT_MAX_SEEDS],
      n = mer__runs_measured(indices, c->results, model, c->test);
  json_t *list = json_array();
  mer__compare_seed *seeds = mer__malloc((size_t)n, sizeof *seeds);
  for (int32_t s = 0; seeds && s < n; s++) {
    seeds[s] = mer__runs_cell_of(c->results, model, c->test, indices[s])->seed;
    json_array_append_new(list,
                          one_seed(c, mer__runs_cell_of(c->results, model, c->test, indices[s])));
  }
  const char *name = mer__runs_title(title, sizeof title, c->results, model, c->test);
  json_t *run =
      seeds ? json_pack(
                  "{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:{s:o, s:o, s:o}}", "name", name, "run",
                  options_of(c)->models[model].run, "data", options_of(c)->models[model].data,
                  "curve", curve_of(&options_of(c)->models[model]), "utterances",
                  (json_int_t)seeds[0].trained.n_train, "settings", run_settings(c, model, seeds),
                  "seeds", list, "summary", "test", summary(seeds, n, MER_SPLIT_TEST), "dev",
                  summary(seeds, n, MER_SPLIT_DEV), "train", summary(seeds, n, MER_SPLIT_TRAIN))
            : NULL;
  if (!seeds) json_decref(list);
  mer__free(seeds);
  return run;
}

/* Clips of a split as any model has found them that hears or sees. */
static const int64_t *clip_counts(const context *c, int split) {
  static const int64_t none[MER_N_CLIP_STATES];
  for (int32_t m = 0; m < options_of(c)->n_models; m++)
    for (int32_t s = 0; s < options_of(c)->n_seeds; s++) {
      const mer__runs_cell *cell = mer__runs_cell_of(c->results, m, c->test, s);
      for (int k = 0; cell->measured && k < MER_N_CLIP_STATES; k++)
        if (cell->seed.clip_counts[split][k] > 0) return cell->seed.clip_counts[split];
    }
  return none;
}

static json_t *splits(const context *c) {
  json_t *object = json_object();
  const mer_metrics *majority = &c->results->majority[c->test * MER_N_SPLITS];
  for (int s = 0; s < MER_N_SPLITS; s++)
    if (majority[s].n > 0)
      json_object_set_new(object, mer_split_name((mer_split)s),
                          mer__results_split_to_json(&majority[s], clip_counts(c, s)));
  return object;
}

static json_t *majority(const context *c) {
  const mer_metrics *all = &c->results->majority[c->test * MER_N_SPLITS];
  return json_pack("{s:s, s:o, s:o, s:o}", "label",
                   c->labels[mer__results_majority_class(&all[MER_SPLIT_TEST])], "train",
                   mer__results_metrics_or_null(&all[MER_SPLIT_TRAIN], NULL, c->labels), "dev",
                   mer__results_metrics_or_null(&all[MER_SPLIT_DEV], NULL, c->labels), "test",
                   mer__results_metrics_or_null(&all[MER_SPLIT_TEST], NULL, c->labels));
}

/* The part of a test; NULL if no model is measured on it, or memory is out. */
static json_t *part(const mer__runs_results *results, int32_t test, const mer__runs_pair *pairs,
                    int32_t n_pairs) {
  context c = {results, test, {0}};
  const mer_runs_test *t = &results->options->tests[test];
  const mer__results_origin origin = {.data_path = t->data_path, .note = results->options->note};
  int32_t seeds[MER_REPORT_MAX_SEEDS];
  json_t *runs = json_array(), *comparisons = json_array();
  mer__results_labels(c.labels, t->dataset);
  for (int32_t m = 0; m < results->options->n_models; m++)
    if (mer__runs_measured(seeds, results, m, test) > 0)
      json_array_append_new(runs, one_run(&c, m));
  for (int32_t i = 0; i < n_pairs; i++)
    json_array_append_new(comparisons, pair_to_json(&c, &pairs[i]));
  json_t *own = json_pack("{s:s, s:s}", "name", t->name, "split", mer_split_name(t->split));
  json_t *measured = mer__results_part(&origin, t->dataset, splits(&c), majority(&c), runs);
  json_object_update(own, measured);
  json_object_set_new(own, "comparisons", comparisons);
  json_decref(measured);
  return own;
}

/* Trainings that have failed. */
static json_t *failures(const mer__runs_results *r) {
  json_t *list = json_array();
  const mer_runs_options *o = r->options;
  for (int32_t m = 0; m < o->n_models; m++)
    for (int32_t s = 0; s < o->n_seeds; s++)
      if (r->failures[m * o->n_seeds + s])
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:I, s:s}", "run", o->models[m].run, "data", o->models[m].data,
                      "seed", (json_int_t)o->seeds[s], "message", r->failures[m * o->n_seeds + s]));
  return list;
}

char *mer__runs_results_text(const mer__runs_results *results, mer__runs_pair *const *pairs,
                             const int32_t *n_pairs) {
  const mer_runs_options *o = results->options;
  int32_t seeds[MER_REPORT_MAX_SEEDS];
  const mer__results_origin origin = {
      .title = o->title ? o->title : "Runs compared", .command = o->command, .created = o->created};
  mer__json_watch();
  json_t *parts = json_array();
  for (int32_t t = 0; t < o->n_tests; t++) {
    bool measured = false;
    for (int32_t m = 0; m < o->n_models; m++)
      measured |= mer__runs_measured(seeds, results, m, t) > 0;
    if (measured) json_array_append_new(parts, part(results, t, pairs[t], n_pairs[t]));
  }
  json_t *settings = json_pack("{s:i, s:s?}", "seeds", (int)o->n_seeds, "baseline", o->baseline);
  return mer__results_write(&origin, settings,
                            json_pack("{s:o, s:o}", "parts", parts, "failures", failures(results)));
}
