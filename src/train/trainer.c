/* trainer.c: a training from its beginning through the loop over epochs and batches.
 *
 * All randomness is a function of (seed, epoch or step), the gradients are added in a fixed order,
 * and the state between two steps is saved to the last bit: so the same seed, machine and thread
 * count give the same bytes, interrupted or not. */
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format.h"
#include "tensor/json_memory.h"
#include "train/space.h"
#include "train/train_options.h"
#include "train/training_settings.h"

/* Stream of the shuffling of epoch e: STREAM_SHUFFLE + e; dropout uses streams below (step *
 * MER__SITES). */
static const uint64_t stream_shuffle = (uint64_t)1 << 62;

/* Skipped steps in a row after which there is no hope. */
enum { MAX_SKIPPED = 10 };

static void clear(mer__trainer *t) {
  mer__train_state *s = &t->state;
  mer__optimizer_clear(&t->optimizer);
  mer__compute_clear(&t->compute);
  mer__free(s->m);
  mer__free(s->v);
  mer__free(s->best);
  mer__free(s->mean);
  mer__free(s->epochs);
  mer__training_set_clear(&t->set);
  mer__arena_clear(&t->arena);
  mer__free(t->order);
  mer__free(t->checkpoint);
  mer__free(t->space);
  free(t->settings);
  mer__train_log_close(&t->log);
}

/* The first table whose rows a batch names by its tokens, if it is trained; `*m` is its modality.
 */
static mer__row_table token_table(int *m, const mer__network *network) {
  for (*m = 0; *m < network->n_modalities; ++*m) {
    const mer__modality *modality = &network->modalities[*m];
    if (!modality->type->token_table || modality->frozen) continue;
    const mer__param *p = &network->params.items[modality->type->token_table(modality)];
    if (!p->trained) continue;
    return (mer__row_table){p->offset, p->shape[0], p->shape[1]};
  }
  return (mer__row_table){0};
}

static int compare_counts(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x > y ? -1 : x < y;
}

/* The sum of the `n` largest of `counts` [n_counts], which are sorted. */
static int64_t sum_of_largest(int64_t *counts, int64_t n_counts, int64_t n) {
  int64_t sum = 0;
  qsort(counts, (size_t)n_counts, sizeof *counts, compare_counts);
  for (int64_t i = 0; i < n; i++) sum += counts[i];
  return sum;
}

/* Rows that a Linear layer is given for what `inputs` have of modality `m` of row `row`. */
static int64_t rows_of(const mer__network *network, const mer__inputs *inputs, int m, int64_t row) {
  const mer__input input = mer__inputs_get_of_row(inputs, m, row);
  return input.present ? mer__modality_rows(&network->modalities[m], &input) : 0;
}

/* Most rows that a Linear layer is given in a step: those of a batch of the longest inputs, or of
 * the batch with each modality alone. */
static mer_status most_rows(int64_t *rows, const mer__training_set *set, int64_t batch_size,
                            mer_error *err) {
  const mer__network *network = &set->model->network;
  const mer__inputs *inputs = &set->splits[MER_SPLIT_TRAIN], *noisy = &set->noisy;
  const int64_t batch = batch_size < inputs->n ? batch_size : inputs->n;
  int64_t *counts = mer__malloc((size_t)inputs->n, sizeof *counts);
  if (!counts) return mer__fail_memory(err);
  *rows = network->unimodal ? batch * (1 + network->n_modalities) : batch;
  for (int m = 0; m < network->n_modalities; m++) {
    if (!network->modalities[m].type->n_rows) continue;
    for (int64_t i = 0; i < inputs->n; i++) {
      counts[i] = rows_of(network, inputs, m, inputs->rows[i]);
      const int64_t other = noisy->n > 0 ? rows_of(network, noisy, m, inputs->rows[i]) : 0;
      if (other > counts[i]) counts[i] = other;
    }
    const int64_t n = sum_of_largest(counts, inputs->n, batch);
    if (n > *rows) *rows = n;
  }
  mer__free(counts);
  return MER_OK;
}

