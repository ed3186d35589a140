/* inputs.c: the rows of a split as a network takes them. */
#include "data/inputs.h"

#include <string.h>

#include "base/error.h"
#include "data/features_load.h"
#include "data/images_load.h"
#include "data/noisy_values.h"
#include "data/precomputed.h"
#include "data/row_speakers.h"
#include "encoder/text_turns.h"

void mer__inputs_clear(mer__inputs *inputs) {
  for (int m = 0; m < MER_MAX_MODALITIES; m++) {
    mer__column *column = &inputs->columns[m];
    for (int64_t i = 0; column->tokens && i < inputs->n_rows; i++)
      mer_tokens_clear(&column->tokens[i]);
    mer__free(column->tokens);
    mer__free(column->vectors);
    mer__free(column->first_vectors);
    mer__free(column->turns);
    mer__row_turns_clear(&column->order);
    mer_features_clear(&column->features);
  }
  mer__free(inputs->labels);
  mer__free(inputs->targets);
  mer__free(inputs->rows);
  mer__free(inputs->speakers);
  *inputs = (mer__inputs){0};
}

/* The turns before row `row` in its dialogue. */
static void add_past(mer__input *input, const mer__column *column, int64_t row) {
  const int64_t place = column->order.places[row], n = place - column->order.begins[row];
  input->n_past = n < column->most_past ? n : column->most_past;
  input->past = column->turns + place - input->n_past;
}

/* What row `row` of those given has of one modality. */
static mer__input input_of(const mer__column *column, int64_t row) {
  mer__input input = {0};
  if (column->removed) return input;
  if (column->tokens) {
    const mer_tokens *t = &column->tokens[row];
    input = (mer__input){.present = t->n > 0, .length = t->n, .tokens = {t->ids, t->type_ids}};
    if (column->turns) add_past(&input, column, row);
    return input;
  }
  const float *values = mer_features_row(&column->features, row, &input.length);
  input.present = values != NULL;
  if (column->images) input.image = values;
  else input.values = values;
  return input;
}

/* The rows in the order of their dialogues, as turns that are read by their vectors. */
static mer_status list_turns(mer__column *column, int64_t most_past, int64_t n_rows,
                             mer_error *err) {
  mer__input *turns = mer__calloc((size_t)n_rows, sizeof *turns);
  if (!turns) return mer__fail_memory(err);
  for (int64_t i = 0; i < n_rows; i++) {
    const int64_t place = column->order.places[i];
    turns[place] = input_of(column, i);
    turns[place].present &= mer__turn_has_vector(&column->order.turns[place]);
  }
  column->turns = turns;
  column->most_past = most_past;
  return MER_OK;
}

static mer_status load_texts(mer__column *column, const mer__modality *modality,
                             const mer_utterance *rows, int64_t n_rows, mer_error *err) {
  mer__input input = {0};
  mer__row_turns *turns = &column->order;
  mer__turn_ids kept = {0};
  column->tokens = mer__calloc((size_t)n_rows, sizeof *column->tokens);
  mer_status status = column->tokens ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK && mer__turns_any(&modality->turns))
    status = mer__row_turns_sort(turns, rows, n_rows, err);
  for (int64_t i = 0; i < n_rows && status == MER_OK; i++) {
    if (!rows[i].text) continue;
    const mer_context context = mer__row_turns_around(turns, &rows[i], i);
    status = modality->type->tokenize(&input, &column->tokens[i], modality, rows[i].text,
                                      strlen(rows[i].text), &context, &kept, err);
    if (status == MER_OK && !input.present) mer_tokens_clear(&column->tokens[i]);
  }
  mer__turn_ids_clear(&kept);
  if (status == MER_OK && modality->turns.lstm)
    return list_turns(column, modality->turns.past, n_rows, err);
  mer__row_turns_clear(turns);
  return status;
}

/* An entry that no modality takes would be ignored. */
static mer_status check_precomputed(const mer__network *network, const mer__inputs_options *options,
                                    mer_error *err) {
  for (int i = 0; i < options->n_precomputed; i++) {
    const char *entry = options->precomputed[i];
    const size_t size = strcspn(entry, "=");
    bool taken = false;
    for (int m = 0; m < network->n_modalities && !taken; m++) {
      const mer__modality *modality = &network->modalities[m];
      taken =
          modality->input != MER__INPUT_TEXT && mer__precomputed_given(&entry, 1, modality->name);
    }
    if (!entry[size])
      return mer__fail(err, MER_STATUS_INVALID, "features '%.100s': expected NAME=PATH", entry);
    if (!taken)
      return mer__fail(err, MER_STATUS_INVALID,
                       "features '%.100s': the model has no modality '%.*s' that takes features",
                       entry, (int)size, entry);
  }
  return MER_OK;
}

