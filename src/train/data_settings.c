/* data_settings.c: what the settings of a training or a comparison say of its data. */
#include "train/data_settings.h"

#include "data/dataset.h"

static json_t *list_texts(const char *const *texts, int n) {
  json_t *list = json_array();
  for (int i = 0; i < n; i++)
    if (json_array_append_new(list, json_string(texts[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

static json_t *list_reals(const double *reals, int n) {
  json_t *list = json_array();
  for (int i = 0; i < n; i++)
    if (json_array_append_new(list, json_real(reals[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

bool mer__data_settings_describe(json_t *settings, const mer_dataset *dataset,
                                 const mer_train_options *options) {
  const char *labels[MER_MAX_LABELS];
  const int32_t n = mer_dataset_n_labels(dataset);
  for (int32_t i = 0; i < n; i++) labels[i] = mer_dataset_label(dataset, i);
  int failed = json_object_set_new(settings, "labels", list_texts(labels, n));
  failed |= json_object_set_new(settings, "data", json_string(mer_dataset_digest(dataset)));
  failed |= json_object_set_new(settings, "precomputed",
                                list_texts(options->precomputed, options->n_precomputed));
  if (dataset->soft_labels) failed |= json_object_set_new(settings, "soft_labels", json_true());
  if (options->n_teachers)
    failed |= json_object_set_new(settings, "teachers",
                                  list_texts(options->teachers, options->n_teachers));
  if (options->n_weights)
    failed |=
        json_object_set_new(settings, "weights", list_reals(options->weights, options->n_weights));
  return !failed;
}
