/* calibration.h: how good probabilities are, for documents and pages. */
#ifndef MER_REPORT_CALIBRATION_H
#define MER_REPORT_CALIBRATION_H

#include <jansson.h>

#include "base/text_buffer.h"
#include "mer/eval.h"
#include "report/json_reader.h"

/** CALIBRATION of docs/results-format.md, a new reference; NULL if memory is out. `before`, that
 * without a temperature, may be NULL. */
json_t *mer__calibration_to_json(const mer_calibration *calibration, const mer_calibration *before);

/** One that was read; numbers that the document lacks are NaN. */
typedef struct mer__results_calibration {
  bool present, has_before;
  mer_calibration values, before;
} mer__results_calibration;

/** Reads the CALIBRATION at `key` of `object`, if there is one. */
mer_status mer__results_read_calibration(mer__results_calibration *calibration,
                                         mer__json_reader *reader, const json_t *object,
                                         const char *key);

/** The figure: accuracy over confidence, and below it how many forecasts a bin has. */
void mer__svg_reliability(mer__text_buffer *out, int id, const mer_calibration *calibration,
                          const mer_calibration *before);

/** How to read a page's section, after its heading. */
void mer__page_reliability_legend(mer__text_buffer *out, mer_target target);
/** The parts of the section that belong to one model: measures, figure, table. */
void mer__page_reliability(mer__text_buffer *out, int id, const mer_calibration *calibration,
                           const mer_calibration *before);

#endif
