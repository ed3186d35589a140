/* trainer.c: the loop over epochs and batches, with checkpoints.
 *
 * All randomness is a function of (seed, epoch or step), the gradients are added in a fixed order,
 * and the state between two steps is saved to the last bit: so the same seed, machine and thread
 * count give the same bytes, interrupted or not. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format.h"
#include "base/output_folder.h"
#include "eval/argmax.h"
#include "nn/cross_entropy.h"
#include "tensor/json_memory.h"
#include "train/checkpoint.h"
#include "train/gradient_clip.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/setup.h"
#include "train/train_log.h"

/* Stream of the shuffling of epoch e: STREAM_SHUFFLE + e; dropout uses streams below (step *
 * MER__SITES). */
static const uint64_t stream_shuffle = (uint64_t)1 << 62;

/* Least time between two checkpoints at the ends of epochs. */
static const double checkpoint_seconds = 60;

typedef struct trainer {
  const mer_train_options *options;
  mer__training_set set;
  mer__train_state state;
  mer__compute compute;
  mer__optimizer optimizer;
  int table_modality; /* whose tokens name rows of the optimizer's table, if it has one */
  mer__output_folder output;
  char *checkpoint, *settings;
  FILE *log;
  int64_t n_batches, n_steps; /* of an epoch, of all epochs */
  mer__arena arena;
  int32_t *order; /* [n]: the epoch's permutation */
  double epoch_start, last_checkpoint;
} trainer;

static void clear(trainer *t) {
  mer__train_state *s = &t->state;
  mer__optimizer_clear(&t->optimizer);
  mer__compute_clear(&t->compute);
  mer__free(s->m);
  mer__free(s->v);
  mer__free(s->best);
  mer__free(s->epochs);
  mer__training_set_clear(&t->set);
  mer__arena_clear(&t->arena);
  mer__free(t->order);
  mer__free(t->checkpoint);
  free(t->settings);
  if (t->log) fclose(t->log);
}

/* The first table whose rows a batch names by its tokens, if it is trained; `*m` is its modality.
 */
