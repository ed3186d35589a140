/* evaluation_results.c: the results document of one model on one split. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "base/text_buffer.h"
#include "mer/report.h"
#include "report/calibration.h"
#include "report/examples_json.h"
#include "report/results_write.h"
#include "report/robustness_json.h"
#include "tensor/json_memory.h"

/* The settings of the model's training that are plain values, and what was kept of it. */
static json_t *training_settings(json_t *training) {
  json_t *settings = json_object(), *value;
  const char *key;
  json_object_foreach(training, key, value) {
    if (!json_is_object(value) && !json_is_array(value)) json_object_set(settings, key, value);
  }
  return settings;
}

static json_t *only_run(const mer_report_evaluation *e, const json_t *config,
                        const char *const *labels) {
  json_t *training = json_object_get(config, "training");
  json_t *epoch = json_object_get(json_object_get(training, "kept"), "epoch");
  json_t *seed = json_pack("{s:I, s:o, s:{s:I}}", "seed",
                           json_integer_value(json_object_get(training, "seed")), "test",
                           mer__results_metrics_or_null(e->metrics, e->bootstrap, labels),
                           "without_input", "test", (json_int_t)e->n_without_input);
  if (seed && e->calibration)
    json_object_set_new(
        seed, "calibration",
        json_pack("{s:o}", "test", mer__calibration_to_json(e->calibration, e->uncalibrated)));
  if (seed && e->n_disturbed > 0)
    json_object_set_new(seed, "robustness",
                        mer__robustness_to_json(e->disturbed, e->n_disturbed, labels));
  if (seed && e->n_examples > 0)
    json_object_set_new(seed, "examples", mer__examples_to_json(e->examples, e->n_examples));
  if (seed && json_is_integer(epoch)) json_object_set(seed, "best_epoch", epoch);
  json_t *run =
      json_pack("{s:s, s:s, s:o, s:[o]}", "name", e->name, "title", e->title ? e->title : e->name,
                "settings", training_settings(training), "seeds", seed);
  return run;
}

static json_t *majority_to_json(const mer_report_evaluation *e, const char *const *labels) {
  return json_pack("{s:s, s:o}", "label", labels[mer__results_majority_class(e->majority)], "test",
                   mer__results_metrics_or_null(e->majority, NULL, labels));
}

static mer_status write_evaluation(char **json, const mer_report_evaluation *e, mer_error *err) {
  const char *labels[MER_MAX_CLASSES], *split = mer_split_name(e->split);
  json_t *config =
      e->model_config ? mer__json_parse(e->model_config, strlen(e->model_config), 0, NULL) : NULL;
  if (e->model_config && !config && mer__json_no_memory()) return mer__fail_memory(err);
  mer__json_watch();
  mer__text_buffer title = {0}, note = {0};
  mer__text_printf(&title, "%s on the %s split", e->title ? e->title : e->name, split);
  if (e->split != MER_SPLIT_TEST)
    mer__text_printf(&note, "Measured on the %s split: where this page says test, read %s. ", split,
                     split);
  mer__text_puts(&note, e->note ? e->note : "");
  const mer__results_origin origin = {.title = title.data,
                                      .command = e->command,
                                      .created = e->created,
                                      .data_path = e->data_path,
                                      .note = note.size ? note.data : NULL};
  mer__results_labels(labels, e->dataset);
  json_t *settings =
      json_pack("{s:s, s:I}", "split", split, "utterances", (json_int_t)e->metrics->n);
  mer__results_tell_without_input(settings, e->n_without_input);
  json_t *splits =
      json_pack("{s:o}", split, mer__results_split_to_json(e->metrics, e->clip_counts));
  char *text =
      mer__results_write(&origin, settings,
                         mer__results_part(&origin, e->dataset, splits, majority_to_json(e, labels),
                                           json_pack("[o]", only_run(e, config, labels))));
  const bool no_memory = title.failed || note.failed || (!text && mer__json_no_memory());
  *json = text && !no_memory ? mer__strdup(text) : NULL;
  free(text);
  json_decref(config);
  mer__text_clear(&title);
  mer__text_clear(&note);
  if (*json) return MER_OK;
  if (text || no_memory) return mer__fail_memory(err);
  return mer__fail(err, MER_STATUS_INVALID, "%s: the results hold a text that is not UTF-8",
                   e->name);
}

mer_status mer_report_evaluation_json(char **json, const mer_report_evaluation *evaluation,
                                      mer_error *err) {
  mer_report_evaluation e = {.size = sizeof e};
  *json = NULL;
  mer_status status = mer__options_read(&e, sizeof e, evaluation, "mer_report_evaluation", err);
  return status == MER_OK ? write_evaluation(json, &e, err) : status;
}
