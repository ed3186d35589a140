/* results_write.h: the parts of a results document (docs/results-format.md) that a comparison and a
 * single evaluation have in common. JSON values are new references, NULL if memory is out or a text
 * is not UTF-8. */
#ifndef MER_REPORT_RESULTS_WRITE_H
#define MER_REPORT_RESULTS_WRITE_H

#include <jansson.h>

#include "mer/data.h"
#include "mer/eval.h"

/** What stands at the top of a document. Strings may be NULL. */
typedef struct mer__results_origin {
  const char *title, *command, *created;
  const char *data_path, *note; /* of the data */
} mer__results_origin;

/** MER_STATUS_INVALID: a text that a document takes as it is, is not UTF-8; a path need not be. */
mer_status mer__results_origin_check(const mer__results_origin *origin, mer_error *err);

/** Names of the data set's labels into `labels` [MER_MAX_CLASSES], borrowed. */
void mer__results_labels(const char **labels, const mer_dataset *dataset);

/** A text of any bytes, such as a path, whose bytes that are not UTF-8 become U+FFFD; null for
 * NULL.
 */
json_t *mer__results_text_or_null(const char *bytes);

/** Metrics, or null if nothing was measured. `bootstrap` may be NULL. */
json_t *mer__results_metrics_or_null(const mer_metrics *metrics, const mer_bootstrap *bootstrap,
                                     const char *const *labels);

/** One of data.splits: `metrics` are any of that split, for their numbers of utterances;
 * `clip_counts` [MER_N_CLIP_STATES]. */
json_t *mer__results_split_to_json(const mer_metrics *metrics, const int64_t *clip_counts);

/** Adds the number of utterances without input to settings that the page shows; 0 is not told. */
void mer__results_tell_without_input(json_t *settings, int64_t n_without_input);

/** The class that a majority baseline answered. */
int32_t mer__results_majority_class(const mer_metrics *majority);

/** {"data", "majority", "runs"} of what was measured on one data set. The JSON values are taken
 * over and may be NULL, with which the object is NULL too; `majority` is an object, `splits` is
 * data.splits. */
json_t *mer__results_part(const mer__results_origin *origin, const mer_dataset *dataset,
                          json_t *splits, json_t *majority, json_t *runs);

/** The whole document as text, for free(). The JSON values, objects, are taken over and may be
 * NULL, with which the document is NULL too; the members of `content` (a part) are those of the
 * document.
 */
char *mer__results_write(const mer__results_origin *origin, json_t *settings, json_t *content);

#endif
