/* disturb.c: rows with noise, with fewer words, or without a modality, and what a model answers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/format.h"
#include "base/rng.h"
#include "base/sized_options.h"
#include "data/precomputed.h"
#include "eval/kept_scores.h"
#include "eval/noisy_clips.h"
#include "mer/eval.h"
#include "model/model_state.h"

/* Whether the model hears clips of the rows. */
static bool hears(const mer_model *model, const mer_utterance *rows, int64_t n,
                  const mer_predict_options *options) {
  bool any = false;
  for (int m = 0; m < model->network.n_modalities; m++) {
    const mer__modality *modality = &model->network.modalities[m];
    any |= modality->input == MER__INPUT_SOUND &&
           !mer__precomputed_given(options->precomputed, options->n_precomputed, modality->name);
  }
  for (int64_t i = 0; any && i < n; i++)
    if (rows[i].audio) return true;
  return false;
}

int32_t mer_disturbances_of(mer_disturbance *list, const mer_model *model,
                            const mer_utterance *rows, int64_t n,
                            const mer_predict_options *options) {
  static const double decibels[] = {20, 15, 10, 5, 0}, shares[] = {0.1, 0.25, 0.5, 0.75};
  const mer__network *network = &model->network;
  mer_predict_options used;
  bool reads = false;
  mer_predict_options_init(&used, sizeof used);
  if (mer__options_read(&used, sizeof used, options, "mer_predict_options", NULL) != MER_OK)
    return 0;
  int32_t count = 0;
  for (int m = 0; m < network->n_modalities; m++)
    reads |= network->modalities[m].input == MER__INPUT_TEXT;
  for (int i = 0; i < 5 && hears(model, rows, n, &used); i++)
    list[count++] = (mer_disturbance){MER_DISTURB_NOISE, decibels[i], NULL};
  for (int i = 0; i < 4 && reads; i++)
    list[count++] = (mer_disturbance){MER_DISTURB_WORDS, shares[i], NULL};
  for (int m = 0; m < network->n_modalities && network->n_modalities > 1; m++)
    list[count++] = (mer_disturbance){MER_DISTURB_WITHOUT, 0, network->modalities[m].name};
  return count;
}

void mer_disturbance_name(char *text, size_t size, const mer_disturbance *d) {
  switch (d->kind) {
    case MER_DISTURB_NOISE: mer__format(text, size, "noise at %.0f dB", d->amount); return;
    case MER_DISTURB_WORDS:
      mer__format(text, size, "%.0f %% of the words left out", 100 * d->amount);
      return;
    default: snprintf(text, size, "without %.60s", d->modality);
  }
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* `text` without some of its words, and one blank between those that stay, into `out`. */
static void drop_words(char *out, const char *text, double share, mer__rng *rng) {
  const char *first = NULL, *first_end = NULL;
  char *to = out;
  for (const char *word = text; *word;) {
    while (is_blank(*word)) word++;
    const char *end = word;
    while (*end && !is_blank(*end)) end++;
    if (end == word) break;
    if (!first) {
      first = word;
      first_end = end;
    }
    if (mer__rng_uniform(rng) >= (float)share) {
      if (to != out) *to++ = ' ';
      memcpy(to, word, (size_t)(end - word));
      to += end - word;
    }
    word = end;
  }
  if (to == out && first) {
    memcpy(to, first, (size_t)(first_end - first));
    to += first_end - first;
  }
  *to = 0;
}

/* Rows whose texts are in `arena`. */
static mer_status shorten_texts(mer_utterance *rows, mer__arena *arena, int64_t n, double share,
                                uint64_t seed, mer_error *err) {
  for (int64_t i = 0; i < n; i++) {
    if (!rows[i].text) continue;
    mer__rng rng = {.seed = seed, .stream = (uint64_t)i};
    char *text = mer__arena_alloc(arena, strlen(rows[i].text) + 1, 1);
    if (!text) return mer__fail_memory(err);
    drop_words(text, rows[i].text, share, &rng);
    rows[i].text = text;
  }
  return MER_OK;
}

mer_status mer__predict_disturbed_kept(mer_predictions *predictions, mer_model *model,
                                       const mer_dataset *dataset, const mer_utterance *rows,
                                       int64_t n_rows, const mer_disturbance *disturbance,
                                       uint64_t seed, const mer_predict_options *options,
                                       const mer__kept_scores *kept, mer_error *err) {
  mer_predict_options used;
  mer__noisy_clips clips = {0};
  mer__arena arena = {0};
  mer_utterance *disturbed = mer__malloc((size_t)n_rows, sizeof *disturbed);
  mer_status status;
  mer_predict_options_init(&used, sizeof used);
  if (!disturbed) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer__options_read(&used, sizeof used, options, "mer_predict_options", err));
  memcpy(disturbed, rows, (size_t)n_rows * sizeof *disturbed);
  if (disturbance->kind == MER_DISTURB_WITHOUT) used.without = disturbance->modality;
  if (disturbance->kind == MER_DISTURB_WORDS)
    MER__CHECK(shorten_texts(disturbed, &arena, n_rows, disturbance->amount, seed, err));
  if (disturbance->kind == MER_DISTURB_NOISE) {
    MER__CHECK(mer__noisy_clips_make(&clips, rows, n_rows, disturbance->amount,
                                     used.features.max_duration_s, seed, used.monitor, err));
    for (int64_t i = 0; i < n_rows; i++)
      if (clips.paths[i]) disturbed[i].audio = clips.paths[i];
    used.features.cache_folder = "";
  }
  MER__CHECK(
      mer__predict_rows_kept(predictions, model, dataset, disturbed, n_rows, &used, kept, err));
cleanup:
  mer__noisy_clips_clear(&clips);
  mer__arena_clear(&arena);
  mer__free(disturbed);
  return status;
}

mer_status mer_predict_disturbed(mer_predictions *predictions, mer_model *model,
                                 const mer_dataset *dataset, const mer_utterance *rows,
                                 int64_t n_rows, const mer_disturbance *disturbance, uint64_t seed,
                                 const mer_predict_options *options, mer_error *err) {
  return mer__predict_disturbed_kept(predictions, model, dataset, rows, n_rows, disturbance, seed,
                                     options, NULL, err);
}
