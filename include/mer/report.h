/* mer/report.h: results for people and machines: JSON, tables for a terminal, a page in HTML.
 * Experimental: any release may change this header (mer/experimental.h). */
#ifndef MER_REPORT_H
#define MER_REPORT_H

#include "mer/base.h"
#include "mer/eval.h"
#include "mer/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most runs, seeds of a run and epochs of a seed that a report shows. */
#define MER_REPORT_MAX_RUNS 16
#define MER_REPORT_MAX_SEEDS 100
#define MER_REPORT_MAX_EPOCHS 10000

/** Frees a text that a function below gave. Accepts NULL. */
MER_API void mer_report_free(char *text);

/** `metrics` as the METRICS object of docs/results-format.md, with "intervals" if `bootstrap` is
 * not NULL, in `*json` (one line, without a newline). `labels` [n_classes] are UTF-8. Numbers that
 * are not finite become null. MER_STATUS_INVALID (a label that is not UTF-8), MER_STATUS_NO_MEMORY.
 */
MER_API mer_status mer_report_metrics_json(char **json, const mer_metrics *metrics,
                                           const mer_bootstrap *bootstrap,
                                           const char *const *labels, mer_error *err);

/** Mean and deviation of runs that differ in their seed, as the SUMMARY object of
 * docs/results-format.md. `metrics` [n_seeds]. MER_STATUS_INVALID (no seeds), MER_STATUS_NO_MEMORY.
 */
MER_API mer_status mer_report_summary_json(char **json, const mer_metrics *metrics, int32_t n_seeds,
                                           mer_error *err);

/** One row of a table: a model, or the majority class. */
typedef struct mer_report_row {
  const char *name;               /* UTF-8 */
  const mer_metrics *metrics;     /* [n_seeds] */
  int32_t n_seeds;                /* above 1: the mean and the deviation are shown */
  const mer_bootstrap *bootstrap; /* interval of the weighted F1; NULL: none */
} mer_report_row;

/** Table in plain text: accuracy, weighted F1, macro F1, unweighted average recall (all in percent)
 * and loss of each row, below it F1 and recall for each class. `labels` [n_classes] may be NULL:
 * no classes. The deviation is that of a sample (n - 1). MER_STATUS_INVALID: no rows or seeds, or
 * rows of different numbers of classes. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_table(char **text, const mer_report_row *rows, int32_t n_rows,
                                    const char *const *labels, mer_error *err);

/** Plain text: precision, recall, F1 and support of each class, then the confusion matrix.
 * `labels` [n_classes]. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_classes(char **text, const mer_metrics *metrics,
                                      const char *const *labels, mer_error *err);

/** One row of a table of several labels, or of values. */
typedef struct mer_report_target_row {
  const char *name; /* UTF-8 */
  const mer_target_metrics *metrics;
} mer_report_target_row;

/** Plain text: the measures of each row, then those of each label or value of the last row.
 * `labels` [n_labels]. MER_STATUS_INVALID (no rows, rows of different targets),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_target_table(char **text, const mer_report_target_row *rows,
                                           int32_t n_rows, const char *const *labels,
                                           mer_error *err);

/** Metrics of several labels, or of values, as a JSON object in `*json` (one line, without a
 * newline): "n", the measures by name, and "labels" or "values", a list of those of each.
 * Numbers that are not finite become null. MER_STATUS_INVALID (a label that is not UTF-8),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_target_json(char **json, const mer_target_metrics *metrics,
                                          const char *const *labels, mer_error *err);

/** CALIBRATION of docs/results-format.md in `*json` (one line, without a newline). `before`, that
 * of the same rows without a temperature, may be NULL. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_calibration_json(char **json, const mer_calibration *calibration,
                                               const mer_calibration *before, mer_error *err);

/** The same as plain text: ECE, Brier score, negative log likelihood. MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_calibration(char **text, const mer_calibration *calibration,
                                          const mer_calibration *before, mer_error *err);

/** ROBUSTNESS of docs/results-format.md in `*json` (one line, without a newline). `labels`
 * [n_classes] are UTF-8. MER_STATUS_INVALID (a label is not), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_robustness_json(char **json, const mer_disturbed *disturbed,
                                              int32_t n, const char *const *labels, mer_error *err);

/** A row that is shown. Strings are borrowed, UTF-8; NULL: none. */
typedef struct mer_report_example {
  const char *id, *speaker, *text;
  const char *label, *predicted; /* what it is, and what the model has answered */
  double probability;            /* of that answer */
  const char *sound, *image;     /* paths: these files are put into the page, if they are not larger
                                    than MER_REPORT_MAX_EMBEDDED and of a kind that browsers know by
                                    its ending */
  const char *face;              /* in the place of `image`: an address of data ("data:image/..") */
} mer_report_example;

