/* checkpoint_config.c: classifiers in Hugging Face's layout. */
#include "model/checkpoint_config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ends_with.h"
#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "tensor/json_memory.h"

bool mer__checkpoint_is_classifier(const json_t *root) {
  const json_t *ours = json_object_get(root, "mer");
  if (ours) {
    const char *head = json_string_value(json_object_get(ours, "head"));
    return head && strcmp(head, "checkpoint") == 0;
  }
  const char *name = json_string_value(json_array_get(json_object_get(root, "architectures"), 0));
  return mer__ends_with(name, "ForSequenceClassification") ||
         mer__ends_with(name, "ForAudioClassification") ||
         mer__ends_with(name, "ForImageClassification") ||
         mer__ends_with(name, "ForSpeechClassification");
}

size_t mer__checkpoint_excess_labels(const json_t *root) {
  const json_t *names = json_object_get(root, "id2label");
  const json_int_t n = json_is_object(names)
                           ? (json_int_t)json_object_size(names)
                           : json_integer_value(json_object_get(root, "num_labels"));
  const bool is_others = !json_object_get(root, "mer") && mer__checkpoint_is_classifier(root);
  return is_others && n > MER__MAX_LABELS ? (size_t)n : 0;
}

/* The labels that transformers gives where nobody names any. */
static json_t *number_labels(int64_t n) {
  json_t *labels = json_array();
  for (int64_t i = 0; labels && i < n; i++) {
    char name[32];
    snprintf(name, sizeof name, "LABEL_%lld", (long long)i);
    if (json_array_append_new(labels, json_string(name)) == 0) continue;
    json_decref(labels);
    return NULL;
  }
  return labels;
}

/* Labels in the order of their numbers. */
static json_t *list_labels(const json_t *named) {
  json_t *labels = json_array();
  for (size_t i = 0; labels && i < json_object_size(named); i++) {
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    json_t *label = json_object_get(named, number);
    if (!label || json_array_append(labels, label) != 0) {
      json_decref(labels);
      return NULL;
    }
  }
  return labels;
}

/* Without names, or with null, labels are as many as `num_labels` says, or two. */
static mer_status read_labels(json_t **out, const json_t *root, const char *path, mer_error *err) {
  const json_t *named = json_object_get(root, "id2label");
  const bool has_names = named && !json_is_null(named);
  int64_t n = 2;
  mer_status status = MER_OK;
  if (!has_names)
    status = mer__config_integer(&n, root, "num_labels", false, 1, MER__MAX_LABELS, path, err);
  else if (!json_is_object(named))
    status = mer__fail(err, MER_STATUS_FORMAT, "%s: 'id2label' is not an object", path);
  if (status != MER_OK) return status;
  mer__json_watch();
  *out = has_names ? list_labels(named) : number_labels(n);
  if (*out) return MER_OK;
  if (mer__json_no_memory()) return mer__fail_memory(err);
  return mer__fail(err, MER_STATUS_FORMAT, "%s: 'id2label' does not number its labels from 0",
                   path);
}

/* transformers takes one score for a value where the problem is not named. */
static mer_status find_target(mer_target *target, const json_t *root, size_t n_labels,
                              const char *path, mer_error *err) {
  const json_t *value = json_object_get(root, "problem_type");
  const char *problem = json_string_value(value);
  if (!value || json_is_null(value)) *target = n_labels == 1 ? MER_TARGET_VALUES : MER_TARGET_LABEL;
  else if (problem && strcmp(problem, "single_label_classification") == 0)
    *target = MER_TARGET_LABEL;
  else if (problem && strcmp(problem, "multi_label_classification") == 0)
    *target = MER_TARGET_LABELS;
  else if (problem && strcmp(problem, "regression") == 0) *target = MER_TARGET_VALUES;
  else
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: the 'problem_type' \"%.60s\" is not one that transformers has", path,
                     problem ? problem : "?");
  return MER_OK;
}

mer_status mer__checkpoint_describe(json_t **ours, const json_t *root, const char *path,
                                    mer_error *err) {
  const char *model_type;
  mer_target target = MER_TARGET_LABEL;
  *ours = NULL;
  mer_status status = mer__config_string(&model_type, root, "model_type", true, path, err);
  if (status != MER_OK) return status;
  const mer__encoder_type *type = mer__encoder_type_find(model_type);
  if (!type || !type->head)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: a classifier on '%.60s', an encoder that is not known", path, model_type);
  json_t *labels;
  status = read_labels(&labels, root, path, err);
  if (status != MER_OK) return status;
  status = find_target(&target, root, json_array_size(labels), path, err);
  const char *input = type->tokenize ? "text" : type->image ? "image" : "audio";
  if (status == MER_OK) {
    *ours = json_pack("{s:i, s:s, s:O, s:[{s:s, s:s}], s:s, s:s}", "format", 1, "kind", input,
                      "labels", labels, "modalities", "name", input, "type", model_type, "head",
                      "checkpoint", "target", mer__model_target_name(target));
    if (!*ours) status = mer__fail_memory(err);
  }
  json_decref(labels);
  return status;
}