static mer_status use_panels(mer__trainer *t, mer_error *err) {
  mer__network *network = &t->set.model->network;
  int64_t rows;
  mer_status status = most_rows(&rows, &t->set, t->options->batch_size, err);
  if (status == MER_OK)
    status = mer__compute_init(&t->compute, &network->params,
                               t->options->bf16 ? MER__PRODUCT_BF16 : MER__PRODUCT_F32, rows, err);
  t->compute.recompute = t->options->checkpoint_activations;
  network->compute = &t->compute;
  return status;
}

static mer_status allocate(mer__trainer *t, mer_error *err) {
  mer__network *network = &t->set.model->network;
  mer__train_state *s = &t->state;
  mer_status status = mer__params_train(&network->params, err);
  if (status == MER_OK) status = use_panels(t, err);
  if (status != MER_OK) return status;
  bool keep_best = t->options->keep_best && t->set.splits[MER_SPLIT_DEV].n > 0;
  s->n = network->params.size - network->params.first_trained;
  s->params = network->params.values + network->params.first_trained;
  s->m = mer__calloc((size_t)s->n, sizeof *s->m);
  s->v = mer__calloc((size_t)s->n, sizeof *s->v);
  s->best = keep_best ? mer__malloc((size_t)s->n, sizeof *s->best) : NULL;
  const int64_t average = t->options->average, n_epochs = t->options->epochs;
  s->mean = average ? mer__malloc((size_t)s->n, sizeof *s->mean) : NULL;
  s->average_from = average > 0 && average < n_epochs ? n_epochs - average : 0;
  s->epochs = mer__calloc((size_t)t->options->epochs, sizeof *s->epochs);
  t->order = mer__malloc((size_t)t->set.splits[MER_SPLIT_TRAIN].n, sizeof *t->order);
  bool complete =
      s->m && s->v && (s->best || !keep_best) && (s->mean || !average) && s->epochs && t->order;
  return complete ? MER_OK : mer__fail_memory(err);
}

mer_status mer__trainer_start_optimizer(mer__trainer *t, mer_error *err) {
  mer__network *network = &t->set.model->network;
  const mer__train_state *s = &t->state;
  const mer__row_table table = token_table(&t->table_modality, network);
  return mer__optimizer_init(&t->optimizer, &network->params, &t->compute, s->m, s->v, table,
                             s->step, t->n_steps, err);
}

static mer_status open_log(mer__trainer *t, mer_error *err) {
  if (t->options->log && mer__output_folder_takes(&t->output, t->options->log))
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: the training log cannot lie where the model will; without a name it is "
                     "%s in the model",
                     t->options->log, MER__TRAINING_LOG);
  char *path = t->options->log ? mer__strdup(t->options->log)
                               : mer__path_join(t->output.work, MER__TRAINING_LOG);
  if (!path) return mer__fail_memory(err);
  mer_status status = mer__train_log_open(&t->log, path, t->options->monitor, err);
  mer__free(path);
  return status;
}

/* The folders that a training reads: number i of them, or NULL. */
enum { N_ENCODERS = 3, N_SOURCES = N_ENCODERS + MER_MAX_TEACHERS };
static const char *source_of(const mer_train_options *o, int i) {
  const char *const encoders[N_ENCODERS] = {o->encoder, o->speech_encoder, o->image_encoder};
  if (i < N_ENCODERS) return encoders[i];
  return i - N_ENCODERS < o->n_teachers ? o->teachers[i - N_ENCODERS] : NULL;
}

/* Makes the folder of the unfinished model; refuses one that is read, as it would be cleared. */
static mer_status begin_output(mer__output_folder *output, const mer_train_options *o,
                               mer_error *err) {
  bool was_there[N_SOURCES];
  for (int i = 0; i < N_SOURCES; i++)
    was_there[i] = source_of(o, i) && mer__path_is_folder(source_of(o, i));
  mer_status status = mer__output_folder_begin(output, o->out, &mer__model_output, err);
  for (int i = 0; i < N_SOURCES && status == MER_OK; i++)
    if (was_there[i] && mer__path_is_same(source_of(o, i), output->work))
      status = mer__fail(err, MER_STATUS_INVALID,
                         "%s: is read by the training, and is where %s is made: give the model "
                         "another name",
                         source_of(o, i), o->out);
  return status;
}