#define MER_REPORT_MAX_EXAMPLES 100
#define MER_REPORT_MAX_EMBEDDED (4 << 20)

/** Rows that a model was sure of, and wrong. Zero-initialize. */
typedef struct mer_report_examples {
  mer_report_example items[MER_REPORT_MAX_EXAMPLES]; /* [n] */
  int32_t n;
  char *faces[MER_REPORT_MAX_EXAMPLES]; /* owned, of the items; NULL: none */
} mer_report_examples;

/** The surest mistakes among the predictions of `rows`, at most `most`, the surest first, of
 * equally sure ones the first row. Of a row with a video and no image, a model that looks at images
 * shows the middle one of the faces that it has looked at, as `options`, those of the predictions,
 * let it find them; of a clip at fault nothing is told. The items borrow from `dataset` and `rows`.
 * MER_STATUS_INVALID (a model that is not of one label, `most` over MER_REPORT_MAX_EXAMPLES), and
 * statuses as mer_predict_rows. */
MER_API mer_status mer_report_examples_find(mer_report_examples *examples, const mer_model *model,
                                            const mer_dataset *dataset, const mer_utterance *rows,
                                            const mer_predictions *predictions, int32_t most,
                                            const mer_predict_options *options, mer_error *err);
/** Accepts a zeroed struct. */
MER_API void mer_report_examples_clear(mer_report_examples *examples);

/** How a page and a document of results begin, by which they are told from other files. */
#define MER_REPORT_PAGE_START                                                  \
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"    \
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" \
  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"
#define MER_REPORT_RESULTS_START "{\n \"format\": \"mer-results\""

/** Writes the results of training or evaluation, a document of docs/results-format.md, as one
 * self-contained HTML page to `path`, atomically. MER_STATUS_FORMAT (what is malformed, and what
 * was expected), MER_STATUS_LIMIT (more runs, seeds, labels or epochs than a report shows), and
 * those of mer_file_write, to which `monitor` (or NULL) goes. */
MER_API mer_status mer_report_write_html(const char *path, const char *results_json,
                                         const mer_monitor *monitor, mer_error *err);

/** What one model gave on one split. Strings and structs are borrowed. */
typedef struct mer_report_evaluation {
  size_t size;              /* of this struct */
  const char *name, *title; /* of the model; `title` NULL: the name */
  const char *model_config; /* mer_model_config, for its training's settings; NULL: none */
  const mer_dataset *dataset;
  mer_split split;
  const mer_metrics *metrics;
  const mer_bootstrap *bootstrap;           /* NULL: none */
  const mer_metrics *majority;              /* the majority class on the same utterances */
  const int64_t *clip_counts;               /* [MER_N_CLIP_STATES] */
  const char *data_path, *note;             /* of the data; `note` NULL: none */
  const char *command, *created;            /* NULL: unknown */
  int64_t n_without_input;                  /* as in mer_predictions */
  const mer_target_metrics *target_metrics; /* of several labels, or values, in the place of
                                               `metrics`, `bootstrap` and `majority` */
  const mer_target_metrics *constant;       /* of constant answers on the same utterances */
  const mer_predictions
      *predictions; /* of values: answers and targets are drawn; NULL: they are not */
  const mer_calibration *calibration;  /* of the answers' probabilities; NULL: none */
  const mer_calibration *uncalibrated; /* without the model's temperature; NULL: it has none */
  const mer_disturbed *disturbed;      /* [n_disturbed], at most MER_MAX_DISTURBANCES */
  int32_t n_disturbed;
  const mer_report_example *examples; /* [n_examples], at most MER_REPORT_MAX_EXAMPLES */
  int32_t n_examples;
} mer_report_evaluation;

