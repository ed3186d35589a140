/* noisy_rows.c: each training row has a copy with noise of what its modalities have, made once; a
 * step takes some of these. So frozen encoders see each but once, too. */
#include "train/noisy_rows.h"

#include <string.h>

#include "base/error.h"
#include "encoder/encoder_type.h"
#include "eval/disturbed_texts.h"

/* So that training rows do not get the numbers that test rows of the same seed get. */
static const uint64_t own_seed = 0x6e6f697365;

/* Whether the encoder, which is trained, adds noise itself. */
static bool adds_noise(const mer__modality *modality, const mer_train_options *options) {
  return modality->input == MER__INPUT_SOUND && options->augment && modality->type->augments &&
         !modality->frozen;
}

mer_status mer__noisy_rows_load(mer__training_set *set, const mer_dataset *dataset,
                                const mer_utterance *rows, int64_t n,
                                const mer__inputs_options *load, const mer_train_options *options,
                                mer_error *err) {
  const mer__network *network = &set->model->network;
  mer_monitor monitor = mer__monitor_quiet(options->monitor);
  mer__white_noise noise = {.drawn = true, .seed = options->seed + own_seed};
  mer__inputs_options own = *load;
  mer__arena texts = {0};
  mer_utterance *noisy = NULL;
  mer_status status = MER_OK;
  int text = -1, n_noisy = 0;
  for (int m = 0; m < network->n_modalities; m++) {
    noise.in[m] = !adds_noise(&network->modalities[m], options);
    n_noisy += noise.in[m];
    if (network->modalities[m].input == MER__INPUT_TEXT) text = m;
  }
  if (options->noise == 0 || n_noisy == 0 || n == 0) return MER_OK;
  if (options->monitor) monitor.progress = options->monitor->progress;
  own.features.monitor = &monitor; /* clips at fault have been told of */
  own.skip_missing = false;
  own.noise = &noise;
  own.noise_alone = true;
  noisy = mer__malloc((size_t)n, sizeof *noisy);
  if (!noisy) return mer__fail_memory(err);
  memcpy(noisy, rows, (size_t)n * sizeof *noisy);
  if (text >= 0) {
    const mer__white_noise of_text = mer__white_noise_of_modality(&noise, text);
    MER__CHECK(mer__texts_replace(noisy, &texts, n, &of_text, err));
  }
  MER__CHECK(mer__inputs_load(&set->noisy, set->model, dataset, noisy, n, &own, err));
cleanup:
  mer__arena_clear(&texts);
  mer__free(noisy);
  return status;
}

void mer__noisy_rows_put(mer__input *inputs, const mer__training_set *set, int64_t row, int64_t i,
                         uint64_t step, const mer_train_options *options) {
  const mer__inputs *noisy = &set->noisy;
  const mer__noise noise = {.seed = options->seed, .step = step};
  const double threshold = options->noise * 0x1p32;
  uint32_t words[MER__ROW_WORDS];
  if (noisy->n == 0) return;
  mer__noise_row_words(words, &noise, MER__SITE_NOISY, i);
  for (int m = 0; m < noisy->n_modalities; m++)
    if (!noisy->columns[m].removed && words[m] < threshold)
      inputs[m] = mer__inputs_get_of_row(noisy, m, row);
}