static mer_status open_output(mer__trainer *t, mer_error *err) {
  const mer_train_options *o = t->options;
  mer_status status = begin_output(&t->output, o, err);
  if (status != MER_OK) return status;
  t->checkpoint = mer__path_join(t->output.work, MER__CHECKPOINT);
  t->space = mer__path_join(t->output.work, MER__RESERVE);
  if (!t->checkpoint || !t->space) return mer__fail_memory(err);
  const bool found = mer__path_is_file(t->checkpoint);
  if (o->resume && !found)
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: there is no interrupted training to resume",
                     t->output.work);
  if (!o->resume && found)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: holds the state of an interrupted training: --resume goes on with it; "
                     "remove this folder to begin anew",
                     t->output.work);
  return MER_OK;
}

/* A state, and beside it the next one or the model. Room that a killed training holds is free. */
static mer_status check_space(const mer__trainer *t, mer_error *err) {
  mer__space_release(t->space);
  const uint64_t state = mer__trainer_state_bytes(t),
                 model = (uint64_t)t->set.model->network.params.size * sizeof(float),
                 larger = state > model ? state : model;
  const uint64_t all = t->options->resume ? larger : state + larger;
  return mer__output_folder_need(&t->output, all, larger, err);
}

static void measure_size(mer__trainer *t) {
  const mer_train_options *o = t->options;
  const int64_t n = t->shares.n_all;
  t->size = (mer__train_size){o->epochs, (n + o->batch_size - 1) / o->batch_size, n, o->batch_size};
  t->n_steps = t->size.n_batches * o->epochs;
}

static mer_status describe_settings(mer__trainer *t, const mer_dataset *dataset, mer_error *err) {
  mer__json_watch();
  json_t *settings = mer__training_settings(&t->set, dataset, t->options);
  t->set.model->training = settings;
  t->settings = mer__json_dump(settings, JSON_COMPACT | JSON_REAL_PRECISION(17));
  if (mer__json_no_memory()) return mer__fail_memory(err);
  return t->settings ? MER_OK
                     : mer__fail(err, MER_STATUS_INVALID,
                                 "the encoder's path or a modality's name is not UTF-8");
}

static mer_status start(mer__trainer *t, const mer_dataset *dataset, mer_error *err) {
  mer_status status;
  const mer_train_options *o = t->options;
  double counts[MER_MAX_LABELS];
  t->dataset = dataset;
  MER__CHECK(open_output(t, err));
  if (o->log) MER__CHECK(open_log(t, err));
  MER__CHECK(mer__training_set_load(&t->set, dataset, o, err));
  const mer__inputs *train = &t->set.splits[MER_SPLIT_TRAIN];
  mer__set_shares_init(&t->shares, dataset, train, o);
  measure_size(t);
  const mer__network *network = &t->set.model->network;
  mer__set_shares_count(counts, &t->shares, network->n_labels);
  MER__CHECK(mer__loss_init(&t->loss, network->target, o, counts, network->n_labels, err));
  MER__CHECK(allocate(t, err));
  MER__CHECK(describe_settings(t, dataset, err));
  MER__CHECK(check_space(t, err));
  if (o->resume)
    MER__CHECK(mer__checkpoint_read(&t->state, &t->size, t->checkpoint, t->settings,
                                    t->options->monitor, err));
  else mer__output_folder_clear(&t->output);
  t->output.found = false; /* what lies there is this training's from now on */
  MER__CHECK(mer__trainer_start_optimizer(t, err));
  if (!o->log) MER__CHECK(open_log(t, err));
  if (!o->resume) mer__train_log_empty(&t->log);
  mer__trainer_reserve_space(t);
  mer__train_log_write(&t->log,
                       json_pack("{s:s, s:I, s:O}", "event", o->resume ? "resume" : "start", "step",
                                 (json_int_t)t->state.step, "settings", t->set.model->training));
cleanup:
  return status;
}

static void report_progress(const mer__trainer *t) {
  const mer__train_state *s = &t->state;
  int64_t n_done = s->batch - s->n_skipped;
  char note[64];
  mer__format(note, sizeof note, "epoch %lld/%lld  loss %.4f", (long long)s->n_epochs + 1,
              (long long)t->options->epochs, n_done > 0 ? s->loss_sum / (double)n_done : 0.0);
  mer__progress(t->options->monitor, "train", s->step, t->n_steps, note);
}