/* Lets values that are loaded have noise. */
static mer_status add_noise(mer_features *features, bool images, const mer__white_noise *noise,
                            const char *cache_folder, mer_error *err) {
  mer_features noisy;
  const mer_status status =
      mer__noisy_values_make(&noisy, features, images, noise, cache_folder, err);
  if (status != MER_OK) return status;
  mer_features_clear(features);
  *features = noisy;
  return MER_OK;
}

/* `noise`: of this modality, or NULL. */
static mer_status load_values(mer__column *column, mer__modality *modality,
                              const mer_dataset *dataset, const mer_utterance *rows, int64_t n_rows,
                              const mer__white_noise *noise, const mer__inputs_options *options,
                              mer_error *err) {
  mer_features_load_options used = options->features;
  mer_features *features = &column->features;
  mer_status status;
  if (n_rows == 0) return MER_OK; /* a file of no rows has no width to compare */
  used.precomputed =
      mer__precomputed_given(options->precomputed, options->n_precomputed, modality->name);
  const bool images = modality->input == MER__INPUT_IMAGE && !used.precomputed;
  if (modality->input == MER__INPUT_SOUND) used.features = modality->features;
  status =
      images
          ? mer__images_load(features, modality->name, rows, n_rows, modality->images, &used, err)
          : mer__features_load(features, dataset, modality->name, rows, n_rows, noise, &used, err);
  if (status == MER_OK && noise && (images || features->precomputed))
    status = add_noise(features, images, noise, used.cache_folder, err);
  if (status != MER_OK || images) return status;
  return modality->type->accept_values(modality, features->width, features->precomputed, err);
}

/* Of modality `m`, whose noise differs from that of the others. */
static mer_status load_column(mer__inputs *inputs, mer_model *model, int m,
                              const mer_dataset *dataset, const mer_utterance *rows,
                              const mer__inputs_options *options, mer_error *err) {
  mer__modality *modality = &model->network.modalities[m];
  mer__column *column = &inputs->columns[m];
  const bool has_noise = options->noise && options->noise->in[m];
  const mer__white_noise noise =
      has_noise ? mer__white_noise_of_modality(options->noise, m) : (mer__white_noise){0};
  column->images = modality->input == MER__INPUT_IMAGE;
  column->removed = options->noise_alone && !has_noise;
  if (column->removed) return MER_OK;
  if (modality->input == MER__INPUT_TEXT)
    return load_texts(column, modality, rows, inputs->n_rows, err);
  return load_values(column, modality, dataset, rows, inputs->n_rows, has_noise ? &noise : NULL,
                     options, err);
}

static bool is_complete(const mer__inputs *inputs, int64_t row) {
  bool complete = true;
  for (int m = 0; m < inputs->n_modalities; m++)
    complete = complete && input_of(&inputs->columns[m], row).present;
  return complete;
}

static void fill_target(float *target, const mer_utterance *row, int64_t n_labels) {
  if (row->targets) memcpy(target, row->targets, (size_t)n_labels * sizeof *target);
  else if (row->label >= 0) target[row->label] = 1;
}

static void select_rows(mer__inputs *inputs, const mer_utterance *rows, int64_t n_labels,
                        bool skip_missing) {
  for (int64_t i = 0; i < inputs->n_rows; i++) {
    if (skip_missing && !is_complete(inputs, i)) {
      inputs->n_skipped++;
      continue;
    }
    inputs->labels[inputs->n] = rows[i].label;
    fill_target(inputs->targets + inputs->n * n_labels, &rows[i], n_labels);
    inputs->rows[inputs->n++] = i;
  }
}

/* Who speaks, if an encoder may ask. */
static mer_status find_speakers(mer__inputs *inputs, const mer__network *network,
                                const mer_utterance *rows, mer_error *err) {
  bool asks = false;
  for (int m = 0; m < network->n_modalities; m++) asks |= network->modalities[m].by_speaker;
  if (!asks) return MER_OK;
  inputs->speakers = mer__row_speakers(rows, inputs->n_rows);
  return inputs->speakers ? MER_OK : mer__fail_memory(err);
}

