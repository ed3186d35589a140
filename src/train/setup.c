/* setup.c: from options and data to a network and its inputs. */
#include "train/setup.h"

#include "base/alloc.h"
#include "base/error.h"
#include "data/dataset.h"
#include "data/row_turns.h"
#include "model/checkpoint_config.h"
#include "train/fit_encoders.h"
#include "train/loss.h"
#include "train/modality_check.h"
#include "train/noisy_rows.h"
#include "train/outline.h"
#include "train/set_shares.h"
#include "train/teachers.h"
#include "train/train_options.h"

void mer__training_set_clear(mer__training_set *set) {
  for (int s = 0; s < MER_N_SPLITS; s++) mer__inputs_clear(&set->splits[s]);
  mer__inputs_clear(&set->noisy);
  mer_model_close(set->model);
  *set = (mer__training_set){0};
}

/* A row without a label says nothing to learn, and one whose label is unknown may be a slip of the
 * pen: neither is left out in silence. */
static mer_status check_labels(const mer__inputs *inputs, const mer_utterance *rows, int split,
                               mer_error *err) {
  for (int64_t i = 0; i < inputs->n; i++) {
    const mer_utterance *row = &rows[inputs->rows[i]];
    if (inputs->labels[i] < 0 && !row->targets)
      return mer__fail_at(err, MER_STATUS_INVALID, row->line,
                          "line %lld of the %s split, '%.80s', has no known label: rows to train "
                          "and measure on need one",
                          (long long)row->line, mer_split_name((mer_split)split), row->id);
  }
  return MER_OK;
}

/* Says which data sets have no row among the first `n`, of `n_all`, that a limit leaves. */
static void tell_limit(const mer_dataset *dataset, const mer_utterance *rows, int64_t n,
                       int64_t n_all, const mer_monitor *monitor) {
  bool left[MER_MAX_DATASETS] = {0};
  for (int64_t i = 0; i < n; i++) left[rows[i].set] = true;
  for (int64_t i = n; i < n_all; i++) {
    const int32_t set = rows[i].set;
    if (left[set]) continue;
    left[set] = true; /* told once */
    mer__log(monitor, MER_LOG_WARNING, "%s: no row of data set %d is among the first %lld",
             mer__dataset_table_of(dataset, &rows[i])->path, (int)set + 1, (long long)n);
  }
}

/* Says so if a context is asked for, and no row has any. */
static mer_status tell_no_turns(const mer_utterance *rows, int64_t n,
                                const mer_train_options *options, mer_error *err) {
  mer__row_turns turns = {0};
  bool any = false;
  if (options->context == 0 && options->future == 0) return MER_OK;
  mer_status status = mer__row_turns_sort(&turns, rows, n, err);
  for (int64_t i = 0; status == MER_OK && i < n && !any; i++)
    any = turns.ends[i] - turns.begins[i] > 1;
  mer__row_turns_clear(&turns);
  if (status == MER_OK && !any)
    mer__log(options->monitor, MER_LOG_WARNING,
             "no training row has a turn before or after it, so that a context of %lld and %lld "
             "turns says nothing: the data need dialogues",
             (long long)options->context, (long long)options->future);
  return status;
}

/* Says so if there is attention over the faces of videos, and no row has a video. */
static void tell_no_videos(const mer_utterance *rows, int64_t n, const mer_train_options *options) {
  for (int64_t i = 0; i < n; i++)
    if (rows[i].video && !rows[i].image) return;
  if (options->attend_frames)
    mer__log(options->monitor, MER_LOG_WARNING,
             "no training row has a video without an image beside it, so that attention over the "
             "faces of videos says nothing");
}

/* What the training rows, `n` of `n_all`, lack for the options. */
static mer_status tell_lacks(const mer_dataset *dataset, const mer_utterance *rows, int64_t n,
                             int64_t n_all, const mer_train_options *options, mer_error *err) {
  tell_limit(dataset, rows, n, n_all, options->monitor);
  tell_no_videos(rows, n, options);
  return tell_no_turns(rows, n, options, err);
}

/* `why`: what there is instead of `n` rows of dev. */
static mer_status check_dev(int64_t n, const char *why, const mer_train_options *options,
                            mer_error *err) {
  if (n > 0 || (!options->calibrate && options->patience == 0)) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s needs a dev split, %s",
                   options->calibrate ? "calibration" : "patience", why);
}

static bool has_modality(const mer__inputs *inputs, int m) {
  for (int64_t i = 0; i < inputs->n; i++)
    if (mer__inputs_of_row(inputs, m, inputs->rows[i]).present) return true;
  return false;
}

/* What reads a modality that no row has would not be trained. */
static mer_status check_modalities(const mer__inputs *train, const mer_train_options *options,
                                   const mer__network *network, mer_error *err) {
  int n_there = 0, lacking = 0;
  if (train->n == 0)
    return mer__fail(err, MER_STATUS_INVALID, "the training split has no %sutterances",
                     train->n_skipped ? "complete " : "");
  for (int m = 0; m < network->n_modalities; m++) {
    if (has_modality(train, m)) n_there++;
    else lacking = m;
  }
  if (n_there == network->n_modalities) return MER_OK;
  if (n_there == 0)
    return mer__fail(err, MER_STATUS_INVALID, "no utterance of the training split has usable %s",
                     options->modalities);
  return mer__fail(
      err, MER_STATUS_INVALID,
      "no utterance of the training split has usable %s: a fusion (%s) needs some with "
      "each of its modalities",
      network->modalities[lacking].name, options->modalities);
}

