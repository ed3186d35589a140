/* disturb.c: rows with noise, with fewer words, or without a modality, and what a model answers. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/format.h"
#include "base/sized_options.h"
#include "data/precomputed.h"
#include "eval/disturbed_texts.h"
#include "eval/kept_scores.h"
#include "model/model_state.h"

static bool is_given(const mer__modality *modality, const mer_predict_options *options) {
  return mer__precomputed_given(options->precomputed, options->n_precomputed, modality->name) !=
         NULL;
}

/* Whether the row may have what noise can be added to. */
static bool takes_noise(const mer__modality *modality, const mer_utterance *row,
                        const mer_predict_options *options) {
  if (modality->input == MER__INPUT_TEXT) return false;
  if (modality->input == MER__INPUT_IMAGE)
    return row->image || (row->video && options->features.face_detector);
  return modality->input == MER__INPUT_VECTOR || is_given(modality, options) || row->audio;
}

static bool any_takes_noise(const mer__modality *modality, const mer_utterance *rows, int64_t n,
                            const mer_predict_options *options) {
  bool any = false;
  for (int64_t i = 0; i < n && !any; i++) any = takes_noise(modality, &rows[i], options);
  return any;
}

/* What there is of one modality beside others. */
static int32_t add_losses(mer_disturbance *list, const mer__network *network,
                          const bool takes[MER_MAX_MODALITIES]) {
  int32_t count = 0;
  if (network->n_modalities < 2) return 0;
  for (int m = 0; m < network->n_modalities; m++)
    if (takes[m] || network->modalities[m].input == MER__INPUT_TEXT)
      list[count++] = (mer_disturbance){MER_DISTURB_REPLACED, 0, network->modalities[m].name};
  for (int m = 0; m < network->n_modalities; m++)
    list[count++] = (mer_disturbance){MER_DISTURB_WITHOUT, 0, network->modalities[m].name};
  return count;
}

int32_t mer_disturbances_of(mer_disturbance *list, const mer_model *model,
                            const mer_utterance *rows, int64_t n,
                            const mer_predict_options *options) {
  static const double decibels[] = {20, 15, 10, 5, 0}, shares[] = {0.1, 0.25, 0.5, 0.75};
  const mer__network *network = &model->network;
  mer_predict_options used;
  bool reads = false, takes[MER_MAX_MODALITIES];
  int32_t count = 0;
  mer_predict_options_init(&used, sizeof used);
  if (mer__options_read(&used, sizeof used, options, "mer_predict_options", NULL) != MER_OK)
    return 0;
  for (int m = 0; m < network->n_modalities; m++) {
    reads |= network->modalities[m].input == MER__INPUT_TEXT;
    takes[m] = any_takes_noise(&network->modalities[m], rows, n, &used);
    for (int i = 0; i < 5 && takes[m]; i++)
      list[count++] =
          (mer_disturbance){MER_DISTURB_NOISE, decibels[i], network->modalities[m].name};
  }
  for (int i = 0; i < 4 && reads; i++)
    list[count++] = (mer_disturbance){MER_DISTURB_WORDS, shares[i], NULL};
  return count + add_losses(list + count, network, takes);
}

void mer_disturbance_name(char *text, size_t size, const mer_disturbance *d) {
  switch (d->kind) {
    case MER_DISTURB_NOISE:
      mer__format(text, size, "noise at %.0f dB in %.60s", d->amount, d->modality);
      return;
    case MER_DISTURB_WORDS:
      mer__format(text, size, "%.0f %% of the words left out", 100 * d->amount);
      return;
    case MER_DISTURB_REPLACED:
      snprintf(text, size, "noise in the place of %.60s", d->modality);
      return;
    default: snprintf(text, size, "without %.60s", d->modality);
  }
}

/* Rows as a model gets them, and what they need. */
typedef struct disturbed {
  mer_utterance *rows; /* [n] */
  int64_t n;
  mer__arena texts;
  mer__white_noise noise; /* in what is loaded */
} disturbed;

/* Noise in what modality `m` is, which is loaded later; of a text other words. */
static mer_status add_noise(disturbed *d, const mer__network *network, int m,
                            const mer_disturbance *disturbance, uint64_t seed, mer_error *err) {
  const mer__modality *modality = &network->modalities[m];
  const bool alone = disturbance->kind == MER_DISTURB_REPLACED;
  d->noise = (mer__white_noise){
      .alone = alone, .level = alone ? 1 : mer__noise_level(disturbance->amount), .seed = seed};
  d->noise.in[m] = true;
  if (modality->input == MER__INPUT_TEXT && alone)
    return mer__texts_replace(d->rows, &d->texts, d->n, &d->noise, err);
  if (modality->input == MER__INPUT_TEXT)
    return mer__fail(err, MER_STATUS_INVALID,
                     "'%s' is text: words are left out of it, and no noise is added",
                     modality->name);
  return MER_OK;
}

static mer_status disturb(disturbed *d, const mer_model *model, const mer_disturbance *disturbance,
                          uint64_t seed, mer_predict_options *options, mer_error *err) {
  const mer__network *network = &model->network;
  const char *name = disturbance->modality ? disturbance->modality : "";
  if (disturbance->kind == MER_DISTURB_WORDS)
    return mer__texts_shorten(d->rows, &d->texts, d->n, disturbance->amount, seed, err);
  for (int m = 0; m < network->n_modalities; m++) {
    if (strcmp(network->modalities[m].name, name) != 0) continue;
    if (disturbance->kind != MER_DISTURB_WITHOUT)
      return add_noise(d, network, m, disturbance, seed, err);
    options->without = name;
    return MER_OK;
  }
  return mer__fail(err, MER_STATUS_INVALID, "the model has no modality '%.60s'", name);
}

mer_status mer__predict_disturbed_kept(mer_predictions *predictions, mer_model *model,
                                       const mer_dataset *dataset, const mer_utterance *rows,
                                       int64_t n_rows, const mer_disturbance *disturbance,
                                       uint64_t seed, const mer_predict_options *options,
                                       const mer__kept_scores *kept, mer_error *err) {
  mer_predict_options used;
  disturbed d = {.n = n_rows};
  mer_status status;
  mer_predict_options_init(&used, sizeof used);
  MER__CHECK(mer__options_read(&used, sizeof used, options, "mer_predict_options", err));
  d.rows = mer__malloc((size_t)n_rows, sizeof *d.rows);
  if (!d.rows) MER__CHECK(mer__fail_memory(err));
  if (n_rows > 0) memcpy(d.rows, rows, (size_t)n_rows * sizeof *d.rows);
  MER__CHECK(disturb(&d, model, disturbance, seed, &used, err));
  MER__CHECK(mer__predict_rows_kept(predictions, model, dataset, d.rows, n_rows, &used, &d.noise,
                                    kept, err));
cleanup:
  mer__arena_clear(&d.texts);
  mer__free(d.rows);
  return status;
}

mer_status mer_predict_disturbed(mer_predictions *predictions, mer_model *model,
                                 const mer_dataset *dataset, const mer_utterance *rows,
                                 int64_t n_rows, const mer_disturbance *disturbance, uint64_t seed,
                                 const mer_predict_options *options, mer_error *err) {
  return mer__predict_disturbed_kept(predictions, model, dataset, rows, n_rows, disturbance, seed,
                                     options, NULL, err);
}