mer_status mer__inputs_load(mer__inputs *inputs, mer_model *model, const mer_dataset *dataset,
                            const mer_utterance *rows, int64_t n_rows,
                            const mer__inputs_options *options, mer_error *err) {
  mer__network *network = &model->network;
  *inputs = (mer__inputs){.n_rows = n_rows, .n_modalities = network->n_modalities};
  inputs->labels = mer__calloc((size_t)n_rows, sizeof *inputs->labels);
  inputs->rows = mer__calloc((size_t)n_rows, sizeof *inputs->rows);
  inputs->targets =
      mer__calloc((size_t)(n_rows * mer_model_n_labels(model)), sizeof *inputs->targets);
  bool complete = inputs->labels && inputs->rows && inputs->targets;
  mer_status status = complete ? check_precomputed(network, options, err) : mer__fail_memory(err);
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++)
    status = load_column(inputs, model, m, dataset, rows, options, err);
  if (status == MER_OK) status = find_speakers(inputs, network, rows, err);
  if (status == MER_OK) select_rows(inputs, rows, mer_model_n_labels(model), options->skip_missing);
  else mer__inputs_clear(inputs);
  return status;
}

mer__input mer__inputs_of_row(const mer__inputs *inputs, int m, int64_t row) {
  return input_of(&inputs->columns[m], row);
}

void mer__inputs_take_vectors(mer__inputs *inputs, int m, float *vectors, int64_t width) {
  mer__column *column = &inputs->columns[m];
  column->vectors = vectors;
  column->width = width;
  for (int64_t row = 0; column->turns && row < inputs->n_rows; row++)
    column->turns[column->order.places[row]].vector = vectors + row * width;
}

void mer__inputs_forget_vectors(mer__inputs *inputs, int m) {
  mer__column *column = &inputs->columns[m];
  mer__free(column->vectors);
  mer__free(column->first_vectors);
  column->vectors = NULL;
  column->first_vectors = NULL;
}

int64_t mer__inputs_n_vectors(const mer__inputs *inputs, int m) {
  const int64_t *first = inputs->columns[m].first_vectors;
  return first ? first[inputs->n_rows] : inputs->n_rows;
}

mer__input mer__inputs_get_of_row(const mer__inputs *inputs, int m, int64_t row) {
  const mer__column *column = &inputs->columns[m];
  const int64_t *first = column->first_vectors;
  mer__input input = input_of(column, row);
  if (!column->vectors || !input.present) return input;
  input.vector = column->vectors + (first ? first[row] : row) * column->width;
  input.n_vectors = first ? first[row + 1] - first[row] : 1;
  return input;
}

void mer__inputs_get(mer__input *out, const mer__inputs *inputs, int64_t i) {
  for (int m = 0; m < inputs->n_modalities; m++)
    out[m] = mer__inputs_get_of_row(inputs, m, inputs->rows[i]);
}

static void get_row(mer__input *out, const mer__source *source, int64_t row) {
  mer__inputs_get(out, source->owner, row);
}

mer__source mer__inputs_source(const mer__inputs *inputs) {
  return (mer__source){inputs->n, inputs, get_row};
}

static void hash_tokens(mer__hash *hash, const mer__input *input) {
  const size_t n = input->present ? (size_t)input->length : 0;
  mer__hash_add(hash, input->tokens.ids, n * sizeof *input->tokens.ids);
  mer__hash_add(hash, input->tokens.type_ids, n * sizeof *input->tokens.type_ids);
}

static void hash_input(mer__hash *hash, const mer__column *column, int64_t row) {
  const mer__input input = input_of(column, row);
  const size_t n = input.present ? (size_t)input.length : 0;
  mer__hash_add(hash, &input.present, sizeof input.present);
  mer__hash_add(hash, &n, sizeof n);
  if (column->tokens) {
    hash_tokens(hash, &input);
    for (int64_t k = 0; k < input.n_past; k++) hash_tokens(hash, &input.past[k]);
  } else {
    mer__hash_add(hash, column->images ? input.image : input.values, n * sizeof *input.values);
  }
}

void mer__inputs_hash(mer__hash *hash, const mer__inputs *inputs) {
  for (int64_t i = 0; i < inputs->n; i++)
    for (int m = 0; m < inputs->n_modalities; m++)
      if (!inputs->columns[m].features.precomputed)
        hash_input(hash, &inputs->columns[m], inputs->rows[i]);
}

bool mer__inputs_hash_precomputed(mer__hash *hash, const mer__inputs *inputs) {
  bool any = false;
  for (int m = 0; m < inputs->n_modalities; m++) {
    if (!inputs->columns[m].features.precomputed) continue;
    any = true;
    for (int64_t i = 0; i < inputs->n; i++) hash_input(hash, &inputs->columns[m], inputs->rows[i]);
  }
  return any;
}

void mer__inputs_hash_all(mer__hash *hash, const mer__inputs *inputs) {
  for (int64_t row = 0; row < inputs->n_rows; row++)
    for (int m = 0; m < inputs->n_modalities; m++) hash_input(hash, &inputs->columns[m], row);
  mer__hash_add(hash, inputs->rows, (size_t)inputs->n * sizeof *inputs->rows);
}
