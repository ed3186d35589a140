/* predict_rows.c: a model's answers for the rows of a data set. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/sized_options.h"
#include "data/input_vectors.h"
#include "eval/argmax.h"
#include "eval/kept_scores.h"
#include "mer/tensor.h"

void mer_predict_options_init(mer_predict_options *options, size_t size) {
  mer_predict_options defaults = {.size = sizeof defaults};
  mer_features_load_options_init(&defaults.features, sizeof defaults.features);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

void mer_predictions_clear(mer_predictions *p) {
  mer__free(p->probs);
  mer__free(p->logits);
  mer__free(p->predicted);
  mer__free(p->labels);
  mer__free(p->targets);
  mer__free(p->rows);
  mer__free(p->present);
  *p = (mer_predictions){0};
}

static mer_status check_labels(const mer_model *model, const mer_dataset *dataset, mer_error *err) {
  static const char *const targets[] = {"one label", "several labels", "values"};
  const mer_target target = model->network.target, wanted = mer_dataset_target(dataset);
  if (target != wanted)
    return mer__fail(err, MER_STATUS_INVALID, "the model answers %s, a row of the data has %s",
                     targets[target], targets[wanted]);
  int32_t n = mer_model_n_labels(model), n_data = mer_dataset_n_labels(dataset);
  if (n != n_data)
    return mer__fail(err, MER_STATUS_INVALID, "the model has %d labels, the data %d", (int)n,
                     (int)n_data);
  for (int32_t i = 0; i < n; i++) {
    const char *label = mer_model_label(model, i), *of_data = mer_dataset_label(dataset, i);
    if (strcmp(label, of_data) != 0)
      return mer__fail(err, MER_STATUS_INVALID,
                       "label %d of the model is '%.60s', of the data '%.60s': other labels, or "
                       "another order",
                       (int)i, label, of_data);
  }
  return MER_OK;
}

static mer_status allocate(mer_predictions *p, const mer_model *model, int64_t n, mer_error *err) {
  p->n = n;
  p->n_classes = mer_model_n_labels(model);
  p->target = model->network.target;
  p->probs = mer__malloc((size_t)(n * p->n_classes), sizeof *p->probs);
  p->logits = mer__malloc((size_t)(n * p->n_classes), sizeof *p->logits);
  p->predicted = mer__malloc((size_t)n, sizeof *p->predicted);
  p->labels = mer__malloc((size_t)n, sizeof *p->labels);
  p->targets = mer__malloc((size_t)(n * p->n_classes), sizeof *p->targets);
  p->rows = mer__malloc((size_t)n, sizeof *p->rows);
  p->present = mer__malloc((size_t)(n * model->network.n_modalities), 1);
  bool complete =
      p->probs && p->logits && p->predicted && p->labels && p->targets && p->rows && p->present;
  return complete ? MER_OK : mer__fail_memory(err);
}

static void count_clips(mer_predictions *p, const mer_model *model, const mer__inputs *inputs) {
  for (int m = 0; m < model->network.n_modalities; m++) {
    if (model->network.modalities[m].input == MER__INPUT_TEXT) continue;
    memcpy(p->clip_counts, inputs->columns[m].features.counts, sizeof p->clip_counts);
    return;
  }
}

/* Targets of the rows, of which those that are unknown become NaN. */
static void copy_targets(mer_predictions *p, const mer__inputs *inputs, const mer_utterance *rows) {
  const int64_t k = p->n_classes;
  memcpy(p->targets, inputs->targets, (size_t)(p->n * k) * sizeof *p->targets);
  for (int64_t i = 0; i < p->n; i++) {
    const bool known = inputs->labels[i] >= 0 || rows[inputs->rows[i]].targets;
    for (int64_t j = i * k; j < (i + 1) * k && !known; j++) p->targets[j] = NAN;
  }
}

/* Everything but the answers. */
static void copy_inputs(mer_predictions *p, const mer_model *model, const mer__inputs *inputs) {
  memcpy(p->labels, inputs->labels, (size_t)p->n * sizeof *p->labels);
  memcpy(p->rows, inputs->rows, (size_t)p->n * sizeof *p->rows);
  for (int64_t i = 0; i < p->n; i++) {
    mer__input row[MER_MAX_MODALITIES];
    mer__inputs_get(row, inputs, i);
    bool any = false;
    for (int m = 0; m < inputs->n_modalities; m++) {
      p->present[i * inputs->n_modalities + m] = row[m].present;
      any |= row[m].present;
    }
    p->n_without_input += !any;
  }
  p->n_skipped = inputs->n_skipped;
  count_clips(p, model, inputs);
}

