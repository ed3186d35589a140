/* calibration_json.c: CALIBRATION of docs/results-format.md, written and read. */
#include <math.h>

#include "base/error.h"
#include "report/calibration.h"
#include "report/metrics_json.h"

static json_t *bins_to_json(const mer_calibration *c) {
  json_t *bins = json_array();
  int failed = 0;
  for (int b = 0; b < MER_RELIABILITY_BINS; b++) {
    json_t *bin = json_object();
    failed |= json_object_set_new(bin, "n", json_integer(c->bins[b].n));
    failed |= json_object_set_new(bin, "confidence", mer__real_to_json(c->bins[b].confidence));
    failed |= json_object_set_new(bin, "accuracy", mer__real_to_json(c->bins[b].accuracy));
    failed |= json_array_append_new(bins, bin);
  }
  if (!failed) return bins;
  json_decref(bins);
  return NULL;
}

json_t *mer__calibration_to_json(const mer_calibration *c, const mer_calibration *before) {
  json_t *object = json_object();
  int failed = json_object_set_new(object, "temperature", mer__real_to_json(c->temperature));
  failed |= json_object_set_new(object, "n", json_integer(c->n));
  failed |= json_object_set_new(object, "ece", mer__real_to_json(c->ece));
  failed |= json_object_set_new(object, "brier", mer__real_to_json(c->brier));
  failed |= json_object_set_new(object, "nll", mer__real_to_json(c->nll));
  failed |= json_object_set_new(object, "bins", bins_to_json(c));
  if (before)
    failed |= json_object_set_new(object, "before", mer__calibration_to_json(before, NULL));
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

/* Counts of all bins together must fit. */
enum { MOST_FORECASTS = 1 << 30 };

static mer_status read_bin(mer_reliability_bin *bin, mer__json_reader *r, const json_t *object) {
  mer_status status;
  if (!json_is_object(object)) return mer__json_fail(r, "objects", object);
  MER__CHECK(mer__json_count(&bin->n, r, object, "n", MER__JSON_REQUIRED));
  if (bin->n > MOST_FORECASTS) return mer__json_fail(r, "counts", json_object_get(object, "n"));
  MER__CHECK(mer__json_number(&bin->confidence, r, object, "confidence"));
  MER__CHECK(mer__json_number(&bin->accuracy, r, object, "accuracy"));
cleanup:
  return status;
}

static mer_status read_values(mer_calibration *c, mer__json_reader *r, const json_t *object) {
  const json_t *bins;
  mer_status status;
  MER__CHECK(mer__json_number(&c->temperature, r, object, "temperature"));
  MER__CHECK(mer__json_count(&c->n, r, object, "n", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_number(&c->ece, r, object, "ece"));
  MER__CHECK(mer__json_number(&c->brier, r, object, "brier"));
  MER__CHECK(mer__json_number(&c->nll, r, object, "nll"));
  MER__CHECK(mer__json_array(&bins, r, object, "bins", MER__JSON_REQUIRED));
  const size_t mark = mer__json_enter(r, "bins", 0);
  status = mer__json_length(r, bins, MER_RELIABILITY_BINS);
  for (size_t b = 0; b < MER_RELIABILITY_BINS && status == MER_OK; b++)
    status = read_bin(&c->bins[b], r, json_array_get(bins, b));
  mer__json_leave(r, mark);
cleanup:
  return status;
}

mer_status mer__results_read_calibration(mer__results_calibration *calibration, mer__json_reader *r,
                                         const json_t *object, const char *key) {
  const json_t *found, *before;
  mer_status status = mer__json_object(&found, r, object, key, MER__JSON_OPTIONAL);
  if (status != MER_OK || !found) return status;
  const size_t mark = mer__json_enter(r, key, 0);
  calibration->present = true;
  MER__CHECK(read_values(&calibration->values, r, found));
  MER__CHECK(mer__json_object(&before, r, found, "before", MER__JSON_OPTIONAL));
  calibration->has_before = before != NULL;
  mer__json_enter(r, "before", 0);
  if (before) MER__CHECK(read_values(&calibration->before, r, before));
cleanup:
  mer__json_leave(r, mark);
  return status;
}
