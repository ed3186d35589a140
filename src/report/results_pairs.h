/* results_pairs.h: comparisons of runs in a results document. */
#ifndef MER_REPORT_RESULTS_PAIRS_H
#define MER_REPORT_RESULTS_PAIRS_H

#include "mer/report.h"
#include "report/json_reader.h"
#include "report/results_read.h"

/** Most comparisons of a part. */
enum { MER__RESULTS_MAX_PAIRS = 2 * MER_REPORT_MAX_RUNS };

/** Reads "comparisons" of `object` into `results->pairs`; none leave it NULL. MER_STATUS_FORMAT,
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__results_read_pairs(mer__results *results, mer__json_reader *reader,
                                   const json_t *object);

#endif
