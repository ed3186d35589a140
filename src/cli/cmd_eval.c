/* cmd_eval.c: `mer eval`: measures a model on a split of a data set. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/json_text.h"
#include "cli/output_file.h"
#include "cli/prediction_json.h"
#include "mer/eval.h"
#include "mer/report.h"

typedef struct arguments {
  cli_data data;
  const char *command;
  const char *model, *split, *predictions, *report;
  int64_t limit;
} arguments;

/* Everything that is known of one evaluation. */
typedef struct evaluation {
  mer_model *model;
  mer_dataset *dataset;
  const mer_utterance *rows;
  mer_predictions predictions;
  mer_metrics metrics, majority;
  mer_bootstrap bootstrap;
  const char *labels[MER_MAX_CLASSES];
} evaluation;

enum { N_RESAMPLES = 1000 };

/* Labels of the training split, which decide what the majority is; those of the rows themselves
 * without one. */
static mer_status measure_majority(evaluation *e, mer_error *err) {
  int64_t n_train;
  const mer_predictions *p = &e->predictions;
  const mer_utterance *train = mer_dataset_rows(e->dataset, MER_SPLIT_TRAIN, &n_train);
  if (n_train == 0)
    return mer_metrics_majority(&e->majority, p->labels, p->n, p->labels, p->n, p->n_classes, err);
  int32_t *labels = malloc((size_t)n_train * sizeof *labels);
  if (!labels) {
    err->status = MER_STATUS_NO_MEMORY;
    return MER_STATUS_NO_MEMORY;
  }
  for (int64_t i = 0; i < n_train; i++) labels[i] = train[i].label;
  mer_status status =
      mer_metrics_majority(&e->majority, labels, n_train, p->labels, p->n, p->n_classes, err);
  free(labels);
  return status;
}

/* Opens the model, and refuses what is asked for and would not be heeded: -1, or the exit code. */
static int open_model(evaluation *e, const arguments *a) {
  mer_error err = {0};
  bool hears = false;
  if (mer_model_open(&e->model, a->model, &err) != MER_OK) return cli_fail(&err);
  for (int m = 0; m < mer_model_n_modalities(e->model); m++)
    hears |= mer_model_modality(e->model, m).from_sound;
  if (hears || a->data.max_duration_s == 0) return -1;
  return cli_usage(&cli_eval, "--max-duration does not apply to the %s model, which takes no sound",
                   mer_model_kind(e->model));
}

static mer_status evaluate(evaluation *e, arguments *a, const cli_common *common, mer_error *err) {
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  options.features = cli_data_features(&a->data, common);
  options.precomputed = a->data.precomputed.items;
  options.n_precomputed = a->data.precomputed.n;
  options.skip_missing = a->data.skip_missing;
  options.monitor = &common->monitor;
  mer_predictions *p = &e->predictions;
  int64_t n;
  mer_status status;
  for (int32_t i = 0; i < mer_model_n_labels(e->model); i++)
    e->labels[i] = mer_model_label(e->model, i);
  cli_data_default_labels(&a->data, e->labels, mer_model_n_labels(e->model));
  if ((status = cli_data_open(&e->dataset, &a->data, true, &common->monitor, err)) != MER_OK)
    return status;
  e->rows = mer_dataset_rows(e->dataset, cli_split(a->split), &n);
  if (n == 0) {
    snprintf(err->message, sizeof err->message, "%s: the %s split has no utterances", a->data.path,
             a->split);
    return MER_STATUS_INVALID;
  }
  if (a->limit > 0 && a->limit < n) n = a->limit;
  if ((status = mer_predict_rows(p, e->model, e->dataset, e->rows, n, &options, err)) != MER_OK)
    return status;
  status =
      mer_metrics_compute(&e->metrics, p->labels, p->predicted, p->probs, p->n, p->n_classes, err);
  if (status == MER_OK)
    status = mer_metrics_bootstrap(&e->bootstrap, p->labels, p->predicted, p->n, p->n_classes,
                                   N_RESAMPLES, (uint64_t)common->seed, err);
  return status == MER_OK ? measure_majority(e, err) : status;
}