/* Counts a step that changed nothing; of an epoch's the first is reported. */
static void count_skipped(mer__trainer *t) {
  mer__train_state *s = &t->state;
  s->n_in_a_row++;
  if (s->n_skipped++ == 0)
    mer__log(t->options->monitor, MER_LOG_WARNING,
             "step %lld is skipped, as its loss or gradient is not finite; if there are more in "
             "this epoch, they are counted",
             (long long)s->step + 1);
}

/* Does the batches of an epoch from the state's on; after a rewind the state is in another place.
 */
static mer_status run_epoch(mer__trainer *t, mer_error *err) {
  mer__train_state *s = &t->state;
  int64_t n = t->size.n_utterances, size = t->size.batch_size;
  mer__rng rng = {.seed = t->options->seed, .stream = stream_shuffle + (uint64_t)s->n_epochs};
  mer__rng_permutation(&rng, t->order, (size_t)t->set.splits[MER_SPLIT_TRAIN].n);
  mer__set_shares_take(t->order, &t->shares);
  t->epoch_start = mer__clock_seconds();
  while (s->batch < t->size.n_batches) {
    if (mer__should_stop(t->options->monitor)) return mer__trainer_stop(t, err);
    int64_t first = s->batch * size, count = first + size <= n ? size : n - first;
    mer__step_outcome outcome;
    mer_status status = mer__train_step(&outcome, t, t->order + first, count, err);
    if (status != MER_OK) return status;
    if (outcome == MER__STEP_SPOILED) return mer__trainer_rewind(t, err);
    if (outcome == MER__STEP_SKIPPED) count_skipped(t);
    else s->n_in_a_row = 0;
    s->step++;
    s->batch++;
    report_progress(t);
    if (s->n_in_a_row > 0 && s->n_in_a_row % MAX_SKIPPED == 0) return mer__trainer_give_up(t, err);
    if (s->batch < t->size.n_batches) mer__trainer_save_if_due(t);
  }
  mer_status status = mer__trainer_end_epoch(t, err);
  if (status == MER_OK && s->n_epochs < t->size.n_epochs) mer__trainer_save_if_due(t);
  return status;
}

/* The best epoch is too long ago. */
static bool has_lost_patience(const mer__trainer *t) {
  const mer__train_state *s = &t->state;
  const int64_t patience = t->options->patience;
  if (patience == 0 || s->best_epoch == 0 || s->n_epochs - s->best_epoch < patience) return false;
  mer__log(t->options->monitor, MER_LOG_INFO,
           "the training ends: epochs since the best score on dev, that of epoch %lld: %lld",
           (long long)s->best_epoch, (long long)(s->n_epochs - s->best_epoch));
  return true;
}

void mer_train_result_clear(mer_train_result *result) {
  mer__free(result->epochs);
  *result = (mer_train_result){0};
}

mer_status mer_train_run(mer_train_result *result, const mer_dataset *dataset,
                         const mer_train_options *options, mer_error *err) {
  mer_status status;
  mer_train_options used;
  mer__trainer t = {.options = &used, .last_checkpoint = mer__clock_seconds()};
  MER__CHECK(mer__train_options_read(&used, options, err));
  MER__CHECK(start(&t, dataset, err));
  while (t.state.n_epochs < used.epochs && !has_lost_patience(&t)) MER__CHECK(run_epoch(&t, err));
  MER__CHECK(mer__trainer_finish(&t, err));
  mer__train_log_close(&t.log);
  *result = (mer_train_result){
      .epochs = t.state.epochs,
      .n_epochs = t.state.n_epochs,
      .best_epoch = mer__trainer_kept(&t),
      .n_train = t.size.n_utterances,
      .n_skipped = mer__state_skipped(&t.state),
      .temperature = mer_model_temperature(t.set.model),
      .n_averaged = mer__state_averaged(&t.state, mer__trainer_kept(&t)),
      .log_error = t.log.reason,
  };
  t.state.epochs = NULL;
cleanup:
  if (t.space && t.output.work) mer__space_release(t.space);
  /* What failed before its first checkpoint leaves nothing behind but what it has found. */
  mer__output_folder_abandon(&t.output,
                             t.output.found || !t.checkpoint || mer__path_is_file(t.checkpoint));
  clear(&t);
  return status;
}
