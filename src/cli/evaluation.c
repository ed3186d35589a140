/* evaluation.c: the measures of `mer eval`, by what the model answers. */
#include "cli/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_RESAMPLES = 1000 };

static bool is_of_label(const cli_evaluation *e) {
  return e->predictions.target == MER_TARGET_LABEL;
}

/* Labels of the training split, which decide what the majority is; those of the rows themselves
 * without one. */
static mer_status measure_majority(cli_evaluation *e, mer_error *err) {
  int64_t n_train;
  const mer_predictions *p = &e->predictions;
  const mer_utterance *train = mer_dataset_rows(e->dataset, MER_SPLIT_TRAIN, &n_train);
  if (n_train == 0)
    return mer_metrics_majority(&e->majority, p->labels, p->n, p->labels, p->n, p->n_classes, err);
  int32_t *labels = malloc((size_t)n_train * sizeof *labels);
  if (!labels) {
    err->status = MER_STATUS_NO_MEMORY;
    return MER_STATUS_NO_MEMORY;
  }
  for (int64_t i = 0; i < n_train; i++) labels[i] = train[i].label;
  mer_status status =
      mer_metrics_majority(&e->majority, labels, n_train, p->labels, p->n, p->n_classes, err);
  free(labels);
  return status;
}

static mer_status measure_label(cli_evaluation *e, uint64_t seed, mer_error *err) {
  const mer_predictions *p = &e->predictions;
  mer_status status =
      mer_metrics_compute(&e->metrics, p->labels, p->predicted, p->probs, p->n, p->n_classes, err);
  if (status == MER_OK)
    status = mer_metrics_bootstrap(&e->bootstrap, p->labels, p->predicted, p->n, p->n_classes,
                                   N_RESAMPLES, seed, err);
  return status == MER_OK ? measure_majority(e, err) : status;
}

/* Targets of the training split, whose mean is the constant answer; those of the rows themselves
 * without one. */
static mer_status measure_constant(cli_evaluation *e, mer_error *err) {
  int64_t n_train;
  const mer_predictions *p = &e->predictions;
  const mer_utterance *train = mer_dataset_rows(e->dataset, MER_SPLIT_TRAIN, &n_train);
  if (n_train == 0)
    return mer_target_metrics_constant(&e->constant, p->target, p->targets, p->n, p->targets, p->n,
                                       p->n_classes, err);
  const size_t width = (size_t)p->n_classes;
  float *targets = malloc((size_t)n_train * width * sizeof *targets);
  if (!targets) {
    err->status = MER_STATUS_NO_MEMORY;
    return MER_STATUS_NO_MEMORY;
  }
  for (int64_t i = 0; i < n_train; i++)
    memcpy(targets + (size_t)i * width, train[i].targets, width * sizeof *targets);
  mer_status status = mer_target_metrics_constant(&e->constant, p->target, targets, n_train,
                                                  p->targets, p->n, p->n_classes, err);
  free(targets);
  return status;
}

static mer_status measure_targets(cli_evaluation *e, mer_error *err) {
  const mer_predictions *p = &e->predictions;
  mer_status status = mer_target_metrics_compute(&e->target_metrics, p->target, p->targets,
                                                 p->probs, p->n, p->n_classes, err);
  return status == MER_OK ? measure_constant(e, err) : status;
}

static mer_status measure_calibration(mer_calibration *c, const cli_evaluation *e,
                                      double temperature, mer_error *err) {
  const mer_predictions *p = &e->predictions;
  return mer_calibration_compute(c, p->target, p->targets, p->logits, p->n, p->n_classes,
                                 temperature, err);
}

static bool has_probabilities(const cli_evaluation *e) {
  return e->predictions.target != MER_TARGET_VALUES;
}

/* Whether there is a temperature, and scores that are those without it: a map joins by it. */
static bool has_before(const cli_evaluation *e) {
  return mer_model_temperature(e->model) != 1 && !(e->mapped && is_of_label(e));
}

/* The measures without the model's temperature; NULL: there are none. */
static const mer_calibration *before_of(const cli_evaluation *e) {
  return has_before(e) ? &e->uncalibrated : NULL;
}

mer_status cli_evaluation_measure(cli_evaluation *e, uint64_t seed, mer_error *err) {
  const double temperature = mer_model_temperature(e->model);
  mer_status status = is_of_label(e) ? measure_label(e, seed, err) : measure_targets(e, err);
  if (status == MER_OK && has_probabilities(e))
    status = measure_calibration(&e->calibration, e, temperature, err);
  if (status == MER_OK && has_probabilities(e) && has_before(e))
    status = measure_calibration(&e->uncalibrated, e, 1, err);
  return status;
}

static mer_status print_calibration(const cli_evaluation *e, mer_error *err) {
  char *table = NULL;
  if (!has_probabilities(e)) return MER_OK;
  mer_status status = mer_report_calibration(&table, &e->calibration, before_of(e), err);
  if (status == MER_OK) printf("\n%s", table);
  mer_report_free(table);
  return status;
}

