/* robustness_json.c: measures of disturbed rows, in documents of results. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "report/metrics_json.h"
#include "report/results_metrics.h"
#include "report/robustness_json.h"
#include "tensor/json_memory.h"

static const char *const kinds[] = {[MER_DISTURB_NOISE] = "noise",
                                    [MER_DISTURB_WORDS] = "words",
                                    [MER_DISTURB_WITHOUT] = "without",
                                    [MER_DISTURB_REPLACED] = "replaced"};

/* The members that its kind has. */
static json_t *describe(const mer_disturbance *d) {
  const bool has_amount = d->kind == MER_DISTURB_NOISE || d->kind == MER_DISTURB_WORDS;
  json_t *amount = has_amount ? json_real(d->amount) : NULL;
  return json_pack("{s:s, s:o*, s:s*}", "kind", kinds[d->kind], "amount", amount, "modality",
                   d->modality);
}

json_t *mer__robustness_to_json(const mer_disturbed *disturbed, int32_t n,
                                const char *const *labels) {
  json_t *list = json_array();
  int failed = 0;
  for (int32_t i = 0; i < n; i++) {
    json_t *object = describe(&disturbed[i].disturbance);
    failed |= json_object_set_new(
        object, "metrics",
        mer__metrics_to_json(disturbed[i].metrics, disturbed[i].bootstrap, labels));
    failed |= json_array_append_new(list, object);
  }
  if (!failed) return list;
  json_decref(list);
  return NULL;
}

mer_status mer_report_robustness_json(char **json, const mer_disturbed *disturbed, int32_t n,
                                      const char *const *labels, mer_error *err) {
  mer__json_watch();
  json_t *list = mer__robustness_to_json(disturbed, n, labels);
  char *text = list ? mer__json_dump(list, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
  json_decref(list);
  *json = text ? mer__strdup(text) : NULL;
  free(text);
  if (*json) return MER_OK;
  return mer__json_no_memory() || text ? mer__fail_memory(err)
                                       : mer__fail(err, MER_STATUS_INVALID, "a label is not UTF-8");
}

static mer_status read_one(mer__results_disturbed *d, mer__json_reader *r, const json_t *list,
                           size_t index, int32_t n_labels) {
  const json_t *object;
  size_t mark = mer__json_enter(r, NULL, index);
  mer_status status;
  MER__CHECK(mer__json_item(&object, r, list, index));
  MER__CHECK(mer__json_string(&d->kind, r, object, "kind", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_number(&d->amount, r, object, "amount"));
  MER__CHECK(mer__json_string(&d->modality, r, object, "modality", MER__JSON_OPTIONAL));
  MER__CHECK(
      mer__results_read_metrics(&d->metrics, r, object, "metrics", MER__JSON_REQUIRED, n_labels));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

mer_status mer__results_read_robustness(mer__results_seed *seed, mer__json_reader *r,
                                        const json_t *object, int32_t n_labels) {
  const json_t *list;
  mer_status status = mer__json_array(&list, r, object, "robustness", MER__JSON_OPTIONAL);
  const size_t n = json_array_size(list);
  if (status != MER_OK || n == 0) return status;
  size_t mark = mer__json_enter(r, "robustness", 0);
  MER__CHECK(mer__json_limit(r, "disturbances", n, MER_MAX_DISTURBANCES));
  seed->disturbed = mer__calloc(n, sizeof *seed->disturbed);
  if (!seed->disturbed) MER__CHECK(mer__fail_memory(r->err));
  seed->n_disturbed = (int32_t)n;
  for (size_t i = 0; i < n; i++) MER__CHECK(read_one(&seed->disturbed[i], r, list, i, n_labels));
cleanup:
  mer__json_leave(r, mark);
  return status;
}
