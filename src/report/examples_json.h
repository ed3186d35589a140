/* examples_json.h: rows that are shown, in documents of results: "examples" of
 * docs/results-format.md. */
#ifndef MER_REPORT_EXAMPLES_JSON_H
#define MER_REPORT_EXAMPLES_JSON_H

#include "mer/report.h"
#include "report/json_reader.h"

/** A new reference; NULL if memory is out or a text is not UTF-8. Files that cannot be embedded are
 * left out. */
json_t *mer__examples_to_json(const mer_report_example *examples, int32_t n);

/** Reads "examples" of a seed, if it has them: a list of objects whose members are texts and a
 * number. MER_STATUS_FORMAT, MER_STATUS_LIMIT. */
mer_status mer__results_read_examples(const json_t **examples, mer__json_reader *reader,
                                      const json_t *object);

#endif