static int name_labels(json_t *root, const mer_model *model) {
  json_t *labels = json_object(), *numbers = json_object();
  int failed = 0;
  for (int64_t i = 0; i < model->network.n_labels; i++) {
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)i);
    failed |= json_object_set_new(labels, number, json_string(model->labels[i]));
    failed |= json_object_set_new(numbers, model->labels[i], json_integer(i));
  }
  failed |= json_object_set_new(root, "id2label", labels);
  return failed | json_object_set_new(root, "label2id", numbers);
}

int mer__checkpoint_update(json_t *root, const mer_model *model) {
  static const char *const problems[] = {
      [MER_TARGET_LABEL] = "single_label_classification",
      [MER_TARGET_LABELS] = "multi_label_classification",
      [MER_TARGET_VALUES] = "regression",
  };
  static const char *const dtypes[] = {"dtype", "torch_dtype"}; /* newer and older releases */
  int failed = name_labels(root, model);
  failed |= json_object_set_new(root, "problem_type", json_string(problems[model->network.target]));
  for (int i = 0; i < 2; i++)
    if (json_object_get(root, dtypes[i]))
      failed |= json_object_set_new(root, dtypes[i], json_string("float32"));
  return failed;
}

/* For each of the model's labels its number in the checkpoint; false if these are other labels. */
static bool match_labels(int64_t *numbers, const mer_model *model, const json_t *labels) {
  const int64_t n = model->network.n_labels;
  if ((int64_t)json_array_size(labels) != n) return false;
  for (int64_t i = 0; i < n; i++) {
    numbers[i] = -1;
    for (int64_t k = 0; k < n; k++) {
      const char *label = json_string_value(json_array_get(labels, (size_t)k));
      if (label && strcmp(label, model->labels[i]) == 0) numbers[i] = k;
    }
    if (numbers[i] < 0) return false;
  }
  return true;
}

/* Puts the rows of the parameter into the order of the model's labels. */
static mer_status reorder(mer__params *params, int64_t index, const int64_t *numbers,
                          mer_error *err) {
  const mer__param *p = &params->items[index];
  const int64_t rows = p->shape[0], width = p->size / rows;
  float *values = mer__value(params, index);
  float *copy = mer__malloc((size_t)p->size, sizeof *copy);
  if (!copy) return mer__fail_memory(err);
  memcpy(copy, values, (size_t)p->size * sizeof *copy);
  for (int64_t i = 0; i < rows; i++)
    memcpy(values + i * width, copy + numbers[i] * width, (size_t)width * sizeof *copy);
  mer__free(copy);
  return MER_OK;
}

/* The labels of a checkpoint, and whether its target is the given one; `*labels` is the caller's.
 */
static mer_status read_head(json_t **labels, bool *same_target, mer_target wanted,
                            const char *folder, mer_error *err) {
  json_t *root = NULL, *ours = NULL;
  char *path = NULL;
  mer_status status = mer__encoder_config_read(&root, &path, folder, err);
  if (status == MER_OK && json_object_get(root, "mer"))
    ours = json_incref(json_object_get(root, "mer"));
  else if (status == MER_OK) status = mer__checkpoint_describe(&ours, root, path, err);
  const char *target = json_string_value(json_object_get(ours, "target"));
  *labels = json_incref(json_object_get(ours, "labels"));
  *same_target = strcmp(target ? target : mer__model_target_name(MER_TARGET_LABEL),
                        mer__model_target_name(wanted)) == 0;
  json_decref(ours);
  json_decref(root);
  mer__free(path);
  return status;
}

mer_status mer__checkpoint_load_head(bool *same, mer_model *model, const char *folder,
                                     mer_error *err) {
  const mer__mlp *head = &model->network.head;
  const int last = head->n_layers - 1;
  int64_t numbers[MER__MAX_LABELS];
  json_t *labels = NULL;
  mer_status status;
  MER__CHECK(read_head(&labels, same, model->network.target, folder, err));
  *same = *same && match_labels(numbers, model, labels);
  MER__CHECK(mer__model_load_head(model, *same ? last + 1 : last, folder, err));
  if (!*same) goto cleanup;
  MER__CHECK(reorder(&model->network.params, head->weights[last], numbers, err));
  MER__CHECK(reorder(&model->network.params, head->biases[last], numbers, err));
cleanup:
  json_decref(labels);
  return status;
}