static mer__row_table token_table(int *m, const mer__network *network) {
  for (*m = 0; *m < network->n_modalities; ++*m) {
    const mer__modality *modality = &network->modalities[*m];
    if (!modality->type->token_table || modality->frozen) continue;
    const mer__param *p = &network->params.items[modality->type->token_table(modality)];
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

/* Most rows that a Linear layer is given in a step: those of a batch of the longest inputs. */
static mer_status most_rows(int64_t *rows, const mer__network *network, const mer__inputs *inputs,
                            int64_t batch_size, mer_error *err) {
  const int64_t batch = batch_size < inputs->n ? batch_size : inputs->n;
  int64_t *counts = mer__malloc((size_t)inputs->n, sizeof *counts);
  if (!counts) return mer__fail_memory(err);
  *rows = batch;
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (!modality->type->n_rows) continue;
    for (int64_t i = 0; i < inputs->n; i++) {
      mer__input row[MER_MAX_MODALITIES];
      mer__inputs_get(row, inputs, i);
      counts[i] = row[m].present ? modality->type->n_rows(modality, &row[m]) : 0;
    }
    const int64_t n = sum_of_largest(counts, inputs->n, batch);
    if (n > *rows) *rows = n;
  }
  mer__free(counts);
  return MER_OK;
}

static mer_status allocate(trainer *t, mer_error *err) {
  mer__network *network = &t->set.model->network;
  mer__train_state *s = &t->state;
  mer_status status = mer__params_train(&network->params, err);
  if (status != MER_OK) return status;
  int64_t rows;
  status = most_rows(&rows, network, &t->set.splits[MER_SPLIT_TRAIN], t->options->batch_size, err);
  if (status != MER_OK) return status;
  status = mer__compute_init(&t->compute, &network->params,
                             t->options->bf16 ? MER__PRODUCT_BF16 : MER__PRODUCT_F32, rows, err);
  if (status != MER_OK) return status;
  network->compute = &t->compute;
  bool keep_best = t->options->keep_best && t->set.splits[MER_SPLIT_DEV].n > 0;
  s->n = network->params.size - network->params.first_trained;
  s->params = network->params.values + network->params.first_trained;
  s->m = mer__calloc((size_t)s->n, sizeof *s->m);
  s->v = mer__calloc((size_t)s->n, sizeof *s->v);
  s->best = keep_best ? mer__malloc((size_t)s->n, sizeof *s->best) : NULL;
  s->epochs = mer__calloc((size_t)t->options->epochs, sizeof *s->epochs);
  t->order = mer__malloc((size_t)t->set.splits[MER_SPLIT_TRAIN].n, sizeof *t->order);
  bool complete = s->m && s->v && (s->best || !keep_best) && s->epochs && t->order;
  return complete ? MER_OK : mer__fail_memory(err);
}

static mer_status start_optimizer(trainer *t, mer_error *err) {
  mer__network *network = &t->set.model->network;
  const mer__train_state *s = &t->state;
  const mer__row_table table = token_table(&t->table_modality, network);
  return mer__optimizer_init(&t->optimizer, &network->params, &t->compute, s->m, s->v, table,
                             s->step, t->n_steps, t->options->clip == 0, err);
}

static mer_status open_log(trainer *t, mer_error *err) {
  char *path = t->options->log ? mer__strdup(t->options->log)
                               : mer__path_join(t->output.work, MER__TRAINING_LOG);
  if (!path) return mer__fail_memory(err);
  t->log = fopen(path, t->options->resume ? "ae" : "we");
  mer_status status =
      t->log ? MER_OK : mer__fail(err, MER_STATUS_IO, "%s: cannot write the training log", path);
  mer__free(path);
  return status;
}

/* Removes the state of an earlier training that was not resumed. */
static void discard_earlier(const trainer *t) {
  if (mer__path_is_file(t->checkpoint))
    mer__log(t->options->monitor, MER_LOG_INFO,
             "%s: the state of an interrupted training is discarded", t->output.work);
  mer__output_folder_clear(&t->output);
}

static mer_status start(trainer *t, const mer_dataset *dataset, mer_error *err) {
  mer_status status;
  const mer_train_options *o = t->options;
  MER__CHECK(mer__output_folder_begin(&t->output, o->out, &mer__model_output, err));
  t->checkpoint = mer__path_join(t->output.work, MER__CHECKPOINT);
  if (!t->checkpoint) return mer__fail_memory(err);
  if (o->resume && !mer__path_is_file(t->checkpoint))
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%s: there is no interrupted training to resume",
                     t->output.work);
  MER__CHECK(mer__training_set_load(&t->set, dataset, o, err));
  int64_t n = t->set.splits[MER_SPLIT_TRAIN].n;
  t->n_batches = (n + o->batch_size - 1) / o->batch_size;
  t->n_steps = t->n_batches * o->epochs;
  MER__CHECK(allocate(t, err));
  mer__json_watch();
  json_t *settings = mer__training_settings(&t->set, dataset, o);
  t->set.model->training = settings;
  t->settings = mer__json_dump(settings, JSON_COMPACT | JSON_REAL_PRECISION(17));
  if (mer__json_no_memory()) return mer__fail_memory(err);
  if (!t->settings)
    return mer__fail(err, MER_STATUS_INVALID,
                     "the encoder's path or a modality's name is not UTF-8");
  MER__CHECK(mer__output_folder_need(
      &t->output, (uint64_t)t->set.model->network.params.size * sizeof(float), err));
  if (o->resume)
    MER__CHECK(mer__checkpoint_read(&t->state,
                                    &(mer__train_size){o->epochs, t->n_batches, n, o->batch_size},
                                    t->checkpoint, t->settings, err));
  else discard_earlier(t);
  MER__CHECK(start_optimizer(t, err));
  MER__CHECK(open_log(t, err));
  mer__train_log_write(t->log, json_pack("{s:s, s:I, s:O}", "event", o->resume ? "resume" : "start",
                                         "step", (json_int_t)t->state.step, "settings", settings));
cleanup:
  return status;
}

/* Tells the optimizer the step's learning rate and words. */
static void begin_step(trainer *t, const mer__input *inputs, int64_t n) {
  const mer_train_options *o = t->options;
  const int n_modalities = t->set.model->network.n_modalities;
  int64_t n_warmup = (int64_t)(o->warmup * (double)t->n_steps);
  double factor = mer__schedule_factor(t->state.step, t->n_steps, n_warmup, o->linear_decay);
  mer__optimizer_begin(&t->optimizer,
                       &(mer__adam){o->lr * factor, 0.9, 0.999, 1e-8, o->weight_decay, o->adamw});
  for (int64_t i = 0; i < n && t->optimizer.table.n_rows > 0; i++) {
    const mer__input *input = &inputs[i * n_modalities + t->table_modality];
    if (input->present) mer__optimizer_touch(&t->optimizer, input->tokens.ids, input->length);
  }
  mer__optimizer_catch_up(&t->optimizer);
}