/** The evaluation as a document of docs/results-format.md with one run that has no epochs, in
 * `*json` for mer_report_free. A document's numbers are of the test split; those of another split
 * stand there too, and the title and the note say so. MER_STATUS_INVALID (a text is not UTF-8),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_report_evaluation_json(char **json, const mer_report_evaluation *evaluation,
                                              mer_error *err);

/** Writes the evaluation of several labels, or of values, as one self-contained page to `path`,
 * atomically. MER_STATUS_INVALID (no `target_metrics`, `constant` or `dataset`), and those of
 * mer_file_write, to which `monitor` (or NULL) goes. */
MER_API mer_status mer_report_target_page(const char *path, const mer_report_evaluation *evaluation,
                                          const mer_monitor *monitor, mer_error *err);

/** The reference experiment: text, audio, fusion on raw and on standardized sound, side by side. */
typedef struct mer_compare_options {
  size_t size;           /* of this struct; set by mer_compare_options_init */
  const char *data_path; /* where the data set was opened; for the report */
  const char *note;      /* UTF-8, about the data, printed with every table; NULL */
  const char *encoder;   /* encoder directory that the text model starts from */
  const char
      *fusion_encoder; /* encoder of the fusion's text; NULL: the text model of the same seed */
  const char *out;     /* folder for results.json, report.html and models/ */
  int32_t n_seeds;     /* runs of each model, seeds 0, 1, .. from that of `text`; default 1 */
  mer_train_options text, audio,
      fusion; /* settings of each kind; paths, seeds and standardization are the comparison's */
  const char *command; /* for the report; NULL */
  const char *created; /* time, for the report; NULL */
  const mer_monitor *monitor;
  bool resume; /* go on with an interrupted comparison in `out`; default false */
} mer_compare_options;

/** Fills in the defaults; `size` is sizeof *options. */
MER_API void mer_compare_options_init(mer_compare_options *options, size_t size);

/** Trains and evaluates everything, writes the files of `out`, and gives the table of
 * mer_report_table with the majority class as its first row in `*table`, for mer_report_free.
 *
 * What an unfinished comparison has done stands in `<out>/unfinished.json`, and what its models
 * have answered in `<out>/unfinished.scores`, beside the models. With `resume` its whole models are
 * kept, and asked only what they have not answered, and the training at work goes on: it ends in
 * the same bytes, but for times. Without, such an `out` is refused (MER_STATUS_INVALID), as is one
 * that holds the state of another training, and with it other settings, data, files of features,
 * encoders or teachers. MER_STATUS_INTERRUPTED: the monitor asked to stop, `resume` goes on. Other
 * statuses as mer_train_run and mer_predict_rows. */
MER_API mer_status mer_compare_run(char **table, const mer_dataset *dataset,
                                   const mer_compare_options *options, mer_error *err);

/** A name in a file of runs, and the words that belong to it. */
typedef struct mer_runs_entry {
  const char *name;
  const char *text; /* as the file has it */
  char **words;     /* [n_words] of it, cut at blanks as a shell does; whoever reads them may move
                       them */
  int32_t n_words;
  int64_t line; /* of the file, from 1 */
} mer_runs_entry;

typedef struct mer_runs_entries {
  mer_runs_entry items[MER_REPORT_MAX_RUNS];
  int32_t n;
} mer_runs_entries;

/** A file of runs (docs/comparing.md): which models are trained, on which data, with which seeds.
 * What the words mean is not looked at. */