static int print_tables(const evaluation *e, const char *model, mer_error *err) {
  char *table = NULL, *classes = NULL;
  const mer_report_row rows[] = {{"majority class", &e->majority, 1, NULL},
                                 {model, &e->metrics, 1, &e->bootstrap}};
  mer_status status = mer_report_table(&table, rows, 2, e->labels, err);
  if (status == MER_OK) status = mer_report_classes(&classes, &e->metrics, e->labels, err);
  if (status == MER_OK) printf("%s\n%s", table, classes);
  mer_report_free(table);
  mer_report_free(classes);
  return status == MER_OK ? CLI_DONE : cli_fail(err);
}

static json_t *parse(char *text) {
  json_t *object = text ? json_loads(text, 0, NULL) : NULL;
  mer_report_free(text);
  return object;
}

/* {"model", "split", "metrics", "majority"}; NULL with `err` set. */
static json_t *result_to_json(const evaluation *e, const arguments *a, mer_error *err) {
  char *metrics = NULL, *majority = NULL;
  if (mer_report_metrics_json(&metrics, &e->metrics, &e->bootstrap, e->labels, err) != MER_OK)
    return NULL;
  if (mer_report_metrics_json(&majority, &e->majority, NULL, e->labels, err) != MER_OK) {
    mer_report_free(metrics);
    return NULL;
  }
  return json_pack("{s:o, s:o, s:s, s:I, s:I, s:o, s:o}", "model", cli_json_text(a->model), "data",
                   cli_json_text(a->data.path), "split", a->split, "skipped",
                   (json_int_t)e->predictions.n_skipped, "without_input",
                   (json_int_t)e->predictions.n_without_input, "metrics", parse(metrics),
                   "majority", parse(majority));
}

static int print_json(const evaluation *e, const arguments *a, mer_error *err) {
  json_t *root = result_to_json(e, a, err);
  if (!root) return cli_fail(err);
  json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
  putchar('\n');
  json_decref(root);
  return CLI_DONE;
}

static void print_predictions(FILE *out, const evaluation *e) {
  const mer_predictions *p = &e->predictions;
  for (int64_t i = 0; i < p->n; i++)
    cli_print_prediction(out, p, i, e->model, &e->rows[p->rows[i]]);
}

static int write_predictions(const evaluation *e, const char *path, const mer_monitor *monitor,
                             mer_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out) print_predictions(out, e);
  mer_status status = out && fclose(out) == 0 ? mer_file_write(path, text, size, monitor, err)
                                              : MER_STATUS_NO_MEMORY;
  free(text);
  err->status = status;
  return status == MER_OK ? CLI_DONE : cli_fail(err);
}

/* The name of a model: the last part of its path. */
static const char *name_of(char *buffer, size_t size, const char *path) {
  snprintf(buffer, size, "%s", path);
  for (size_t n = strlen(buffer); n > 1 && buffer[n - 1] == '/';) buffer[--n] = 0;
  cli_make_utf8(buffer);
  const char *slash = strrchr(buffer, '/');
  return slash && slash[1] ? slash + 1 : buffer;
}

static int write_report(const evaluation *e, const arguments *a, const mer_monitor *monitor,
                        mer_error *err) {
  char created[CLI_TIME_BYTES], name[4096], *json = NULL, *data_path = strdup(a->data.path);
  if (data_path) cli_make_utf8(data_path);
  cli_time(created);
  const mer_report_evaluation report = {.size = sizeof report,
                                        .name = name_of(name, sizeof name, a->model),
                                        .model_config = mer_model_config(e->model),
                                        .dataset = e->dataset,
                                        .split = cli_split(a->split),
                                        .metrics = &e->metrics,
                                        .bootstrap = &e->bootstrap,
                                        .majority = &e->majority,
                                        .clip_counts = e->predictions.clip_counts,
                                        .n_without_input = e->predictions.n_without_input,
                                        .data_path = data_path,
                                        .command = a->command,
                                        .created = created};
  mer_status status = mer_report_evaluation_json(&json, &report, err);
  if (status == MER_OK) status = mer_report_write_html(a->report, json, monitor, err);
  mer_report_free(json);
  free(data_path);
  return status == MER_OK ? CLI_DONE : cli_fail(err);
}

