/* cmd_eval.c: `mer eval`: measures a model on a split of a data set. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/evaluation.h"
#include "cli/json_text.h"
#include "cli/map_labels.h"
#include "cli/model_input.h"
#include "cli/output_file.h"
#include "cli/prediction_json.h"
#include "cli/robustness_output.h"
#include "mer/report.h"
#include "mer/text.h"

typedef struct arguments {
  cli_data data;
  const char *command;
  const char *model, *split, *predictions, *report, *map_labels;
  int64_t limit, n_examples;
  double min_confidence;
  bool robustness, by_speaker;
  mer_robustness disturbed; /* what they have found */
  mer_report_examples examples;
} arguments;

/* Opens the data set with the model's labels; where these are mapped, with its own, which the model
 * answers with from then on. */
static mer_status open_data(cli_evaluation *e, arguments *a, const cli_common *common,
                            mer_error *err) {
  mer_status status = MER_OK;
  char *map = NULL;
  for (int32_t i = 0; i < mer_model_n_labels(e->model); i++)
    e->labels[i] = mer_model_label(e->model, i);
  if (!a->map_labels) cli_data_default_labels(&a->data, e->labels, mer_model_n_labels(e->model));
  a->data.target = mer_model_target(e->model);
  status = cli_data_open(&e->dataset, &a->data, true, &common->monitor, err);
  if (status != MER_OK || !a->map_labels) return status;
  const int32_t n = mer_dataset_n_labels(e->dataset);
  for (int32_t i = 0; i < n; i++) e->labels[i] = mer_dataset_label(e->dataset, i);
  status = cli_map_labels(&map, a->map_labels, err);
  if (status == MER_OK) status = mer_model_map_labels(e->model, map, e->labels, n, err);
  if (status == MER_OK) cli_map_labels_tell(e->model, &common->monitor);
  free(map);
  return status;
}

/* Opens the model, and refuses what is asked for and would not be heeded: -1, or the exit code. */
static int open_model(cli_evaluation *e, const arguments *a) {
  mer_error err = {0};
  if (mer_model_open(&e->model, a->model, &err) != MER_OK) return cli_fail(&err);
  e->min_confidence = a->min_confidence;
  e->mapped = a->map_labels != NULL;
  if (a->min_confidence > 0 && mer_model_target(e->model) != MER_TARGET_LABEL)
    return cli_usage(&cli_eval, "--min-confidence is of models of one label");
  if (a->robustness && mer_model_target(e->model) != MER_TARGET_LABEL)
    return cli_usage(&cli_eval, "--robustness is of models of one label");
  if (a->n_examples > 0 && mer_model_target(e->model) != MER_TARGET_LABEL)
    return cli_usage(&cli_eval, "--examples is of models of one label");
  return cli_data_check_model(&cli_eval, &a->data, e->model);
}

static mer_status evaluate(cli_evaluation *e, arguments *a, const cli_common *common,
                           mer_error *err) {
  mer_predict_options options = cli_predict_options(&a->data, e->model, common);
  options.by_speaker = a->by_speaker;
  mer_predictions *p = &e->predictions;
  int64_t n;
  mer_status status = open_data(e, a, common, err);
  if (status != MER_OK) return status;
  e->rows = mer_dataset_rows(e->dataset, cli_split(a->split), &n);
  if (n == 0) {
    snprintf(err->message, sizeof err->message, "%s: the %s split has no utterances", a->data.path,
             a->split);
    return MER_STATUS_INVALID;
  }
  if (a->limit > 0 && a->limit < n) n = a->limit;
  if ((status = mer_predict_rows(p, e->model, e->dataset, e->rows, n, &options, err)) != MER_OK)
    return status;
  status = cli_evaluation_measure(e, (uint64_t)common->seed, err);
  if (status == MER_OK && a->robustness)
    status = mer_robustness_measure(&a->disturbed, e->model, e->dataset, e->rows, n,
                                    (uint64_t)common->seed, &options, err);
  if (status == MER_OK && a->n_examples > 0)
    status = mer_report_examples_find(&a->examples, e->model, e->dataset, e->rows, p,
                                      (int32_t)a->n_examples, &options, err);
  return status;
}