/* One optimizer step on the utterances `rows` [n] of the training split. */
static mer_status train_step(trainer *t, const int32_t *rows, int64_t n, mer_error *err) {
  mer__network *network = &t->set.model->network;
  const mer__inputs *train = &t->set.splits[MER_SPLIT_TRAIN];
  mer__train_state *s = &t->state;
  const mer__noise noise = {
      .training = true, .seed = t->options->seed, .step = (uint64_t)s->step + 1};
  int64_t classes = network->n_labels;
  int n_modalities = network->n_modalities;
  mer__network_state *kept;

  mer__arena_reset(&t->arena);
  mer__input *inputs = mer__arena_alloc(&t->arena, (size_t)(n * n_modalities), sizeof *inputs);
  int32_t *labels = mer__arena_alloc(&t->arena, (size_t)n, sizeof *labels);
  float *probs = mer__arena_alloc(&t->arena, (size_t)(n * classes), sizeof *probs);
  if (!inputs || !labels || !probs) return mer__fail_memory(err);
  for (int64_t i = 0; i < n; i++) {
    mer__inputs_get(inputs + i * n_modalities, train, rows[i]);
    labels[i] = train->labels[rows[i]];
  }
  begin_step(t, inputs, n);

  mer_status status =
      mer__network_forward(probs, &kept, network, inputs, n, &t->arena, &noise, err);
  if (status != MER_OK) return status;
  double loss = mer__cross_entropy_forward(probs, probs, labels, n, classes);
  if (!isfinite(loss))
    return mer__fail(err, MER_STATUS_INVALID,
                     "the loss is not finite at step %lld; a lower learning rate may help",
                     (long long)s->step + 1);
  s->loss_sum += loss;
  s->n_seen += n;
  for (int64_t i = 0; i < n; i++)
    s->n_correct += mer__argmax(probs + i * classes, classes) == labels[i];
  mer__cross_entropy_backward(probs, probs, labels, n, classes);
  status = mer__network_backward(network, kept, probs, &t->arena, err);
  if (status != MER_OK) return status;

  double scale = 1;
  if (t->options->clip > 0)
    scale =
        mer__gradient_clip_factor(mer__optimizer_gradient_norm(&t->optimizer), t->options->clip);
  status = mer__optimizer_step(&t->optimizer, (float)scale, err);
  if (status != MER_OK) return status;
  s->step++;
  return MER_OK;
}

static mer_status evaluate(mer_epoch_scores *scores, trainer *t, mer_split split, mer_error *err) {
  const mer__inputs *inputs = &t->set.splits[split];
  *scores = (mer_epoch_scores){0};
  if (inputs->n == 0) return MER_OK;
  mer_metrics *metrics = mer__malloc(1, sizeof *metrics);
  int64_t classes = t->set.model->network.n_labels;
  float *probs = mer__malloc((size_t)(inputs->n * classes), sizeof *probs);
  int32_t *predicted = mer__malloc((size_t)inputs->n, sizeof *predicted);
  mer_status status = metrics && probs && predicted ? MER_OK : mer__fail_memory(err);
  const mer__source source = mer__inputs_source(inputs);
  if (status == MER_OK)
    status = mer__model_infer(probs, t->set.model, &source, NULL, "evaluate", err);
  for (int64_t i = 0; i < inputs->n && status == MER_OK; i++)
    predicted[i] = mer__argmax(probs + i * classes, classes);
  if (status == MER_OK)
    status = mer_metrics_compute(metrics, inputs->labels, predicted, probs, inputs->n,
                                 (int32_t)classes, err);
  if (status == MER_OK)
    *scores = (mer_epoch_scores){inputs->n, metrics->loss, metrics->accuracy, metrics->weighted_f1};
  mer__free(metrics);
  mer__free(probs);
  mer__free(predicted);
  return status;
}

static void describe_epoch(const trainer *t, const mer_epoch *e) {
  char dev[80] = "";
  if (e->dev.n)
    mer__format(dev, sizeof dev, "  dev: loss %.3f accuracy %.3f wF1 %.3f", e->dev.loss,
                e->dev.accuracy, e->dev.weighted_f1);
  mer__log(t->options->monitor, MER_LOG_INFO,
           "epoch %lld/%lld  train: loss %.4f (sum %.2f) accuracy %.3f%s  %.1f s",
           (long long)t->state.n_epochs, (long long)t->options->epochs, e->loss, e->loss_sum,
           e->accuracy, dev, e->seconds);
}

/* Completes the epoch: scores, the best parameters, the log, and a checkpoint from time to time. */
static mer_status end_epoch(trainer *t, mer_error *err) {
  mer__train_state *s = &t->state;
  assert(s->epochs && s->n_epochs < t->options->epochs);
  mer_epoch *e = &s->epochs[s->n_epochs];
  *e = (mer_epoch){.loss = s->loss_sum / (double)t->n_batches,
                   .loss_sum = s->loss_sum,
                   .accuracy = (double)s->n_correct / (double)s->n_seen};
  mer__optimizer_sync(&t->optimizer);
  mer_status status = evaluate(&e->dev, t, MER_SPLIT_DEV, err);
  if (status == MER_OK) status = evaluate(&e->test, t, MER_SPLIT_TEST, err);
  if (status != MER_OK) return status;
  e->seconds = mer__clock_seconds() - t->epoch_start;
  s->n_epochs++;
  if (s->best && (s->best_epoch == 0 || e->dev.weighted_f1 > s->best_score)) {
    s->best_epoch = s->n_epochs;
    s->best_score = e->dev.weighted_f1;
    memcpy(s->best, s->params, (size_t)s->n * sizeof *s->best);
  }
  s->batch = 0;
  s->loss_sum = 0;
  s->n_correct = s->n_seen = 0;
  describe_epoch(t, e);
  mer__train_log_write(t->log, mer__train_log_epoch(s->n_epochs, e));
  if (s->n_epochs == t->options->epochs ||
      mer__clock_seconds() - t->last_checkpoint < checkpoint_seconds)
    return MER_OK;
  t->last_checkpoint = mer__clock_seconds();
  return mer__checkpoint_write(t->checkpoint, s, t->settings, err);
}

