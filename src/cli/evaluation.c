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

mer_status cli_evaluation_measure(cli_evaluation *e, uint64_t seed, mer_error *err) {
  const mer_predictions *p = &e->predictions;
  if (is_of_label(e)) return measure_label(e, seed, err);
  mer_status status = mer_target_metrics_compute(&e->target_metrics, p->target, p->targets,
                                                 p->probs, p->n, p->n_classes, err);
  return status == MER_OK ? measure_constant(e, err) : status;
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
  if (is_of_label(e)) return print_label(e, model, err);
  const mer_report_target_row rows[] = {{"always the training mean", &e->constant},
                                        {model, &e->target_metrics}};
  mer_status status = mer_report_target_table(&table, rows, 2, e->labels, err);
  if (status == MER_OK) printf("%s", table);
  mer_report_free(table);
  return status;
}

static json_t *parse(char *text) {
  json_t *object = text ? json_loads(text, 0, NULL) : NULL;
  mer_report_free(text);
  return object;
}

json_t *cli_evaluation_json(const cli_evaluation *e, mer_error *err) {
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
  if (status == MER_OK)
    return json_pack("{s:o, s:o}", "metrics", parse(metrics),
                     is_of_label(e) ? "majority" : "constant", parse(baseline));
  mer_report_free(metrics);
  return NULL;
}

mer_status cli_evaluation_report(const char *path, const cli_evaluation *e,
                                 mer_report_evaluation *report, const mer_monitor *monitor,
                                 mer_error *err) {
  char *json = NULL;
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
