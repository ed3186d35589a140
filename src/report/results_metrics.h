/* results_metrics.h: the parts of a results document that repeat: metrics and epochs. */
#ifndef MER_REPORT_RESULTS_METRICS_H
#define MER_REPORT_RESULTS_METRICS_H

#include "report/json_reader.h"
#include "report/results_read.h"

/** The member `key`, a list of two ends; NaN, both, where it is absent and optional or an end is
 * null. */
mer_status mer__results_read_interval(mer_interval *interval, mer__json_reader *reader,
                                      const json_t *object, const char *key, mer__json_need need);

/** Reads the METRICS at `key` of `object`. */
mer_status mer__results_read_metrics(mer__results_metrics *metrics, mer__json_reader *reader,
                                     const json_t *object, const char *key, mer__json_need need,
                                     int32_t n_labels);

/** An epoch of which nothing is known. */
mer__results_epoch mer__results_no_epoch(void);
/** The highest number in an array of epochs. MER_STATUS_FORMAT, MER_STATUS_LIMIT. */
mer_status mer__results_last_epoch(int32_t *last, mer__json_reader *reader, const json_t *epochs);
/** Reads element `index` of `array` into its place in `epochs`. */
mer_status mer__results_read_epoch(mer__results_epoch *epochs, mer__json_reader *reader,
                                   const json_t *array, size_t index);

#endif
