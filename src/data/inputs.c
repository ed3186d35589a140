/* inputs.c: the rows of a split as a network takes them. */
#include "data/inputs.h"

#include <string.h>

#include "base/error.h"

void mer__inputs_clear(mer__inputs *inputs) {
  for (int64_t i = 0; inputs->tokens && i < inputs->n_rows; i++)
    mer_tokens_clear(&inputs->tokens[i]);
  for (int m = 0; m < MER_MAX_MODALITIES; m++) mer_features_clear(&inputs->features[m]);
  mer__free(inputs->tokens);
  mer__free(inputs->items);
  mer__free(inputs->labels);
  mer__free(inputs->rows);
  *inputs = (mer__inputs){0};
}

static mer_status load_text(mer__inputs *inputs, const mer_model *model, int m,
                            const mer_utterance *rows, mer_error *err) {
  inputs->tokens = mer__calloc((size_t)inputs->n_rows, sizeof *inputs->tokens);
  if (!inputs->tokens) return mer__fail_memory(err);
  for (int64_t i = 0; i < inputs->n_rows; i++) {
    if (!rows[i].text) continue;
    mer_tokens *tokens = &inputs->tokens[i];
    mer_status status = mer__model_tokenize(tokens, model, rows[i].text, err);
    if (status != MER_OK) return status;
    inputs->items[i * inputs->n_modalities + m] =
        (mer__input){true, tokens->ids, tokens->type_ids, tokens->n, NULL};
  }
  return MER_OK;
}

/* The path in "NAME=PATH" for `name`, or NULL. */
static const char *find_precomputed(const mer__inputs_options *options, const char *name) {
  size_t size = strlen(name);
  for (int i = 0; i < options->n_precomputed; i++) {
    const char *entry = options->precomputed[i];
    if (strncmp(entry, name, size) == 0 && entry[size] == '=') return entry + size + 1;
  }
  return NULL;
}

static mer_status load_vectors(mer__inputs *inputs, mer__modality *modality, int m,
                               const mer_dataset *dataset, const mer_utterance *rows,
                               const mer__inputs_options *options, mer_error *err) {
  mer_features_load_options used = options->features;
  mer_features *features = &inputs->features[m];
  if (inputs->n_rows == 0) return MER_OK; /* a file of no rows has no width to compare */
  used.precomputed = find_precomputed(options, modality->name);
  used.features = modality->from_sound ? modality->features : used.features;
  mer_status status =
      mer_features_load(features, dataset, modality->name, rows, inputs->n_rows, &used, err);
  if (status != MER_OK) return status;
  if (modality->width == 0) {
    modality->width = features->width;
    modality->from_sound = !features->precomputed;
    if (modality->from_sound) modality->features = used.features;
  }
  if (modality->width != features->width)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: vectors of %lld values, but the model takes %lld",
                     modality->name, (long long)features->width, (long long)modality->width);
  for (int64_t i = 0; i < inputs->n_rows; i++)
    if (features->states[i] == MER_CLIP_OK)
      inputs->items[i * inputs->n_modalities + m] =
          (mer__input){.present = true, .vector = features->values + i * features->width};
  return MER_OK;
}

/* Moves the rows that are kept to the front. */
static void select_rows(mer__inputs *inputs, const mer_utterance *rows, bool skip_missing) {
  size_t size = (size_t)inputs->n_modalities;
  for (int64_t i = 0; i < inputs->n_rows; i++) {
    const mer__input *item = inputs->items + i * inputs->n_modalities;
    bool complete = true;
    for (size_t m = 0; m < size; m++) complete &= item[m].present;
    if (skip_missing && !complete) {
      inputs->n_skipped++;
      continue;
    }
    memmove(inputs->items + inputs->n * inputs->n_modalities, item, size * sizeof *item);
    inputs->labels[inputs->n] = rows[i].label;
    inputs->rows[inputs->n++] = i;
  }
}

mer_status mer__inputs_load(mer__inputs *inputs, mer_model *model, const mer_dataset *dataset,
                            const mer_utterance *rows, int64_t n_rows,
                            const mer__inputs_options *options, mer_error *err) {
  mer__network *network = &model->network;
  size_t n_items = (size_t)n_rows * (size_t)network->n_modalities;
  *inputs = (mer__inputs){.n_rows = n_rows, .n_modalities = network->n_modalities};
  inputs->items = mer__calloc(n_items, sizeof *inputs->items);
  inputs->labels = mer__calloc((size_t)n_rows, sizeof *inputs->labels);
  inputs->rows = mer__calloc((size_t)n_rows, sizeof *inputs->rows);
  mer_status status =
      inputs->items && inputs->labels && inputs->rows ? MER_OK : mer__fail_memory(err);
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++) {
    mer__modality *modality = &network->modalities[m];
    status = modality->type == &mer__modality_bert
                 ? load_text(inputs, model, m, rows, err)
                 : load_vectors(inputs, modality, m, dataset, rows, options, err);
  }
  if (status == MER_OK) select_rows(inputs, rows, options->skip_missing);
  else mer__inputs_clear(inputs);
  return status;
}