/* What training rows are asked beyond those of other splits. */
static mer_status complete_train(mer__training_set *set, const mer_dataset *dataset,
                                 const mer_utterance *rows, int64_t n,
                                 const mer__inputs_options *inputs,
                                 const mer_train_options *options, mer_error *err) {
  mer__inputs *train = &set->splits[MER_SPLIT_TRAIN];
  mer_status status;
  MER__CHECK(check_modalities(train, options, &set->model->network, err));
  MER__CHECK(mer__teachers_ask(train, dataset, rows, n, options, err));
  MER__CHECK(mer__noisy_rows_load(set, dataset, rows, n, inputs, options, err));
cleanup:
  return status;
}

static mer_status load_splits(mer__training_set *set, const mer_dataset *dataset,
                              const mer_train_options *options, mer_error *err) {
  mer__inputs_options inputs = {.features = options->features,
                                .precomputed = options->precomputed,
                                .n_precomputed = options->n_precomputed,
                                .skip_missing = options->skip_missing};
  mer_status status = MER_OK;
  for (int s = 0; s < MER_N_SPLITS; s++) {
    const bool is_train = s == MER_SPLIT_TRAIN;
    int64_t n_all;
    const mer_utterance *rows = mer_dataset_rows(dataset, s, &n_all);
    int64_t n = s == MER_SPLIT_TEST && !options->evaluate_test ? 0 : n_all;
    if (is_train) n = mer__limit_rows(n, options->limit);
    if (is_train) MER__CHECK(tell_lacks(dataset, rows, n, n_all, options, err));
    MER__CHECK(mer__inputs_load(&set->splits[s], set->model, dataset, rows, n, &inputs, err));
    MER__CHECK(check_labels(&set->splits[s], rows, s, err));
    if (is_train) MER__CHECK(complete_train(set, dataset, rows, n, &inputs, options, err));
  }
cleanup:
  return status;
}

static mer_status load_head(mer__training_set *set, const mer_train_options *options,
                            mer_error *err) {
  bool same;
  const char *folder = mer__outline_folder(options, set->model->network.modalities[0].name);
  mer_status status = mer__checkpoint_load_head(&same, set->model, folder, err);
  if (status == MER_OK && !same)
    mer__log(options->monitor, MER_LOG_INFO,
             "%s: has other labels than the data, or another kind of them, so the last layer of "
             "its classifier begins anew",
             folder);
  return status;
}

mer_status mer__training_set_initialize(mer__training_set *set, const mer_train_options *options,
                                        mer_error *err) {
  mer__network *network = &set->model->network;
  mer_status status = MER_OK;
  const bool keeps = mer__keeps_constants(network, options);
  mer__network_init(network, options->seed);
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (modality->type->base_config && !modality->from_nothing)
      status = mer__model_load_encoder(
          set->model, modality, mer__outline_folder(options, modality->name), keeps, NULL, err);
  }
  if (status == MER_OK) status = mer__fit_encoders(set, options, err);
  if (status == MER_OK && (network->checkpoint_head || options->keep_head))
    status = load_head(set, options, err);
  return status;
}

/* What the data must have for the options. */
static mer_status check_data(const mer_dataset *dataset, const mer_train_options *options,
                             mer_error *err) {
  const mer_target target = mer_dataset_target(dataset);
  int64_t n_dev;
  mer_dataset_rows(dataset, MER_SPLIT_DEV, &n_dev);
  if (options->calibrate && target == MER_TARGET_VALUES)
    return mer__fail(err, MER_STATUS_INVALID, "calibration is of labels; the data have values");
  if (options->n_teachers > 0 && target != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID, "teachers are of one label; the data have others");
  mer_status status = check_dev(n_dev, "which the data lack", options, err);
  if (status == MER_OK) status = mer__set_shares_check(dataset, options, err);
  return status == MER_OK ? mer__loss_check(target, options, err) : status;
}

/* All that is known before the inputs are loaded. */
static mer_status begin(mer__training_set *set, const mer_dataset *dataset,
                        const mer_train_options *options, mer_error *err) {
  mer_status status = mer__train_options_check(options, err);
  if (status != MER_OK) return status;
  if ((status = check_data(dataset, options, err)) != MER_OK) return status;
  set->model = mer__calloc(1, sizeof *set->model);
  return set->model ? mer__outline(set->model, dataset, options, err) : mer__fail_memory(err);
}

mer_status mer__training_check(const mer_dataset *dataset, const mer_train_options *given,
                               mer_error *err) {
  mer_train_options options;
  mer__training_set set = {0};
  mer_status status = mer__train_options_read(&options, given, err);
  if (status != MER_OK) return status;
  options.monitor = NULL; /* warnings come from the training itself */
  status = begin(&set, dataset, &options, err);
  for (int m = 0; status == MER_OK && m < set.model->network.n_modalities; m++)
    status = mer__modality_check(&set.model->network.modalities[m], dataset, &options, err);
  if (status == MER_OK) status = mer__teachers_check(dataset, &options, err);
  mer__training_set_clear(&set);
  return status;
}

mer_status mer__training_set_load(mer__training_set *set, const mer_dataset *dataset,
                                  const mer_train_options *options, mer_error *err) {
  mer_status status;
  MER__CHECK(begin(set, dataset, options, err));
  MER__CHECK(load_splits(set, dataset, options, err));
  MER__CHECK(check_dev(set->splits[MER_SPLIT_DEV].n, "of which no row is complete", options, err));
  MER__CHECK(mer__network_build(&set->model->network, err));
  MER__CHECK(mer__training_set_initialize(set, options, err));
cleanup:
  return status;
}
