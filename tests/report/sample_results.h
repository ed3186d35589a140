/* sample_results.h: results documents as training would write them, for the tests. */
#ifndef MER_TEST_SAMPLE_RESULTS_H
#define MER_TEST_SAMPLE_RESULTS_H

#include <jansson.h>

/** What a sample holds. */
typedef struct sample_shape {
  int n_labels, n_runs, n_seeds, n_epochs;
  int has_dev;
} sample_shape;

/** A new document. */
json_t *sample_results(const sample_shape *shape);
/** The member at a path such as "runs/0/seeds/1/test"; borrowed. */
json_t *sample_at(json_t *root, const char *path);
/** Replaces the member at a path; `value` is taken over, NULL removes it. */
void sample_set(json_t *root, const char *path, json_t *value);

#endif
