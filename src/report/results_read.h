/* results_read.h: a document of docs/results-format.md, checked, as structs. */
#ifndef MER_REPORT_RESULTS_READ_H
#define MER_REPORT_RESULTS_READ_H

#include <jansson.h>

#include "mer/data.h"
#include "mer/eval.h"
#include "report/calibration.h"
#include "report/measures.h"

/** METRICS. Numbers that the document lacks are NaN, counts 0. */
typedef struct mer__results_metrics {
  bool present, has_confusion;
  mer_metrics values;
  mer_bootstrap intervals; /* NaN: none */
} mer__results_metrics;

/** One epoch; NaN where the document has no number. */
typedef struct mer__results_epoch {
  double loss[MER_N_SPLITS], accuracy[MER_N_SPLITS], loss_sum;
} mer__results_epoch;

/** The test split, disturbed. */
typedef struct mer__results_disturbed {
  const char *kind; /* "noise", "words", "without" or "replaced" */
  double amount;
  const char *modality; /* NULL: it is no such kind */
  mer__results_metrics metrics;
} mer__results_disturbed;

typedef struct mer__results_seed {
  int64_t seed, best_epoch; /* 0: none is named */
  double seconds;
  mer__results_epoch *epochs; /* [n_epochs], by the epoch's number from 1 */
  int32_t n_epochs;
  mer__results_metrics *splits;         /* [MER_N_SPLITS] */
  mer__results_calibration calibration; /* on the test split */
  mer__results_disturbed *disturbed;    /* [n_disturbed] */
  int32_t n_disturbed;
  const json_t *examples; /* checked: objects whose members are texts and a number; NULL: none */
} mer__results_seed;

typedef struct mer__results_run {
  const char *name, *title;
  const json_t *settings; /* NULL: none */
  const char *curve;      /* what it has in common with runs of fewer or more utterances; or NULL */
  int64_t utterances;     /* that it was trained on; 0: unknown */
  mer__results_seed *seeds;
  int32_t n_seeds, n_epochs; /* n_epochs: most of all seeds */
} mer__results_run;

typedef struct mer__results_split {
  bool present, has_counts;
  int64_t utterances, label_counts[MER_MAX_CLASSES];
  const json_t *clips; /* NULL: none */
} mer__results_split;

/** Two runs, tested on the rows that both answer. */
typedef struct mer__results_pair {
  const char *run, *other;
  bool best_single, baseline; /* what the other one is */
  int64_t n;
  mer_difference differences[MER__N_MEASURES]; /* of all measures but the loss */
  double mcnemar_p;                            /* NaN: none */
} mer__results_pair;

/** The document, or a part of it. Strings and JSON values are borrowed from `root`; NULL where it
 * has none. */
typedef struct mer__results {
  json_t *root;
  const char *title, *command, *version, *created;
  const json_t *machine, *settings;
  const char *data_path, *data_digest, *note;
  const char *labels[MER_MAX_CLASSES];
  int32_t n_labels;
  mer__results_split splits[MER_N_SPLITS];
  const char *majority_label;
  mer__results_metrics *majority; /* [MER_N_SPLITS] */
  mer__results_run *runs;
  int32_t n_runs;
  const json_t *failures; /* of the document: objects with texts; NULL: none */
  const char *part_name;  /* NULL: the document has no parts */
  int32_t n_parts;        /* of the document, at least 1 */
  mer__results_pair *pairs;
  int32_t n_pairs;
} mer__results;

/** "train", "dev", "test" */
extern const char *const mer__results_split_names[MER_N_SPLITS];

/** Reads and checks part `part` of a document: one that has no parts is its own only one.
 * MER_STATUS_FORMAT, MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY;
 * `results` is zero then. */
mer_status mer__results_read(mer__results *results, const char *text, int32_t part, mer_error *err);
/** Accepts a zeroed or half-read struct. */
void mer__results_clear(mer__results *results);

#endif
