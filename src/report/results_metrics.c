/* results_metrics.c: the parts of a results document that repeat: metrics and epochs. */
#include "report/results_metrics.h"

#include <math.h>

#include "base/error.h"
#include "mer/report.h"
#include "report/measures.h"

static mer_status read_class(mer_class_metrics *c, mer__json_reader *r, const json_t *object) {
  if (!json_is_object(object)) return mer__json_fail(r, "objects", object);
  mer_status status;
  MER__CHECK(mer__json_number(&c->precision, r, object, "precision"));
  MER__CHECK(mer__json_number(&c->recall, r, object, "recall"));
  MER__CHECK(mer__json_number(&c->f1, r, object, "f1"));
  MER__CHECK(mer__json_count(&c->support, r, object, "support", MER__JSON_OPTIONAL));
cleanup:
  return status;
}

static mer_status read_classes(mer_metrics *m, mer__json_reader *r, const json_t *object) {
  const json_t *classes;
  for (int32_t c = 0; c < m->n_classes; c++)
    m->classes[c] = (mer_class_metrics){.precision = NAN, .recall = NAN, .f1 = NAN};
  mer_status status = mer__json_array(&classes, r, object, "classes", MER__JSON_OPTIONAL);
  if (status != MER_OK || !classes) return status;
  size_t mark = mer__json_enter(r, "classes", 0);
  status = mer__json_length(r, classes, (size_t)m->n_classes);
  for (int32_t c = 0; status == MER_OK && c < m->n_classes; c++)
    status = read_class(&m->classes[c], r, json_array_get(classes, (size_t)c));
  mer__json_leave(r, mark);
  return status;
}

/* Counts of all utterances together must fit: sums over seeds are shown. */
enum { MAX_CELL = 1 << 30 };

static mer_status read_confusion_row(int64_t *row, mer__json_reader *r, const json_t *array,
                                     int32_t n) {
  if (!json_is_array(array)) return mer__json_fail(r, "arrays", array);
  mer_status status = mer__json_length(r, array, (size_t)n);
  for (int32_t p = 0; status == MER_OK && p < n; p++) {
    const json_t *cell = json_array_get(array, (size_t)p);
    row[p] = json_integer_value(cell);
    if (!json_is_integer(cell) || row[p] < 0 || row[p] > MAX_CELL)
      status = mer__json_fail(r, "counts", cell);
  }
  return status;
}

static mer_status read_confusion(mer__results_metrics *metrics, mer__json_reader *r,
                                 const json_t *object) {
  const json_t *rows;
  int32_t n = metrics->values.n_classes;
  mer_status status = mer__json_array(&rows, r, object, "confusion", MER__JSON_OPTIONAL);
  if (status != MER_OK || !rows) return status;
  size_t mark = mer__json_enter(r, "confusion", 0);
  status = mer__json_length(r, rows, (size_t)n);
  for (int32_t c = 0; status == MER_OK && c < n; c++)
    status =
        read_confusion_row(metrics->values.confusion[c], r, json_array_get(rows, (size_t)c), n);
  metrics->has_confusion = true;
  mer__json_leave(r, mark);
  return status;
}