/* One line on standard error. */
static void tell_without_input(const evaluation *e) {
  const mer_predictions *p = &e->predictions;
  if (p->n_without_input)
    fprintf(stderr,
            "mer: utterances of which the %s model can read nothing: %lld of %lld; what it gives "
            "without input counts in the metrics (--skip-missing leaves them out)\n",
            mer_model_kind(e->model), (long long)p->n_without_input, (long long)p->n);
}

/* The files come first: where one cannot be written, nothing is printed that looks like success. */
static int give_results(const evaluation *e, const arguments *a, const cli_common *common,
                        mer_error *err) {
  bool to_stdout = a->predictions && strcmp(a->predictions, "-") == 0;
  int code = CLI_DONE;
  if (a->predictions && !to_stdout)
    code = write_predictions(e, a->predictions, &common->monitor, err);
  if (code == CLI_DONE && a->report) code = write_report(e, a, &common->monitor, err);
  if (code == CLI_DONE)
    code = common->json ? print_json(e, a, err) : print_tables(e, a->model, err);
  if (code == CLI_DONE && to_stdout) print_predictions(stdout, e); /* main checks it */
  return code;
}

static int evaluate_and_give(evaluation *e, arguments *a, const cli_common *common) {
  mer_error err = {0};
  mer_status status = evaluate(e, a, common, &err);
  cli_progress_end();
  err.status = status;
  if (status != MER_OK) return cli_fail(&err);
  if (!common->quiet) tell_without_input(e);
  return give_results(e, a, common, &err);
}

/* Whether the results may be written where the options say. */
static mer_status check_outputs(const arguments *a, mer_error *err) {
  /* A data set in JSON lines may begin with an id, and have labels. */
  const cli_own_file answers = {.what = "JSON lines of answers",
                                .start = "{\"id\":",
                                .holds = {",\"probs\":{", ",\"error\":"}},
                     page = {.what = "a report of mer", .start = MER_REPORT_PAGE_START};
  const mer_status status = cli_check_output(a->predictions, &answers, err);
  return status == MER_OK ? cli_check_output(a->report, &page, err) : status;
}

static int run_command(cli_common *common, int argc, char **argv, const char *command) {
  arguments a = {.data = cli_data_default(), .split = "test", .command = command};
  const cli_option options[] = {
      CLI_DATA_OPTIONS(a.data),
      {CLI_CHOICE, 0, "split", "train|dev|test", &a.split, 0, 0, "default test"},
      {CLI_INT, 0, "limit", "N", &a.limit, 0, CLI_ANY_COUNT,
       "only the first N utterances (default 0: all)"},
      {CLI_NAME, 0, "predictions", "FILE|-", &a.predictions, 0, 0,
       "write a JSON line for each utterance; - is standard output, after the tables"},
      {CLI_NAME, 0, "report", "FILE", &a.report, 0, 0, "write a page with tables and charts"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_eval, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n != 1 || !a.data.path) return cli_usage(&cli_eval, "expected one model and --data");
  if ((code = cli_data_check(&cli_eval, &a.data)) >= 0) return code;
  a.model = argv[1];
  if (a.report && strcmp(a.report, "-") == 0)
    return cli_usage(&cli_eval, "--report takes a file: standard output has the tables");
  if (cli_same_file(a.predictions, a.report))
    return cli_usage(&cli_eval, "--predictions and --report are the same file: %s", a.report);
  if (cli_same_file(a.predictions, a.data.path) || cli_same_file(a.report, a.data.path))
    return cli_usage(&cli_eval, "the data set would be replaced: %s", a.data.path);
  mer_error err = {0};
  if (check_outputs(&a, &err) != MER_OK) return cli_fail(&err);
  evaluation *e = calloc(1, sizeof *e);
  if (!e) return cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
  cli_catch_interrupt();
  code = open_model(e, &a);
  if (code < 0) code = evaluate_and_give(e, &a, common);
  mer_predictions_clear(&e->predictions);
  mer_dataset_close(e->dataset);
  mer_model_close(e->model);
  free(e);
  return code;
}

static int run(cli_common *common, int argc, char **argv) {
  char *command = cli_command_line(argc, argv);
  int code = run_command(common, argc, argv, command);
  free(command);
  return code;
}

const cli_command cli_eval = {"eval", "MODEL --data D [--split test]",
                              "Measures a model on a split of a data set.", run};
