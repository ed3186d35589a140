/* train_step.c: one step: forward, loss, backward, update. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "eval/argmax.h"
#include "eval/same_labels.h"
#include "train/gradient_clip.h"
#include "train/loss.h"
#include "train/noisy_rows.h"
#include "train/schedule.h"
#include "train/trainer.h"
#include "train/unimodal_loss.h"

/* Largest norm of a gradient whose square is surely finite in f32. */
static const double max_norm = 1e18;

/* A batch: inputs [n, n_modalities], targets [n, K], answers and then the gradient of the logits
 * [n, K]; and what the network's buffers were before it. */
typedef struct batch {
  mer__input *inputs;
  float *targets, *probs, *buffers;
  int64_t n, n_classes;
} batch;

/* The statistics that a forward pass changes. */
static float *buffers_of(const mer__params *params) {
  return params->values + params->first_trained;
}

static mer_status gather(batch *b, mer__trainer *t, const int32_t *rows, int64_t n,
                         mer_error *err) {
  const mer__inputs *train = &t->set.splits[MER_SPLIT_TRAIN];
  const int n_modalities = train->n_modalities;
  *b = (batch){.n = n, .n_classes = t->set.model->network.n_labels};
  b->inputs = mer__arena_alloc(&t->arena, (size_t)(n * n_modalities), sizeof *b->inputs);
  b->targets = mer__arena_alloc(&t->arena, (size_t)(n * b->n_classes), sizeof *b->targets);
  b->probs = mer__arena_alloc(&t->arena, (size_t)(n * b->n_classes), sizeof *b->probs);
  const mer__params *params = &t->set.model->network.params;
  const size_t n_buffers = (size_t)params->n_buffers;
  b->buffers = mer__arena_alloc(&t->arena, n_buffers, sizeof *b->buffers);
  if (!b->inputs || !b->targets || !b->probs || !b->buffers) return mer__fail_memory(err);
  memcpy(b->buffers, buffers_of(params), n_buffers * sizeof *b->buffers);
  for (int64_t i = 0; i < n; i++) {
    mer__input *inputs = b->inputs + i * n_modalities;
    mer__inputs_get(inputs, train, rows[i]);
    mer__noisy_rows_put(inputs, &t->set, train->rows[rows[i]], i, (uint64_t)t->state.step + 1,
                        t->options);
    memcpy(b->targets + i * b->n_classes, train->targets + rows[i] * b->n_classes,
           (size_t)b->n_classes * sizeof *b->targets);
  }
  return MER_OK;
}

/* Tells the optimizer the step's learning rate and words. With `at_once` it updates what it can
 * within the backward pass. */
static void begin_step(mer__trainer *t, const batch *b, bool at_once) {
  const mer_train_options *o = t->options;
  const int n_modalities = t->set.model->network.n_modalities;
  int64_t n_warmup = (int64_t)(o->warmup * (double)t->n_steps);
  double factor = mer__schedule_factor(t->state.step, t->n_steps, n_warmup, o->linear_decay);
  mer__optimizer_begin(&t->optimizer,
                       &(mer__adam){o->lr * factor, 0.9, 0.999, 1e-8, o->weight_decay, o->adamw},
                       at_once);
  for (int64_t i = 0; i < b->n && t->optimizer.table.n_rows > 0; i++) {
    const mer__input *input = &b->inputs[i * n_modalities + t->table_modality];
    if (input->present) mer__optimizer_touch(&t->optimizer, input->tokens.ids, input->length);
  }
  mer__optimizer_catch_up(&t->optimizer);
}

/* Whether an answer has exactly the labels of its row. */
static bool is_correct(const float *probs, const float *targets, int64_t n, mer_target target) {
  if (target == MER_TARGET_LABEL) return mer__argmax(probs, n) == mer__argmax(targets, n);
  return mer__same_labels(probs, targets, n);
}

/* Of values nothing is counted. */
static int64_t count_correct(const batch *b, mer_target target) {
  int64_t n = 0;
  for (int64_t i = 0; i < b->n && target != MER_TARGET_VALUES; i++)
    n += is_correct(b->probs + i * b->n_classes, b->targets + i * b->n_classes, b->n_classes,
                    target);
  return n;
}

/* The factor of the gradient; false if it is not finite. */
static bool clip(double *scale, const mer__trainer *t) {
  double norm = mer__optimizer_gradient_norm(&t->optimizer);
  *scale = t->options->max_grad_norm > 0
               ? mer__gradient_clip_factor(norm, t->options->max_grad_norm)
               : 1;
  return norm * *scale <= max_norm; /* false for NaN */
}

/* Nothing has changed then. */
static mer_status skip(mer__step_outcome *outcome, mer__trainer *t, const batch *b) {
  const mer__params *params = &t->set.model->network.params;
  memcpy(buffers_of(params), b->buffers, (size_t)params->n_buffers * sizeof *b->buffers);
  mer__optimizer_skip(&t->optimizer);
  *outcome = MER__STEP_SKIPPED;
  return MER_OK;
}

/* An error of memory with the size that took it. */
static mer_status explain(mer_status status, int64_t n, mer_error *err) {
  if (status != MER_STATUS_NO_MEMORY) return status;
  return mer__fail(err, status,
                   "out of memory in a step (utterances: %lld); a smaller batch size needs less",
                   (long long)n);
}

static mer_status step(mer__step_outcome *outcome, mer__trainer *t, const batch *b,
                       mer_error *err) {
  mer__network *network = &t->set.model->network;
  mer__train_state *s = &t->state;
  const mer__noise noise = {
      .training = true, .seed = t->options->seed, .step = (uint64_t)s->step + 1};
  const mer__loss *of = &t->loss;
  const bool cautious = s->cautious_from > 0 && s->step + 1 >= s->cautious_from;
  const bool at_once = t->options->max_grad_norm == 0 && !cautious;
  mer__network_state *kept;
  double scale = 1;
  begin_step(t, b, at_once);
  mer_status status =
      mer__network_forward(b->probs, &kept, network, b->inputs, b->n, &t->arena, &noise, err);
  if (status != MER_OK) return status;
  double loss = mer__loss_forward(b->probs, of, b->probs, b->targets, b->n, b->n_classes);
  status = mer__unimodal_loss(&loss, network, kept, of, t->options->unimodal_loss, b->targets, b->n,
                              &t->arena, err);
  if (status != MER_OK) return status;
  if (!isfinite(loss)) return skip(outcome, t, b);
  const int64_t n_correct = count_correct(b, of->target);
  mer__loss_backward(b->probs, of, b->probs, b->targets, b->n, b->n_classes);
  status = mer__network_backward(network, kept, b->probs, &t->arena, err);
  if (status != MER_OK) return status;
  if (!at_once && !clip(&scale, t)) return skip(outcome, t, b);
  status = mer__optimizer_step(&t->optimizer, (float)scale, err);
  if (status != MER_OK) return status;
  *outcome = mer__optimizer_is_spoiled(&t->optimizer) ? MER__STEP_SPOILED : MER__STEP_DONE;
  s->loss_sum += loss;
  s->n_seen += b->n;
  s->n_correct += n_correct;
  return MER_OK;
}

mer_status mer__train_step(mer__step_outcome *outcome, mer__trainer *t, const int32_t *rows,
                           int64_t n, mer_error *err) {
  batch b;
  mer__arena_reset(&t->arena);
  mer_status status = gather(&b, t, rows, n, err);
  if (status == MER_OK) status = step(outcome, t, &b, err);
  return explain(status, n, err);
}
