/* results_read.c: a results document -> checked structs. The document may come from anywhere:
 * every type, length and number that is used later is checked here. */
#include "report/results_read.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "mer/report.h"
#include "report/examples_json.h"
#include "report/json_reader.h"
#include "report/results_metrics.h"
#include "report/results_pairs.h"
#include "report/robustness_json.h"
#include "tensor/json_memory.h"

const char *const mer__results_split_names[MER_N_SPLITS] = {"train", "dev", "test"};

static mer_status read_labels(mer__results *results, mer__json_reader *r, const json_t *data) {
  const json_t *labels;
  mer_status status = mer__json_array(&labels, r, data, "labels", MER__JSON_REQUIRED);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, "labels", 0), n = json_array_size(labels);
  if (n < 1)
    status =
        mer__fail(r->err, MER_STATUS_FORMAT, "results: %s: expected labels, found none", r->place);
  if (status == MER_OK) status = mer__json_limit(r, "labels", n, MER_MAX_CLASSES);
  for (size_t i = 0; status == MER_OK && i < n; i++) {
    results->labels[i] = json_string_value(json_array_get(labels, i));
    if (!results->labels[i]) status = mer__json_fail(r, "strings", json_array_get(labels, i));
  }
  results->n_labels = (int32_t)n;
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_counts(mer__results_split *split, mer__json_reader *r, const json_t *object,
                              int32_t n_labels) {
  const json_t *counts;
  mer_status status = mer__json_array(&counts, r, object, "label_counts", MER__JSON_OPTIONAL);
  if (status != MER_OK || !counts) return status;
  size_t mark = mer__json_enter(r, "label_counts", 0);
  status = mer__json_length(r, counts, (size_t)n_labels);
  for (int32_t i = 0; status == MER_OK && i < n_labels; i++) {
    const json_t *count = json_array_get(counts, (size_t)i);
    if (!json_is_integer(count)) status = mer__json_fail(r, "integers", count);
    split->label_counts[i] = json_integer_value(count);
  }
  split->has_counts = true;
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_split(mer__results_split *split, mer__json_reader *r, const json_t *splits,
                             const char *name, int32_t n_labels) {
  const json_t *object;
  mer_status status = mer__json_object(&object, r, splits, name, MER__JSON_OPTIONAL);
  if (status != MER_OK || !object) return status;
  size_t mark = mer__json_enter(r, name, 0);
  split->present = true;
  MER__CHECK(mer__json_count(&split->utterances, r, object, "utterances", MER__JSON_REQUIRED));
  MER__CHECK(read_counts(split, r, object, n_labels));
  MER__CHECK(mer__json_object(&split->clips, r, object, "clips", MER__JSON_OPTIONAL));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_data(mer__results *results, mer__json_reader *r, const json_t *part) {
  const json_t *data, *splits;
  mer_status status = mer__json_object(&data, r, part, "data", MER__JSON_REQUIRED);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, "data", 0);
  MER__CHECK(mer__json_string(&results->data_path, r, data, "path", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_string(&results->data_digest, r, data, "digest", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_string(&results->note, r, data, "note", MER__JSON_OPTIONAL));
  MER__CHECK(read_labels(results, r, data));
  MER__CHECK(mer__json_object(&splits, r, data, "splits", MER__JSON_OPTIONAL));
  mer__json_enter(r, "splits", 0);
  for (int s = 0; splits && s < MER_N_SPLITS; s++)
    MER__CHECK(
        read_split(&results->splits[s], r, splits, mer__results_split_names[s], results->n_labels));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

/* METRICS of each split; only that of the test split must be there. */
static mer_status read_splits(mer__results_metrics **out, mer__json_reader *r, const json_t *object,
                              int32_t n_labels) {
  *out = mer__calloc(MER_N_SPLITS, sizeof **out);
  if (!*out) return mer__fail_memory(r->err);
  for (int s = 0; s < MER_N_SPLITS; s++) {
    mer_status status = mer__results_read_metrics(
        &(*out)[s], r, object, mer__results_split_names[s],
        s == MER_SPLIT_TEST ? MER__JSON_REQUIRED : MER__JSON_OPTIONAL, n_labels);
    if (status != MER_OK) return status;
  }
  return MER_OK;
}

static mer_status read_majority(mer__results *results, mer__json_reader *r, const json_t *part) {
  const json_t *object;
  mer_status status = mer__json_object(&object, r, part, "majority", MER__JSON_REQUIRED);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, "majority", 0);
  MER__CHECK(mer__json_string(&results->majority_label, r, object, "label", MER__JSON_REQUIRED));
  MER__CHECK(read_splits(&results->majority, r, object, results->n_labels));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

/* The epochs in order of their number; an epoch without one stands where it is listed. */
static mer_status read_epochs(mer__results_seed *seed, mer__json_reader *r, const json_t *object) {
  const json_t *epochs;
  mer_status status = mer__json_array(&epochs, r, object, "epochs", MER__JSON_OPTIONAL);
  if (status != MER_OK || !epochs) return status;
  size_t mark = mer__json_enter(r, "epochs", 0), n = json_array_size(epochs);
  MER__CHECK(mer__results_last_epoch(&seed->n_epochs, r, epochs));
  seed->epochs = mer__malloc((size_t)seed->n_epochs, sizeof *seed->epochs);
  if (!seed->epochs) {
    status = mer__fail_memory(r->err);
    goto cleanup;
  }
  for (int32_t i = 0; i < seed->n_epochs; i++) seed->epochs[i] = mer__results_no_epoch();
  for (size_t i = 0; i < n; i++) MER__CHECK(mer__results_read_epoch(seed->epochs, r, epochs, i));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_calibration(mer__results_seed *seed, mer__json_reader *r,
                                   const json_t *object) {
  const json_t *splits;
  mer_status status = mer__json_object(&splits, r, object, "calibration", MER__JSON_OPTIONAL);
  if (status != MER_OK || !splits) return status;
  const size_t mark = mer__json_enter(r, "calibration", 0);
  status = mer__results_read_calibration(&seed->calibration, r, splits,
                                         mer__results_split_names[MER_SPLIT_TEST]);
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_seed(mer__results_seed *seed, mer__json_reader *r, const json_t *seeds,
                            size_t index, int32_t n_labels) {
  size_t mark = mer__json_enter(r, NULL, index);
  const json_t *object;
  mer_status status;
  MER__CHECK(mer__json_item(&object, r, seeds, index));
  MER__CHECK(mer__json_count(&seed->seed, r, object, "seed", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_count(&seed->best_epoch, r, object, "best_epoch", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_number(&seed->seconds, r, object, "seconds"));
  MER__CHECK(read_epochs(seed, r, object));
  MER__CHECK(read_splits(&seed->splits, r, object, n_labels));
  MER__CHECK(read_calibration(seed, r, object));
  MER__CHECK(mer__results_read_robustness(seed, r, object, n_labels));
  MER__CHECK(mer__results_read_examples(&seed->examples, r, object));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_seeds(mer__results_run *run, mer__json_reader *r, const json_t *object,
                             int32_t n_labels) {
  const json_t *seeds;
  mer_status status = mer__json_array(&seeds, r, object, "seeds", MER__JSON_REQUIRED);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, "seeds", 0), n = json_array_size(seeds);
  if (n < 1)
    status = mer__fail(r->err, MER_STATUS_FORMAT,
                       "results: %s: expected at least one seed, found none", r->place);
  if (status == MER_OK) status = mer__json_limit(r, "seeds", n, MER_REPORT_MAX_SEEDS);
  if (status != MER_OK) goto cleanup;
  run->seeds = mer__calloc(n, sizeof *run->seeds);
  if (!run->seeds) {
    status = mer__fail_memory(r->err);
    goto cleanup;
  }
  run->n_seeds = (int32_t)n;
  for (size_t i = 0; i < n; i++) {
    MER__CHECK(read_seed(&run->seeds[i], r, seeds, i, n_labels));
    if (run->seeds[i].n_epochs > run->n_epochs) run->n_epochs = run->seeds[i].n_epochs;
  }
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_run(mer__results_run *run, mer__json_reader *r, const json_t *runs,
                           size_t index, int32_t n_labels) {
  size_t mark = mer__json_enter(r, NULL, index);
  const json_t *object;
  mer_status status;
  MER__CHECK(mer__json_item(&object, r, runs, index));
  MER__CHECK(mer__json_string(&run->name, r, object, "name", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_string(&run->title, r, object, "title", MER__JSON_OPTIONAL));
  if (!run->title) run->title = run->name;
  MER__CHECK(mer__json_object(&run->settings, r, object, "settings", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_string(&run->curve, r, object, "curve", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_count(&run->utterances, r, object, "utterances", MER__JSON_OPTIONAL));
  MER__CHECK(read_seeds(run, r, object, n_labels));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_runs(mer__results *results, mer__json_reader *r, const json_t *part) {
  const json_t *runs;
  mer_status status = mer__json_array(&runs, r, part, "runs", MER__JSON_REQUIRED);
  if (status != MER_OK) return status;
  size_t mark = mer__json_enter(r, "runs", 0), n = json_array_size(runs);
  if (n < 1)
    status = mer__fail(r->err, MER_STATUS_FORMAT,
                       "results: %s: expected at least one run, found none", r->place);
  if (status == MER_OK) status = mer__json_limit(r, "runs", n, MER_REPORT_MAX_RUNS);
  if (status != MER_OK) goto cleanup;
  results->runs = mer__calloc(n, sizeof *results->runs);
  if (!results->runs) {
    status = mer__fail_memory(r->err);
    goto cleanup;
  }
  results->n_runs = (int32_t)n;
  for (size_t i = 0; i < n; i++)
    MER__CHECK(read_run(&results->runs[i], r, runs, i, results->n_labels));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

static mer_status read_head(mer__results *results, mer__json_reader *r) {
  const json_t *root = results->root;
  const char *format;
  int64_t version;
  mer_status status;
  MER__CHECK(mer__json_string(&format, r, root, "format", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_count(&version, r, root, "version", MER__JSON_REQUIRED));
  if (strcmp(format, "mer-results") != 0 || version != 1)
    return mer__fail(r->err, MER_STATUS_FORMAT,
                     "results: expected mer-results version 1, found %.40s version %lld", format,
                     (long long)version);
  MER__CHECK(mer__json_string(&results->title, r, root, "title", MER__JSON_REQUIRED));
  MER__CHECK(mer__json_string(&results->command, r, root, "command", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_string(&results->version, r, root, "mer_version", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_string(&results->created, r, root, "created", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_object(&results->machine, r, root, "machine", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_object(&results->settings, r, root, "settings", MER__JSON_OPTIONAL));
  MER__CHECK(mer__json_array(&results->failures, r, root, "failures", MER__JSON_OPTIONAL));
cleanup:
  return status;
}

/* The members of a document that has no parts, or one of the parts. */
static mer_status read_content(mer__results *results, mer__json_reader *r, const json_t *content) {
  mer_status status;
  MER__CHECK(read_data(results, r, content));
  MER__CHECK(read_majority(results, r, content));
  MER__CHECK(read_runs(results, r, content));
  MER__CHECK(mer__results_read_pairs(results, r, content));
cleanup:
  return status;
}

static mer_status read_part(mer__results *results, mer__json_reader *r, int32_t part) {
  const json_t *parts, *object;
  mer_status status = mer__json_array(&parts, r, results->root, "parts", MER__JSON_OPTIONAL);
  results->n_parts = 1;
  if (status != MER_OK || !parts)
    return status == MER_OK ? read_content(results, r, results->root) : status;
  size_t mark = mer__json_enter(r, "parts", 0);
  const size_t n = json_array_size(parts);
  if (n < 1)
    status = mer__fail(r->err, MER_STATUS_FORMAT, "results: parts: expected one, found none");
  if (status == MER_OK) status = mer__json_limit(r, "parts", n, MER_REPORT_MAX_RUNS);
  if (status != MER_OK) goto cleanup;
  results->n_parts = (int32_t)n;
  mer__json_enter(r, NULL, (size_t)part);
  MER__CHECK(mer__json_item(&object, r, parts, (size_t)part));
  MER__CHECK(mer__json_string(&results->part_name, r, object, "name", MER__JSON_REQUIRED));
  MER__CHECK(read_content(results, r, object));
cleanup:
  mer__json_leave(r, mark);
  return status;
}

mer_status mer__results_read(mer__results *results, const char *text, int32_t part,
                             mer_error *err) {
  json_error_t fault;
  mer__json_reader reader = {.err = err};
  mer_status status;
  *results = (mer__results){0};
  results->root = mer__json_parse(text, strlen(text), JSON_REJECT_DUPLICATES, &fault);
  if (!results->root && mer__json_no_memory()) return mer__fail_memory(err);
  if (!results->root)
    return mer__fail_at(err, MER_STATUS_FORMAT, fault.line,
                        "results: line %d: expected JSON, found: %s", fault.line, fault.text);
  if (!json_is_object(results->root))
    MER__CHECK(mer__json_fail(&reader, "an object", results->root));
  MER__CHECK(read_head(results, &reader));
  MER__CHECK(read_part(results, &reader, part));
cleanup:
  if (status != MER_OK) mer__results_clear(results);
  return status;
}

static void clear_run(mer__results_run *run) {
  for (int32_t i = 0; i < run->n_seeds; i++) {
    mer__free(run->seeds[i].epochs);
    mer__free(run->seeds[i].splits);
    mer__free(run->seeds[i].disturbed);
  }
  mer__free(run->seeds);
}

void mer__results_clear(mer__results *results) {
  for (int32_t i = 0; i < results->n_runs; i++) clear_run(&results->runs[i]);
  mer__free(results->runs);
  mer__free(results->majority);
  mer__free(results->pairs);
  json_decref(results->root);
  *results = (mer__results){0};
}