typedef struct mer_runs_file {
  const char *title, *note; /* NULL: none */
  const char *baseline;     /* name of a run; NULL: none */
  int64_t baseline_line;
  mer_runs_entries runs, data, tests; /* none of them empty, but perhaps the tests */
  uint64_t seeds[MER_REPORT_MAX_SEEDS];
  int32_t n_seeds; /* at least 1 */
  void *memory;    /* of all texts */
} mer_runs_file;

/** Reads a file of runs. MER_STATUS_FORMAT (what is malformed, with file and line; names that occur
 * twice), MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; `file` is
 * zero then. */
MER_API mer_status mer_runs_file_read(mer_runs_file *file, const char *path, mer_error *err);
/** Accepts a zeroed struct. */
MER_API void mer_runs_file_clear(mer_runs_file *file);

/** Encoders of a training that are models of other runs. */
enum { MER_RUNS_TEXT, MER_RUNS_SPEECH, MER_RUNS_IMAGE, MER_RUNS_ENCODERS };

/** A model of a comparison of runs: a run, trained on a data set. Borrowed. */
typedef struct mer_runs_model {
  const char *run, *data;           /* names, which become those of folders */
  const char *run_text, *data_text; /* what decides the result, in words: for the report, and for
                                       `resume` to know them again */
  const char *data_path;
  const mer_dataset *dataset;       /* of one label */
  const mer_train_options *options; /* `out`, `seed`, `resume` and the monitors are the
                                       comparison's; a teacher "run:NAME" is the model of an earlier
                                       run on the same data, trained with the same seed */
  int32_t
      follows[MER_RUNS_ENCODERS]; /* index of the model, an earlier one, that takes the place of
                                     the options' encoder, trained with the same seed; -1: none */
} mer_runs_model;

/** A split on which models are measured. Borrowed. */
typedef struct mer_runs_test {
  const char *name, *data_path;
  const char *data; /* only models trained on the data set of that name; NULL: all */
  const mer_dataset *dataset;
  mer_split split;
  const mer_predict_options *options;
} mer_runs_test;

/** Models x seeds, trained one after the other and measured on tests. Borrowed. */
typedef struct mer_runs_options {
  size_t size; /* of this struct */
  const mer_runs_model *models;
  int32_t n_models; /* 1 to MER_REPORT_MAX_RUNS */
  const mer_runs_test *tests;
  int32_t n_tests; /* 1 to MER_REPORT_MAX_RUNS */
  const uint64_t *seeds;
  int32_t n_seeds;               /* 1 to MER_REPORT_MAX_SEEDS */
  const char *baseline;          /* run against which the others are tested; NULL: none */
  const char *title, *note;      /* for the report; NULL: none */
  const char *command, *created; /* for the report; NULL */
  const char *out;               /* folder for results.json, report.html and models/ */
  bool resume;                   /* go on with an interrupted comparison in `out` */
  const mer_monitor *monitor;
  bool robustness;    /* each run's first seed also answers disturbed rows of its tests, as
                         mer_robustness_measure with seed 0; default false */
  int32_t n_examples; /* the surest mistakes of each run's first seed on each test that are shown, 0
                         (default) to MER_REPORT_MAX_EXAMPLES; they hold what people have said */
} mer_runs_options;

/** Whether all trainings can begin, as far as that is known before the first one: MER_OK, or what
 * is wrong with model `*bad`, or test `*bad` after the models. Statuses as mer_train_run. */
MER_API mer_status mer_runs_check(int32_t *bad, const mer_runs_options *options, mer_error *err);

/** Trains and measures everything, and writes results.json and report.html. Tables for a terminal
 * come in `*text`, for mer_report_free, and in `*n_failed` how many trainings have failed: that is
 * recorded, and the others go on; `resume` tries these again. Interruption and `resume` as
 * mer_compare_run; an input or output error (a full disk) ends a comparison as an interruption
 * does. */
MER_API mer_status mer_runs_compare(char **text, int32_t *n_failed, const mer_runs_options *options,
                                    mer_error *err);

#ifdef __cplusplus
}
#endif
#endif
