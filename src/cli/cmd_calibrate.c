/* cmd_calibrate.c: `mer calibrate`: fits a model's temperature on labelled rows and writes it into
 * the model. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/json_text.h"
#include "mer/eval.h"
#include "mer/report.h"

typedef struct calibration {
  mer_model *model;
  mer_dataset *dataset;
  mer_predictions predictions;
  mer_calibration before, after;
} calibration;

/* `adapt`: as the training did, if the rows say who speaks. */
static mer_status predict(calibration *c, cli_data *data, const char *split, bool adapt,
                          const cli_common *common, mer_error *err) {
  const char *labels[MER_MAX_LABELS];
  int64_t n;
  for (int32_t i = 0; i < mer_model_n_labels(c->model); i++)
    labels[i] = mer_model_label(c->model, i);
  cli_data_default_labels(data, labels, mer_model_n_labels(c->model));
  data->target = mer_model_target(c->model);
  mer_status status = cli_data_open(&c->dataset, data, true, &common->monitor, err);
  if (status != MER_OK) return status;
  const mer_utterance *rows = mer_dataset_rows(c->dataset, cli_split(split), &n);
  mer_predict_options options = cli_predict_options(data, c->model, common);
  options.as_trained = adapt;
  if (n > 0) return mer_predict_rows(&c->predictions, c->model, c->dataset, rows, n, &options, err);
  snprintf(err->message, sizeof err->message, "%.300s: the %s split has no utterances", data->path,
           split);
  return MER_STATUS_INVALID;
}

static mer_status fit(calibration *c, mer_error *err) {
  const mer_predictions *p = &c->predictions;
  double temperature;
  mer_status status =
      mer_temperature_fit(&temperature, p->target, p->targets, p->logits, p->n, p->n_classes, err);
  if (status == MER_OK)
    status = mer_calibration_compute(&c->before, p->target, p->targets, p->logits, p->n,
                                     p->n_classes, 1, err);
  if (status == MER_OK)
    status = mer_calibration_compute(&c->after, p->target, p->targets, p->logits, p->n,
                                     p->n_classes, temperature, err);
  return status;
}

static mer_status print_json(const calibration *c, const char *model, const char *split,
                             mer_error *err) {
  char *text = NULL;
  mer_status status = mer_report_calibration_json(&text, &c->after, &c->before, err);
  if (status != MER_OK) return status;
  json_t *root = json_pack("{s:o, s:s, s:o}", "model", cli_json_text(model), "split", split,
                           "calibration", json_loads(text, 0, NULL));
  json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
  putchar('\n');
  json_decref(root);
  mer_report_free(text);
  return MER_OK;
}

static mer_status print_text(const calibration *c, const char *model, const char *split,
                             mer_error *err) {
  char *table = NULL;
  mer_status status = mer_report_calibration(&table, &c->after, &c->before, err);
  if (status == MER_OK)
    printf("%s: temperature %.3f; utterances of the %s split: %lld\n\n%s", model,
           c->after.temperature, split, (long long)c->predictions.n, table);
  mer_report_free(table);
  return status;
}

static mer_status calibrate(calibration *c, cli_data *data, const char *model, const char *split,
                            bool adapt, const cli_common *common, mer_error *err) {
  mer_status status = predict(c, data, split, adapt, common, err);
  cli_progress_end();
  if (status == MER_OK) status = fit(c, err);
  if (status == MER_OK) status = mer_model_store_temperature(model, c->after.temperature, err);
  if (status == MER_OK) status = (common->json ? print_json : print_text)(c, model, split, err);
  return status;
}

static int run(cli_common *common, int argc, char **argv) {
  cli_data data = cli_data_default();
  const char *split = "dev";
  bool adapt = true;
  const cli_option options[] = {CLI_DATA_OPTIONS(data),
                                {CLI_CHOICE, 0, "split", "train|dev|test", &split, 0, 0,
                                 "rows that the model was not trained on (default dev)"},
                                {CLI_NO, 0, "no-adapt", NULL, &adapt, 0, 0,
                                 "each row by itself (models trained --by-speaker)"},
                                {.kind = CLI_END}};
  int n, code = cli_parse(&cli_calibrate, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n != 1 || !data.path) return cli_usage(&cli_calibrate, "expected one model and --data");
  if ((code = cli_data_check(&cli_calibrate, &data)) >= 0) return code;
  mer_error err = {0};
  calibration *c = calloc(1, sizeof *c);
  if (!c) return cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
  cli_catch_interrupt();
  if (mer_model_open(&c->model, argv[1], &err) != MER_OK) code = cli_fail(&err);
  else code = cli_data_check_model(&cli_calibrate, &data, c->model);
  if (code < 0 && calibrate(c, &data, argv[1], split, adapt, common, &err) != MER_OK)
    code = cli_fail(&err);
  mer_predictions_clear(&c->predictions);
  mer_dataset_close(c->dataset);
  mer_model_close(c->model);
  free(c);
  return code < 0 ? CLI_DONE : code;
}

const cli_command cli_calibrate = {
    "calibrate", "MODEL --data D [--split dev]",
    "Fits a temperature on dev: probabilities become as often right as they say.", run};
