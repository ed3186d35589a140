/* runs_extras.c: what a comparison shows of the first seed of each run, if it is asked for: how it
 * answers disturbed rows, and its surest mistakes. */
#include "base/error.h"
#include "report/examples_json.h"
#include "report/results_write.h"
#include "report/robustness_json.h"
#include "report/runs_results.h"
#include "tensor/json_memory.h"

/* The same disturbances for all models, those of `mer eval --robustness` without a seed. */
enum { DISTURBANCE_SEED = 0 };

static mer_status check_json(const json_t *list, mer_error *err) {
  if (list && !mer__json_no_memory()) return MER_OK;
  return mer__json_no_memory() ? mer__fail_memory(err)
                               : mer__fail(err, MER_STATUS_INVALID, "a label is not UTF-8");
}

static mer_status measure_robustness(mer__runs_cell *cell, mer_model *model,
                                     const mer__compare_rows *rows, mer_error *err) {
  const char *labels[MER_MAX_CLASSES];
  mer_robustness robustness = {0};
  mer_status status;
  mer__results_labels(labels, rows->dataset);
  MER__CHECK(mer__robustness_measure_kept(&robustness, model, rows->dataset, rows->rows, rows->n,
                                          DISTURBANCE_SEED, rows->options, rows->kept, err));
  mer__json_watch();
  cell->robustness = mer__robustness_to_json(robustness.items, robustness.n, labels);
  MER__CHECK(check_json(cell->robustness, err));
cleanup:
  mer_robustness_clear(&robustness);
  return status;
}

static mer_status find_examples(mer__runs_cell *cell, int32_t most, const mer_model *model,
                                const mer__compare_rows *rows, const mer_predictions *predictions,
                                mer_error *err) {
  mer_report_examples examples = {0};
  mer_status status;
  MER__CHECK(mer_report_examples_find(&examples, model, rows->dataset, rows->rows, predictions,
                                      most, rows->options, err));
  mer__json_watch();
  cell->examples = mer__examples_to_json(examples.items, examples.n);
  MER__CHECK(check_json(cell->examples, err));
cleanup:
  mer_report_examples_clear(&examples);
  return status;
}

mer_status mer__runs_measure_extras(mer__runs_cell *cell, const mer_runs_options *options,
                                    mer_model *model, const mer__compare_rows *rows,
                                    const mer_predictions *predictions, mer_error *err) {
  mer_status status = MER_OK;
  if (options->robustness) status = measure_robustness(cell, model, rows, err);
  if (status == MER_OK && options->n_examples > 0)
    status = find_examples(cell, options->n_examples, model, rows, predictions, err);
  return status;
}
