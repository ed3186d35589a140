/* robustness.c: `mer eval --robustness`. */
#include "cli/robustness.h"

#include <stdio.h>
#include <stdlib.h>

enum { N_RESAMPLES = 1000, NAME_BYTES = 128 };

static mer_status allocate(cli_robustness *r, mer_error *err) {
  r->metrics = malloc(MER_MAX_DISTURBANCES * sizeof *r->metrics);
  r->bootstrap = malloc(MER_MAX_DISTURBANCES * sizeof *r->bootstrap);
  if (r->metrics && r->bootstrap) return MER_OK;
  err->status = MER_STATUS_NO_MEMORY;
  return MER_STATUS_NO_MEMORY;
}

static mer_status measure_one(cli_robustness *r, int32_t i, const cli_evaluation *e, int64_t n_rows,
                              uint64_t seed, const mer_predict_options *options, mer_error *err) {
  mer_predictions p = {0};
  mer_report_disturbed *item = &r->items[i];
  mer_status status = mer_predict_disturbed(&p, e->model, e->dataset, e->rows, n_rows,
                                            &item->disturbance, seed, options, err);
  if (status == MER_OK)
    status =
        mer_metrics_compute(&r->metrics[i], p.labels, p.predicted, p.probs, p.n, p.n_classes, err);
  if (status == MER_OK)
    status = mer_metrics_bootstrap(&r->bootstrap[i], p.labels, p.predicted, p.n, p.n_classes,
                                   N_RESAMPLES, seed, err);
  item->metrics = &r->metrics[i];
  item->bootstrap = &r->bootstrap[i];
  mer_predictions_clear(&p);
  return status;
}

mer_status cli_robustness_measure(cli_robustness *r, const cli_evaluation *e, int64_t n_rows,
                                  uint64_t seed, const mer_predict_options *options,
                                  mer_error *err) {
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_predict_options quiet = *options;
  quiet.features.monitor = NULL; /* clips at fault have been told of */
  mer_status status = allocate(r, err);
  if (status != MER_OK) return status;
  r->n = mer_disturbances_of(list, e->model, e->rows, n_rows, options);
  for (int32_t i = 0; i < r->n && status == MER_OK; i++) {
    r->items[i].disturbance = list[i];
    status = measure_one(r, i, e, n_rows, seed, &quiet, err);
  }
  return status;
}

mer_status cli_robustness_print(const cli_robustness *r, const cli_evaluation *e, mer_error *err) {
  char names[MER_MAX_DISTURBANCES][NAME_BYTES], *table = NULL;
  mer_report_row rows[1 + MER_MAX_DISTURBANCES] = {
      {"rows as they are", &e->metrics, 1, &e->bootstrap}};
  for (int32_t i = 0; i < r->n; i++) {
    mer_disturbance_name(names[i], NAME_BYTES, &r->items[i].disturbance);
    rows[1 + i] = (mer_report_row){names[i], r->items[i].metrics, 1, r->items[i].bootstrap};
  }
  mer_status status = mer_report_table(&table, rows, 1 + r->n, NULL, err);
  if (status == MER_OK) printf("\n%s", table);
  mer_report_free(table);
  return status;
}

json_t *cli_robustness_json(const cli_robustness *r, const cli_evaluation *e, mer_error *err) {
  char *text = NULL;
  if (mer_report_robustness_json(&text, r->items, r->n, e->labels, err) != MER_OK) return NULL;
  json_t *list = json_loads(text, 0, NULL);
  mer_report_free(text);
  if (!list) err->status = MER_STATUS_NO_MEMORY;
  return list;
}

void cli_robustness_clear(cli_robustness *r) {
  free(r->metrics);
  free(r->bootstrap);
  *r = (cli_robustness){0};
}