static void print_certain(const cli_evaluation *e) {
  mer_coverage c;
  if (e->min_confidence == 0) return;
  mer_coverage_compute(&c, &e->predictions, e->min_confidence);
  printf("\nanswers with a probability of at least %g: %lld of %lld (%.1f %%)", c.min_confidence,
         (long long)c.n_certain, (long long)c.n, 100 * (double)c.n_certain / (double)c.n);
  if (c.n_certain)
    printf("; right of these: %lld (%.1f %%)", (long long)c.n_right,
           100 * (double)c.n_right / (double)c.n_certain);
  putchar('\n');
}

static mer_status print_label(const cli_evaluation *e, const char *model, mer_error *err) {
  char *table = NULL, *classes = NULL;
  const mer_report_row rows[] = {{"majority class", &e->majority, 1, NULL},
                                 {model, &e->metrics, 1, &e->bootstrap}};
  mer_status status = mer_report_table(&table, rows, 2, e->labels, err);
  if (status == MER_OK) status = mer_report_classes(&classes, &e->metrics, e->labels, err);
  if (status == MER_OK) printf("%s\n%s", table, classes);
  mer_report_free(table);
  mer_report_free(classes);
  return status;
}

mer_status cli_evaluation_print(const cli_evaluation *e, const char *model, mer_error *err) {
  char *table = NULL;
  if (is_of_label(e)) {
    mer_status status = print_label(e, model, err);
    if (status == MER_OK) status = print_calibration(e, err);
    if (status == MER_OK) print_certain(e);
    return status;
  }
  const mer_report_target_row rows[] = {{"always the training mean", &e->constant},
                                        {model, &e->target_metrics}};
  mer_status status = mer_report_target_table(&table, rows, 2, e->labels, err);
  if (status == MER_OK) printf("%s", table);
  mer_report_free(table);
  return status == MER_OK ? print_calibration(e, err) : status;
}

static json_t *parse(char *text) {
  json_t *object = text ? json_loads(text, 0, NULL) : NULL;
  mer_report_free(text);
  return object;
}

/* {"min_confidence", "n", "coverage", "accuracy"} */
static json_t *certain_to_json(const cli_evaluation *e) {
  mer_coverage c;
  mer_coverage_compute(&c, &e->predictions, e->min_confidence);
  const double n = (double)c.n_certain;
  return json_pack("{s:f, s:I, s:f, s:o}", "min_confidence", c.min_confidence, "n",
                   (json_int_t)c.n_certain, "coverage", n / (double)c.n, "accuracy",
                   c.n_certain ? json_real((double)c.n_right / n) : json_null());
}

/* Adds what is known of the probabilities. */
static mer_status add_calibration(json_t *object, const cli_evaluation *e, mer_error *err) {
  char *text = NULL;
  if (!has_probabilities(e)) return MER_OK;
  mer_status status = mer_report_calibration_json(&text, &e->calibration, before_of(e), err);
  if (status != MER_OK) return status;
  json_object_set_new(object, "calibration", parse(text));
  if (e->min_confidence > 0) json_object_set_new(object, "certain", certain_to_json(e));
  return MER_OK;
}

json_t *cli_evaluation_json(const cli_evaluation *e, mer_error *err) {
  json_t *object = NULL;
  char *metrics = NULL, *baseline = NULL;
  mer_status status;
  if (is_of_label(e)) {
    status = mer_report_metrics_json(&metrics, &e->metrics, &e->bootstrap, e->labels, err);
    if (status == MER_OK)
      status = mer_report_metrics_json(&baseline, &e->majority, NULL, e->labels, err);
  } else {
    status = mer_report_target_json(&metrics, &e->target_metrics, e->labels, err);
    if (status == MER_OK) status = mer_report_target_json(&baseline, &e->constant, e->labels, err);
  }
  if (status != MER_OK) {
    mer_report_free(metrics);
    return NULL;
  }
  object = json_pack("{s:o, s:o}", "metrics", parse(metrics),
                     is_of_label(e) ? "majority" : "constant", parse(baseline));
  if (add_calibration(object, e, err) == MER_OK) return object;
  json_decref(object);
  return NULL;
}

mer_status cli_evaluation_report(const char *path, const cli_evaluation *e,
                                 mer_report_evaluation *report, const mer_monitor *monitor,
                                 mer_error *err) {
  char *json = NULL;
  if (has_probabilities(e)) {
    report->calibration = &e->calibration;
    report->uncalibrated = before_of(e);
  }
  if (!is_of_label(e)) {
    report->target_metrics = &e->target_metrics;
    report->constant = &e->constant;
    report->predictions = &e->predictions;
    return mer_report_target_page(path, report, monitor, err);
  }
  report->metrics = &e->metrics;
  report->bootstrap = &e->bootstrap;
  report->majority = &e->majority;
  mer_status status = mer_report_evaluation_json(&json, report, err);
  if (status == MER_OK) status = mer_report_write_html(path, json, monitor, err);
  mer_report_free(json);
  return status;
}