/* {"model", "data", "split", ..} with the measures; NULL with `err` set. */
static json_t *result_to_json(const cli_evaluation *e, const arguments *a, mer_error *err) {
  json_t *measures = cli_evaluation_json(e, err);
  if (!measures) return NULL;
  json_t *root = json_pack("{s:o, s:o, s:s, s:I, s:I}", "model", cli_json_text(a->model), "data",
                           cli_json_text(a->data.path), "split", a->split, "skipped",
                           (json_int_t)e->predictions.n_skipped, "without_input",
                           (json_int_t)e->predictions.n_without_input);
  json_object_update(root, measures);
  json_decref(measures);
  if (!a->robustness) return root;
  json_t *robustness = cli_robustness_json(&a->disturbed, e, err);
  if (robustness && json_object_set_new(root, "robustness", robustness) == 0) return root;
  json_decref(root);
  return NULL;
}

static int print_json(const cli_evaluation *e, const arguments *a, mer_error *err) {
  json_t *root = result_to_json(e, a, err);
  if (!root) return cli_fail(err);
  json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
  putchar('\n');
  json_decref(root);
  return CLI_DONE;
}

static int print_tables(const cli_evaluation *e, const arguments *a, mer_error *err) {
  mer_status status = cli_evaluation_print(e, a->model, err);
  if (status == MER_OK && a->robustness) status = cli_robustness_print(&a->disturbed, e, err);
  return status == MER_OK ? CLI_DONE : cli_fail(err);
}

static void print_predictions(FILE *out, const cli_evaluation *e) {
  const mer_predictions *p = &e->predictions;
  for (int64_t i = 0; i < p->n; i++)
    cli_print_prediction(out, p, i, e->model, &e->rows[p->rows[i]], e->min_confidence);
}

static int write_predictions(const cli_evaluation *e, const char *path, const mer_monitor *monitor,
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
  mer_text_make_utf8(buffer);
  const char *slash = strrchr(buffer, '/');
  return slash && slash[1] ? slash + 1 : buffer;
}

static int write_report(const cli_evaluation *e, const arguments *a, const mer_monitor *monitor,
                        mer_error *err) {
  char created[CLI_TIME_BYTES], name[4096], *data_path = strdup(a->data.path);
  if (data_path) mer_text_make_utf8(data_path);
  cli_time(created);
  mer_report_evaluation report = {.size = sizeof report,
                                  .name = name_of(name, sizeof name, a->model),
                                  .model_config = mer_model_config(e->model),
                                  .dataset = e->dataset,
                                  .split = cli_split(a->split),
                                  .clip_counts = e->predictions.clip_counts,
                                  .n_without_input = e->predictions.n_without_input,
                                  .data_path = data_path,
                                  .command = a->command,
                                  .created = created,
                                  .disturbed = a->disturbed.items,
                                  .n_disturbed = a->disturbed.n,
                                  .examples = a->examples.items,
                                  .n_examples = a->examples.n};
  mer_status status = cli_evaluation_report(a->report, e, &report, monitor, err);
  free(data_path);
  return status == MER_OK ? CLI_DONE : cli_fail(err);
}

static void tell_without_input(const cli_evaluation *e, const mer_monitor *monitor) {
  const mer_predictions *p = &e->predictions;
  if (p->n_without_input)
    cli_warn(monitor,
             "utterances of which the %s model can read nothing: %lld of %lld; what it gives "
             "without input counts in the metrics (--skip-missing leaves them out)",
             mer_model_kind(e->model), (long long)p->n_without_input, (long long)p->n);
}

