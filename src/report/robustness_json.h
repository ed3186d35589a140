/* robustness_json.h: ROBUSTNESS of docs/results-format.md, written and read. */
#ifndef MER_REPORT_ROBUSTNESS_JSON_H
#define MER_REPORT_ROBUSTNESS_JSON_H

#include "mer/report.h"
#include "report/json_reader.h"
#include "report/results_read.h"

/** A new reference; NULL if memory is out or a label is not UTF-8. */
json_t *mer__robustness_to_json(const mer_disturbed *disturbed, int32_t n,
                                const char *const *labels);

/** Reads "robustness" of a seed, if it has it. MER_STATUS_FORMAT, MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__results_read_robustness(mer__results_seed *seed, mer__json_reader *reader,
                                        const json_t *object, int32_t n_labels);

#endif
