/* teachers.c: the answers of trained models as targets. */
#include "train/teachers.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "data/dataset.h"
#include "data/precomputed.h"

/* Opens a teacher, whose labels become those of the data, in their order. */
static mer_status open_teacher(mer_model **model, const char *folder, const mer_dataset *dataset,
                               mer_error *err) {
  const char *labels[MER_MAX_LABELS];
  const int32_t n = mer_dataset_n_labels(dataset);
  for (int32_t i = 0; i < n; i++) labels[i] = mer_dataset_label(dataset, i);
  mer_status status = mer_model_open(model, folder, err);
  if (status == MER_OK && mer_model_target(*model) != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: a teacher answers one label, this model does not", folder);
  return status == MER_OK ? mer_model_map_labels(*model, "", labels, n, err) : status;
}

mer_status mer__teachers_check(const mer_dataset *dataset, const mer_train_options *options,
                               mer_error *err) {
  mer_status status = MER_OK;
  for (int t = 0; t < options->n_teachers && status == MER_OK; t++) {
    mer_model *model = NULL;
    status = open_teacher(&model, options->teachers[t], dataset, err);
    mer_model_close(model);
  }
  return status;
}

/* Those entries "NAME=PATH" that a teacher takes; NULL: memory is out. Freed by mer__free. */
static const char **entries_of(int *n, const mer_model *model, const mer_train_options *options) {
  const char **entries = mer__malloc((size_t)options->n_precomputed, sizeof *entries);
  *n = 0;
  for (int i = 0; entries && i < options->n_precomputed; i++) {
    const char *entry = options->precomputed[i];
    for (int m = 0; m < mer_model_n_modalities(model); m++) {
      const mer_modality_info info = mer_model_modality(model, m);
      if (!info.is_text && mer__precomputed_given(&entry, 1, info.name)) entries[(*n)++] = entry;
    }
  }
  return entries;
}

/* Adds the probabilities of a teacher to `sums` [n_rows, K], and counts those rows that it answers.
 */
static mer_status ask(double *sums, int32_t *n_answers, const char *folder,
                      const mer_dataset *dataset, const mer_utterance *rows, int64_t n_rows,
                      const mer_train_options *options, mer_error *err) {
  mer_predict_options predict;
  mer_predictions p = {0};
  mer_model *model = NULL;
  const char **entries = NULL;
  mer_status status;
  mer_predict_options_init(&predict, sizeof predict);
  predict.features = options->features;
  predict.monitor = options->monitor;
  predict.as_trained = true;
  MER__CHECK(open_teacher(&model, folder, dataset, err));
  predict.precomputed = entries = entries_of(&predict.n_precomputed, model, options);
  if (!entries) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer_predict_rows(&p, model, dataset, rows, n_rows, &predict, err));
  const int n_modalities = mer_model_n_modalities(model);
  for (int64_t i = 0; i < n_rows; i++) {
    if (!memchr(p.present + i * n_modalities, 1, (size_t)n_modalities)) continue;
    n_answers[i]++;
    for (int64_t j = i * p.n_classes; j < (i + 1) * p.n_classes; j++) sums[j] += p.probs[j];
  }
cleanup:
  mer_predictions_clear(&p);
  mer_model_close(model);
  mer__free(entries);
  return status;
}

mer_status mer__teachers_ask(mer__inputs *inputs, const mer_dataset *dataset,
                             const mer_utterance *rows, int64_t n_rows,
                             const mer_train_options *options, mer_error *err) {
  const int64_t k = mer_dataset_n_labels(dataset);
  if (options->n_teachers == 0) return MER_OK;
  double *sums = mer__calloc((size_t)(n_rows * k), sizeof *sums);
  int32_t *n_answers = mer__calloc((size_t)n_rows, sizeof *n_answers);
  mer_status status = sums && n_answers ? MER_OK : mer__fail_memory(err);
  for (int t = 0; t < options->n_teachers && status == MER_OK; t++)
    status = ask(sums, n_answers, options->teachers[t], dataset, rows, n_rows, options, err);
  for (int64_t i = 0; i < inputs->n && status == MER_OK; i++) {
    const int64_t row = inputs->rows[i];
    for (int64_t j = 0; j < k && n_answers[row] > 0; j++) {
      float *target = &inputs->targets[i * k + j];
      *target = (float)((*target + sums[row * k + j] / n_answers[row]) / 2);
    }
  }
  mer__free(sums);
  mer__free(n_answers);
  return status;
}