/* The files come first: where one cannot be written, nothing is printed that looks like success. */
static int give_results(const cli_evaluation *e, const arguments *a, const cli_common *common,
                        mer_error *err) {
  bool to_stdout = a->predictions && strcmp(a->predictions, "-") == 0;
  int code = CLI_DONE;
  if (a->predictions && !to_stdout)
    code = write_predictions(e, a->predictions, &common->monitor, err);
  if (code == CLI_DONE && a->report) code = write_report(e, a, &common->monitor, err);
  if (code == CLI_DONE) code = common->json ? print_json(e, a, err) : print_tables(e, a, err);
  if (code == CLI_DONE && to_stdout) print_predictions(stdout, e); /* main checks it */
  return code;
}

static int evaluate_and_give(cli_evaluation *e, arguments *a, const cli_common *common) {
  mer_error err = {0};
  mer_status status = evaluate(e, a, common, &err);
  cli_progress_end();
  err.status = status;
  if (status != MER_OK) return cli_fail(&err);
  tell_without_input(e, &common->monitor);
  return give_results(e, a, common, &err);
}

/* Whether the results may be written where the options say. */
static mer_status check_outputs(const arguments *a, mer_error *err) {
  /* A data set in JSON lines may begin with an id, and have labels. */
  const cli_own_file answers = {.what = "JSON lines of answers",
                                .start = "{\"id\":",
                                .holds = {",\"probs\":{", ",\"values\":{", ",\"error\":"}},
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
      {CLI_NAME, 0, "map-labels", "FILE|A=B,..", &a.map_labels, 0, 0,
       "the model's labels as the data's (happy=joy); A= drops one"},
      {CLI_REAL, 0, "min-confidence", "P", &a.min_confidence, 0, 1,
       "a lower probability is \"uncertain\": how many are not, and right (default 0)"},
      {CLI_FLAG, 0, "by-speaker", NULL, &a.by_speaker, 0, 0,
       "each row with what was heard of its speaker before (models trained so)"},
      {CLI_FLAG, 0, "robustness", NULL, &a.robustness, 0, 0,
       "also with noise at five levels, with words left out, with noise in the place of each "
       "modality, "
       "and without it (--seed)"},
      {CLI_NAME, 0, "predictions", "FILE|-", &a.predictions, 0, 0,
       "write a JSON line for each utterance; - is standard output, after the tables"},
      {CLI_NAME, 0, "report", "FILE", &a.report, 0, 0, "write a page with tables and charts"},
      {CLI_INT, 0, "examples", "N", &a.n_examples, 0, MER_REPORT_MAX_EXAMPLES,
       "of the page: the N surest mistakes, with text, sound and image (default 0)"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_eval, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n != 1 || !a.data.path) return cli_usage(&cli_eval, "expected one model and --data");
  if ((code = cli_data_check(&cli_eval, &a.data)) >= 0) return code;
  a.model = argv[1];
  if (a.report && strcmp(a.report, "-") == 0)
    return cli_usage(&cli_eval, "--report takes a file: standard output has the tables");
  if (a.n_examples > 0 && !a.report)
    return cli_usage(&cli_eval, "--examples needs --report, the page that shows them");
  if (cli_same_file(a.predictions, a.report))
    return cli_usage(&cli_eval, "--predictions and --report are the same file: %s", a.report);
  if (cli_same_file(a.predictions, a.data.path) || cli_same_file(a.report, a.data.path))
    return cli_usage(&cli_eval, "the data set would be replaced: %s", a.data.path);
  mer_error err = {0};
  if (check_outputs(&a, &err) != MER_OK) return cli_fail(&err);
  cli_evaluation *e = calloc(1, sizeof *e);
  if (!e) return cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
  cli_catch_interrupt();
  code = open_model(e, &a);
  if (code < 0) code = evaluate_and_give(e, &a, common);
  mer_predictions_clear(&e->predictions);
  mer_dataset_close(e->dataset);
  mer_model_close(e->model);
  free(e);
  mer_robustness_clear(&a.disturbed);
  mer_report_examples_clear(&a.examples);
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