/* Saves the state and says how to go on. */
static mer_status stop(trainer *t, mer_error *err) {
  mer__optimizer_sync(&t->optimizer);
  mer_status status = mer__checkpoint_write(t->checkpoint, &t->state, t->settings, err);
  if (status != MER_OK) return status;
  return mer__fail(err, MER_STATUS_INTERRUPTED,
                   "interrupted in epoch %lld at step %lld; %s holds the state: run the same "
                   "command with --resume to go on",
                   (long long)t->state.n_epochs + 1, (long long)t->state.step, t->output.work);
}

static mer_status run_epoch(trainer *t, mer_error *err) {
  mer__train_state *s = &t->state;
  int64_t n = t->set.splits[MER_SPLIT_TRAIN].n, size = t->options->batch_size;
  mer__rng rng = {.seed = t->options->seed, .stream = stream_shuffle + (uint64_t)s->n_epochs};
  mer__rng_permutation(&rng, t->order, (size_t)n);
  t->epoch_start = mer__clock_seconds();
  while (s->batch < t->n_batches) {
    if (mer__should_stop(t->options->monitor)) return stop(t, err);
    int64_t first = s->batch * size, count = first + size <= n ? size : n - first;
    mer_status status = train_step(t, t->order + first, count, err);
    if (status != MER_OK) return status;
    s->batch++;
    char note[64];
    mer__format(note, sizeof note, "epoch %lld/%lld  loss %.4f", (long long)s->n_epochs + 1,
                (long long)t->options->epochs, s->loss_sum / (double)s->batch);
    mer__progress(t->options->monitor, "train", s->step, t->n_steps, note);
  }
  return end_epoch(t, err);
}

/* Writes the model that is kept and puts its folder in place. */
static mer_status finish(trainer *t, mer_error *err) {
  mer_model *model = t->set.model;
  mer__train_state *s = &t->state;
  assert(s->epochs && (s->best || s->best_epoch == 0));
  if (s->best_epoch > 0) memcpy(s->params, s->best, (size_t)s->n * sizeof *s->best);
  else s->best_epoch = s->n_epochs;
  const mer_epoch *e = &s->epochs[s->best_epoch - 1];
  json_t *kept = json_pack("{s:I, s:f, s:f}", "epoch", (json_int_t)s->best_epoch, "train_loss",
                           e->loss, "train_accuracy", e->accuracy);
  int failed =
      e->dev.n ? json_object_set_new(kept, "dev_weighted_f1", json_real(e->dev.weighted_f1)) : 0;
  if (failed || json_object_set_new(model->training, "kept", kept) != 0)
    return mer__fail_memory(err);
  mer__train_log_write(
      t->log, json_pack("{s:s, s:I}", "event", "end", "kept_epoch", (json_int_t)s->best_epoch));
  mer_status status = mer__model_write(model, model->network.params.values, t->output.work, err);
  return status == MER_OK ? mer__output_folder_commit(&t->output, err) : status;
}

void mer_train_result_clear(mer_train_result *result) {
  mer__free(result->epochs);
  *result = (mer_train_result){0};
}

mer_status mer_train_run(mer_train_result *result, const mer_dataset *dataset,
                         const mer_train_options *options, mer_error *err) {
  mer_status status;
  mer_train_options used;
  trainer t = {.options = &used, .last_checkpoint = mer__clock_seconds()};
  MER__CHECK(mer__train_options_read(&used, options, err));
  MER__CHECK(start(&t, dataset, err));
  while (t.state.n_epochs < used.epochs) MER__CHECK(run_epoch(&t, err));
  MER__CHECK(finish(&t, err));
  *result = (mer_train_result){t.state.epochs, t.state.n_epochs, t.state.best_epoch,
                               t.set.splits[MER_SPLIT_TRAIN].n};
  t.state.epochs = NULL;
cleanup:
  /* What failed before its first checkpoint leaves nothing behind. */
  mer__output_folder_abandon(&t.output, !t.checkpoint || mer__path_is_file(t.checkpoint));
  clear(&t);
  return status;
}
