/* results_pairs.c: comparisons of runs, read from a results document. */
#include "report/results_pairs.h"

#include <math.h>

#include "base/alloc.h"
#include "base/error.h"
#include "mer/report.h"
#include "report/results_metrics.h"

static mer_status read_difference(mer_difference *d, mer__json_reader *r, const json_t *pair,
                                  const char *key) {
  const json_t *object;
  mer_status status = mer__json_object(&object, r, pair, key, MER__JSON_REQUIRED);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, key, 0);
  MER__CHECK(mer__json_number(&d->difference, r, object, "difference"));
  MER__CHECK(mer__json_number(&d->p, r, object, "p"));
  MER__CHECK(mer__results_read_interval(&d->interval, r, object, "interval", MER__JSON_REQUIRED));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_pair(mer__results_pair *pair, mer__json_reader *r, const json_t *list,
                            size_t index) {
  const json_t *object, *mcnemar;
  size_t mark = mer__json_enter(r, NULL, index);
  mer_status status;
  MER__CHECK(mer__json_item(&object, r, list, index));
  MER__CHECK(mer__json_string(&pair->run, r, object, "run", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_string(&pair->other, r, object, "other", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_count(&pair->n, r, object, "n", MER__JSON_REQUIRED));
  pair->best_single = json_is_true(json_object_get(object, "best_single_modality"));
  pair->baseline = json_is_true(json_object_get(object, "baseline"));
  for (int k = 0; k < MER__LOSS; k++)
    MER__CHECK(
        read_difference(&pair->differences[k], r, object, mer__measure_key((mer__measure)k)));
  pair->mcnemar_p = NAN;
  MER__CHECK(mer__json_object(&mcnemar, r, object, "mcnemar", MER__JSON_OPTIONAL));
  if (mcnemar) MER__CHECK(mer__json_number(&pair->mcnemar_p, r, mcnemar, "p"));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

mer_status mer__results_read_pairs(mer__results *results, mer__json_reader *r,
                                   const json_t *object) {
  const json_t *list;
  mer_status status = mer__json_array(&list, r, object, "comparisons", MER__JSON_OPTIONAL);
  const size_t n = json_array_size(list);
  if (status != MER_OK || n == 0) return status;
  size_t mark = mer__json_enter(r, "comparisons", 0);
  MER__CHECK(mer__json_limit(r, "comparisons", n, MER__RESULTS_MAX_PAIRS));
  results->pairs = mer__calloc(n, sizeof *results->pairs);
  if (!results->pairs) MER__CHECK(mer__fail_memory(r->err));
  results->n_pairs = (int32_t)n;
  for (size_t i = 0; i < n; i++) MER__CHECK(read_pair(&results->pairs[i], r, list, i));
cleanup:
  mer__json_leave(r, mark);
  return status;
}