/* Probabilities, and labels, which do not depend on the temperature. */
static void answer(mer_predictions *p, const mer_model *model) {
  mer__model_answers(p->probs, model, p->logits, p->n, 0);
  for (int64_t i = 0; i < p->n; i++)
    p->predicted[i] =
        p->target == MER_TARGET_LABEL ? mer__argmax(p->probs + i * p->n_classes, p->n_classes) : -1;
  if (model->temperature > 0)
    mer__model_answers(p->probs, model, p->logits, p->n, model->temperature);
}

/* Takes a modality away from the rows, which stay the same ones. */
static mer_status remove_modality(mer__inputs *inputs, const mer_model *model, const char *name,
                                  mer_error *err) {
  for (int m = 0; m < inputs->n_modalities; m++)
    if (strcmp(model->network.modalities[m].name, name) == 0) {
      inputs->columns[m].removed = true;
      return MER_OK;
    }
  return mer__fail(err, MER_STATUS_INVALID, "the model has no modality '%.60s'", name);
}

/* The scores of the rows; `adapts`: beside what their speakers have said. */
static mer_status ask(mer_predictions *p, mer_model *model, mer__inputs *inputs, bool adapts,
                      const mer_monitor *monitor, mer_error *err) {
  mer_status status;
  if (adapts) MER__CHECK(mer__inputs_embed_speakers(inputs, model, monitor, err));
  MER__CHECK(mer__inputs_embed_turns(inputs, model, monitor, err));
  const mer__source source = mer__inputs_source(inputs);
  MER__CHECK(mer__model_scores(p->logits, model, &source, monitor, "predict", err));
cleanup:
  return status;
}

/* The same, from what is kept, or then kept; that they cannot be kept is no more than a warning. */
static mer_status ask_once(mer_predictions *p, mer_model *model, mer__inputs *inputs, bool adapts,
                           const mer__kept_scores *kept, const mer_monitor *monitor,
                           mer_error *err) {
  bool found;
  mer_status status;
  mer_error why;
  char *path = mer__kept_scores_path(kept, inputs, adapts);
  if (!path) return mer__fail_memory(err);
  MER__CHECK(mer__kept_scores_read(&found, p->logits, path, p->n, p->n_classes, err));
  if (found) goto cleanup;
  MER__CHECK(ask(p, model, inputs, adapts, monitor, err));
  if (mer__kept_scores_write(path, p->logits, p->n, p->n_classes, &why) != MER_OK)
    mer__log(monitor, MER_LOG_WARNING, "%s", why.message);
cleanup:
  mer__free(path);
  return status;
}

mer_status mer__predict_rows_kept(mer_predictions *predictions, mer_model *model,
                                  const mer_dataset *dataset, const mer_utterance *rows,
                                  int64_t n_rows, const mer_predict_options *options,
                                  const mer__white_noise *noise, const mer__kept_scores *kept,
                                  mer_error *err) {
  mer_predict_options used;
  mer__inputs inputs = {0};
  mer_predictions p = {0};
  mer_status status;
  mer_predict_options_init(&used, sizeof used);
  MER__CHECK(mer__options_read(&used, sizeof used, options, "mer_predict_options", err));
  const mer__inputs_options load = {.features = used.features,
                                    .precomputed = used.precomputed,
                                    .n_precomputed = used.n_precomputed,
                                    .skip_missing = used.skip_missing,
                                    .noise = noise};
  MER__CHECK(check_labels(model, dataset, err));
  MER__CHECK(mer__inputs_load(&inputs, model, dataset, rows, n_rows, &load, err));
  if (inputs.n == 0) {
    status = mer__fail(err, MER_STATUS_INVALID, "no %sutterances to predict",
                       inputs.n_skipped ? "complete " : "");
    goto cleanup;
  }
  if (used.without) MER__CHECK(remove_modality(&inputs, model, used.without, err));
  MER__CHECK(allocate(&p, model, inputs.n, err));
  copy_inputs(&p, model, &inputs);
  copy_targets(&p, &inputs, rows);
  const bool adapts = used.by_speaker || (used.as_trained && mer__inputs_have_speakers(&inputs));
  MER__CHECK(kept ? ask_once(&p, model, &inputs, adapts, kept, used.monitor, err)
                  : ask(&p, model, &inputs, adapts, used.monitor, err));
  answer(&p, model);
  *predictions = p;
  p = (mer_predictions){0};
cleanup:
  mer_predictions_clear(&p);
  mer__inputs_clear(&inputs);
  return status;
}

mer_status mer_predict_rows(mer_predictions *predictions, mer_model *model,
                            const mer_dataset *dataset, const mer_utterance *rows, int64_t n_rows,
                            const mer_predict_options *options, mer_error *err) {
  return mer__predict_rows_kept(predictions, model, dataset, rows, n_rows, options, NULL, NULL,
                                err);
}
