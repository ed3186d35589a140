/* sample_results.c: results documents as training would write them, for the tests. */
#include "sample_results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "mer/eval.h"
#include "report/metrics_json.h"

enum { N = 200 };

/* METRICS of predictions that are right half of the time. */
static json_t *make_metrics(int n_labels, const char *const *labels, uint64_t seed) {
  int32_t truth[N], guess[N];
  static mer_metrics m;
  mer_bootstrap bootstrap;
  mer__rng rng = {.seed = seed};
  for (int i = 0; i < N; i++) {
    truth[i] = (int32_t)mer__rng_below(&rng, (uint32_t)n_labels);
    guess[i] =
        mer__rng_below(&rng, 2) ? truth[i] : (int32_t)mer__rng_below(&rng, (uint32_t)n_labels);
  }
  if (mer_metrics_compute(&m, truth, guess, NULL, N, n_labels, NULL) != MER_OK) abort();
  if (mer_metrics_bootstrap(&bootstrap, truth, guess, N, n_labels, 50, seed, NULL) != MER_OK)
    abort();
  m.loss = 1.25;
  return mer__metrics_to_json(&m, &bootstrap, labels);
}

static json_t *make_epochs(int n, int has_dev) {
  json_t *epochs = json_array();
  for (int e = 0; e < n; e++) {
    double loss = 2.0 / (e + 1), accuracy = 1 - loss / 3;
    json_t *dev =
        has_dev ? json_pack("{sfsf}", "loss", loss + 0.3, "accuracy", accuracy) : json_null();
    json_array_append_new(
        epochs, json_pack("{sis{sfsfsf}sos{sfsf}}", "epoch", e + 1, "train", "loss", loss,
                          "loss_sum", 13 * loss, "accuracy", accuracy, "dev", dev, "test", "loss",
                          loss + 0.4, "accuracy", accuracy));
  }
  return epochs;
}

static json_t *make_run(const sample_shape *shape, const char *const *labels, int index) {
  json_t *seeds = json_array();
  char name[16];
  snprintf(name, sizeof name, "run%d", index);
  for (int s = 0; s < shape->n_seeds; s++) {
    uint64_t seed = (uint64_t)(index * 100 + s);
    json_array_append_new(
        seeds,
        json_pack("{sisfsisosososo}", "seed", s, "seconds", 1.5, "best_epoch", 1, "epochs",
                  make_epochs(shape->n_epochs, shape->has_dev), "train",
                  make_metrics(shape->n_labels, labels, seed), "dev",
                  shape->has_dev ? make_metrics(shape->n_labels, labels, seed + 1) : json_null(),
                  "test", make_metrics(shape->n_labels, labels, seed + 2)));
  }
  return json_pack("{ssss+s{sisf}so}", "name", name, "title", "Run ", name + 3, "settings",
                   "epochs", shape->n_epochs, "dropout", 0.2, "seeds", seeds);
}

static json_t *make_split(int n_labels) {
  json_t *counts = json_array();
  for (int i = 0; i < n_labels; i++) json_array_append_new(counts, json_integer(10 + i));
  return json_pack("{sisos{sisi}}", "utterances", N, "label_counts", counts, "clips", "usable",
                   N - 1, "missing file", 1);
}

json_t *sample_results(const sample_shape *shape) {
  static char names[MER_MAX_CLASSES][24];
  const char *labels[MER_MAX_CLASSES];
  json_t *array = json_array(), *runs = json_array();
  for (int i = 0; i < shape->n_labels; i++) {
    snprintf(names[i], sizeof names[i], "label%d", i);
    labels[i] = names[i];
    json_array_append_new(array, json_string(names[i]));
  }
  for (int i = 0; i < shape->n_runs; i++) json_array_append_new(runs, make_run(shape, labels, i));
  json_t *root = json_pack(
      "{sssissssssss s{sssi} s{sisn} s{sssssosns{soso}} s{sssoso} so}", "format", "mer-results",
      "version", 1, "title", "Sample", "command", "mer compare", "mer_version", MER_VERSION,
      "created", "2025-01-01T00:00:00Z", "machine", "cpu", "some", "threads", 2, "settings", "seed",
      0, "limit", "data", "path", "data/sample", "digest", "00", "labels", array, "note", "splits",
      "train", make_split(shape->n_labels), "test", make_split(shape->n_labels), "majority",
      "label", names[0], "train", make_metrics(shape->n_labels, labels, 7), "test",
      make_metrics(shape->n_labels, labels, 8), "runs", runs);
  if (!root) abort();
  return root;
}

/* The next part of a path, in `key`; returns the rest. */
static const char *next_part(char key[64], const char *path) {
  size_t size = strcspn(path, "/");
  memcpy(key, path, size);
  key[size] = 0;
  return path[size] ? path + size + 1 : path + size;
}

static json_t *child(json_t *value, const char *key) {
  return json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
                              : json_object_get(value, key);
}

json_t *sample_at(json_t *root, const char *path) {
  char key[64];
  while (*path) {
    path = next_part(key, path);
    root = child(root, key);
  }
  return root;
}

void sample_set(json_t *root, const char *path, json_t *value) {
  char key[64];
  for (;;) {
    path = next_part(key, path);
    if (!*path) break;
    root = child(root, key);
  }
  int failed = json_is_array(root) ? value ? json_array_set_new(root, (size_t)atoi(key), value)
                                           : json_array_remove(root, (size_t)atoi(key))
               : value ? json_object_set_new(root, key, value)
                                   : json_object_del(root, key);
  if (failed) abort();
}
