/* metrics_json.c: metrics and summaries as JSON. jansson's `_new` functions take over what is put
 * in, also when they fail, so that one check at the end is enough. */
#include "report/metrics_json.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "mer/report.h"
#include "report/measures.h"
#include "tensor/json_memory.h"

json_t *mer__real_to_json(double x) { return isfinite(x) ? json_real(x) : json_null(); }

/* `object`, or NULL with the object freed if a part of it failed. */
static json_t *checked(json_t *object, int failed) {
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

static json_t *class_to_json(const mer_class_metrics *c, const char *label) {
  json_t *object = json_object();
  int failed = json_object_set_new(object, "label", json_string(label));
  failed |= json_object_set_new(object, "precision", mer__real_to_json(c->precision));
  failed |= json_object_set_new(object, "recall", mer__real_to_json(c->recall));
  failed |= json_object_set_new(object, "f1", mer__real_to_json(c->f1));
  failed |= json_object_set_new(object, "support", json_integer(c->support));
  return checked(object, failed);
}

static json_t *classes_to_json(const mer_metrics *m, const char *const *labels) {
  json_t *array = json_array();
  int failed = 0;
  for (int32_t c = 0; c < m->n_classes; c++)
    failed |= json_array_append_new(array, class_to_json(&m->classes[c], labels[c]));
  return checked(array, failed);
}

static json_t *confusion_to_json(const mer_metrics *m) {
  json_t *rows = json_array();
  int failed = 0;
  for (int32_t c = 0; c < m->n_classes; c++) {
    json_t *row = json_array();
    for (int32_t p = 0; p < m->n_classes; p++)
      failed |= json_array_append_new(row, json_integer(m->confusion[c][p]));
    failed |= json_array_append_new(rows, row);
  }
  return checked(rows, failed);
}

static json_t *intervals_to_json(const mer_bootstrap *bootstrap) {
  json_t *object = json_object();
  int failed = 0;
  for (int k = 0; k < MER__N_MEASURES; k++) {
    const mer_interval *interval = mer__measure_interval(bootstrap, (mer__measure)k);
    if (!interval) continue;
    json_t *pair = json_array();
    failed |= json_array_append_new(pair, mer__real_to_json(interval->low));
    failed |= json_array_append_new(pair, mer__real_to_json(interval->high));
    failed |= json_object_set_new(object, mer__measure_key((mer__measure)k), pair);
  }
  return checked(object, failed);
}

json_t *mer__metrics_to_json(const mer_metrics *metrics, const mer_bootstrap *bootstrap,
                             const char *const *labels) {
  json_t *object = json_object();
  int failed = json_object_set_new(object, "n", json_integer(metrics->n));
  for (int k = 0; k < MER__N_MEASURES; k++)
    failed |= json_object_set_new(object, mer__measure_key((mer__measure)k),
                                  mer__real_to_json(mer__measure_of(metrics, (mer__measure)k)));
  failed |= json_object_set_new(object, "classes", classes_to_json(metrics, labels));
  failed |= json_object_set_new(object, "confusion", confusion_to_json(metrics));
  if (bootstrap) failed |= json_object_set_new(object, "intervals", intervals_to_json(bootstrap));
  return checked(object, failed);
}

json_t *mer__summary_to_json(const mer_metrics *metrics, int32_t n_seeds) {
  json_t *object = json_object();
  int failed = 0;
  for (int k = 0; k < MER__N_MEASURES; k++) {
    mer__mean mean = mer__measure_mean(metrics, n_seeds, (mer__measure)k);
    json_t *pair = json_object();
    failed |= json_object_set_new(pair, "mean", mer__real_to_json(mean.mean));
    failed |= json_object_set_new(pair, "deviation", mer__real_to_json(mean.deviation));
    failed |= json_object_set_new(object, mer__measure_key((mer__measure)k), pair);
  }
  return checked(object, failed);
}

/* Prints `object` and drops it. jansson's memory is copied so that mer_report_free frees it. */
static mer_status dump(char **json, json_t *object, mer_error *err) {
  char *text = mer__json_dump(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
  json_decref(object);
  *json = text ? mer__strdup(text) : NULL;
  free(text);
  return *json ? MER_OK : mer__fail_memory(err);
}

static bool is_utf8(const char *text) {
  json_t *string = json_string(text);
  json_decref(string);
  return string != NULL;
}

mer_status mer_report_metrics_json(char **json, const mer_metrics *metrics,
                                   const mer_bootstrap *bootstrap, const char *const *labels,
                                   mer_error *err) {
  mer__json_watch();
  for (int32_t c = 0; c < metrics->n_classes; c++)
    if (!is_utf8(labels[c]) && !mer__json_no_memory())
      return mer__fail(err, MER_STATUS_INVALID, "metrics: label %d is not UTF-8", (int)c);
  return dump(json, mer__metrics_to_json(metrics, bootstrap, labels), err);
}

mer_status mer_report_summary_json(char **json, const mer_metrics *metrics, int32_t n_seeds,
                                   mer_error *err) {
  if (n_seeds < 1) return mer__fail(err, MER_STATUS_INVALID, "summary: no seeds");
  mer__json_watch();
  return dump(json, mer__summary_to_json(metrics, n_seeds), err);
}

void mer_report_free(char *text) { mer__free(text); }
