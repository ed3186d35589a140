/* metrics_json.h: metrics as JSON values, for the documents that other modules write. */
#ifndef MER_REPORT_METRICS_JSON_H
#define MER_REPORT_METRICS_JSON_H

#include <jansson.h>

#include "mer/eval.h"

/** METRICS of docs/results-format.md, a new reference; NULL if memory is out or a label is no
 * UTF-8. `bootstrap` may be NULL. */
json_t *mer__metrics_to_json(const mer_metrics *metrics, const mer_bootstrap *bootstrap,
                             const char *const *labels);

/** SUMMARY of docs/results-format.md over `metrics` [n_seeds], n_seeds > 0; a new reference, NULL
 * if memory is out. */
json_t *mer__summary_to_json(const mer_metrics *metrics, int32_t n_seeds);

/** A real, or null if `x` is not finite; a new reference. */
json_t *mer__real_to_json(double x);

#endif