mer_status mer__results_read_interval(mer_interval *interval, mer__json_reader *r,
                                      const json_t *object, const char *key, mer__json_need need) {
  const json_t *pair, *ends[2];
  *interval = (mer_interval){NAN, NAN};
  mer_status status = mer__json_array(&pair, r, object, key, need);
  if (status != MER_OK || !pair) return status;
  size_t mark = mer__json_enter(r, key, 0);
  status = mer__json_length(r, pair, 2);
  for (size_t i = 0; status == MER_OK && i < 2; i++) {
    ends[i] = json_array_get(pair, i);
    if (!json_is_number(ends[i]) && !json_is_null(ends[i]))
      status = mer__json_fail(r, "numbers", ends[i]);
  }
  if (status == MER_OK && json_is_number(ends[0]) && json_is_number(ends[1]))
    *interval = (mer_interval){json_number_value(ends[0]), json_number_value(ends[1])};
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_intervals(mer_bootstrap *b, mer__json_reader *r, const json_t *object) {
  const json_t *intervals;
  mer_status status = mer__json_object(&intervals, r, object, "intervals", MER__JSON_OPTIONAL);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, "intervals", 0);
  MER__CHECK(
      mer__results_read_interval(&b->accuracy, r, intervals, "accuracy", MER__JSON_OPTIONAL));
  MER__CHECK(
      mer__results_read_interval(&b->weighted_f1, r, intervals, "weighted_f1", MER__JSON_OPTIONAL));
  MER__CHECK(
      mer__results_read_interval(&b->macro_f1, r, intervals, "macro_f1", MER__JSON_OPTIONAL));
  MER__CHECK(mer__results_read_interval(&b->uar, r, intervals, "uar", MER__JSON_OPTIONAL));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

mer_status mer__results_read_metrics(mer__results_metrics *metrics, mer__json_reader *r,
                                     const json_t *object, const char *key, mer__json_need need,
                                     int32_t n_labels) {
  const json_t *found;
  mer_status status = mer__json_object(&found, r, object, key, need);
  if (status != MER_OK || !found) return status;
  mer_metrics *m = &metrics->values;
  metrics->present = true;
  m->n_classes = n_labels;
  size_t mark = mer__json_enter(r, key, 0);
  MER__CHECK(mer__json_count(&m->n, r, found, "n", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_number(&m->accuracy, r, found, "accuracy"));
  MER__CHECK(mer__json_number(&m->weighted_f1, r, found, "weighted_f1"));
  MER__CHECK(mer__json_number(&m->macro_f1, r, found, "macro_f1"));
  MER__CHECK(mer__json_number(&m->uar, r, found, "uar"));
  MER__CHECK(mer__json_number(&m->loss, r, found, "loss"));
  MER__CHECK(read_classes(m, r, found));
  MER__CHECK(read_confusion(metrics, r, found));
  MER__CHECK(read_intervals(&metrics->intervals, r, found));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

mer__results_epoch mer__results_no_epoch(void) {
  mer__results_epoch epoch = {.loss_sum = NAN};
  for (int s = 0; s < MER_N_SPLITS; s++) epoch.loss[s] = epoch.accuracy[s] = NAN;
  return epoch;
}

/* The number of element `index`: its own, or else its place in the array. */
static mer_status epoch_number(int32_t *number, mer__json_reader *r, const json_t *epoch,
                               size_t index) {
  int64_t n;
  if (!json_is_object(epoch)) return mer__json_fail(r, "objects", epoch);
  mer_status status = mer__json_count(&n, r, epoch, "epoch", MER__JSON_OPTIONAL);
  if (status != MER_OK) return status;
  if (n == 0) n = (int64_t)index + 1;
  if (n > MER_REPORT_MAX_EPOCHS)
    return mer__fail(r->err, MER_STATUS_LIMIT, "results: %s: epoch %lld, a report shows at most %d",
                     r->place, (long long)n, MER_REPORT_MAX_EPOCHS);
  *number = (int32_t)n;
  return MER_OK;
}

mer_status mer__results_last_epoch(int32_t *last, mer__json_reader *r, const json_t *epochs) {
  int32_t number = 1;
  *last = 0;
  for (size_t i = 0; i < json_array_size(epochs); i++) {
    mer_status status = epoch_number(&number, r, json_array_get(epochs, i), i);
    if (status != MER_OK) return status;
    if (number > *last) *last = number;
  }
  return MER_OK;
}

mer_status mer__results_read_epoch(mer__results_epoch *epochs, mer__json_reader *r,
                                   const json_t *array, size_t index) {
  const json_t *object = json_array_get(array, index), *part;
  int32_t number = 1;
  mer_status status = epoch_number(&number, r, object, index);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, NULL, index);
  mer__results_epoch *epoch = &epochs[number - 1];
  for (int s = 0; s < MER_N_SPLITS; s++) {
    const char *name = mer__results_split_names[s];
    MER__CHECK(mer__json_object(&part, r, object, name, MER__JSON_OPTIONAL));
    size_t inner = mer__json_enter(r, name, 0);
    MER__CHECK(mer__json_number(&epoch->loss[s], r, part, "loss"));
    MER__CHECK(mer__json_number(&epoch->accuracy[s], r, part, "accuracy"));
    if (s == MER_SPLIT_TRAIN) MER__CHECK(mer__json_number(&epoch->loss_sum, r, part, "loss_sum"));
    mer__json_leave(r, inner);
  }
cleanup:
  mer__json_leave(r, mark);
  return status;
}
