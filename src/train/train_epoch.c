/* train_epoch.c: the end of an epoch: it is measured, reported, and kept if it is the best. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/format.h"
#include "eval/argmax.h"
#include "train/average.h"
#include "train/trainer.h"

/* The scores of `answers` [n, K] for one label. */
static mer_status score_label(mer_epoch_scores *scores, const mer__inputs *inputs,
                              const float *answers, int32_t n_labels, mer_error *err) {
  mer_metrics *metrics = mer__malloc(1, sizeof *metrics);
  int32_t *predicted = mer__malloc((size_t)inputs->n, sizeof *predicted);
  mer_status status = metrics && predicted ? MER_OK : mer__fail_memory(err);
  for (int64_t i = 0; i < inputs->n && status == MER_OK; i++)
    predicted[i] = mer__argmax(answers + i * n_labels, n_labels);
  if (status == MER_OK)
    status =
        mer_metrics_compute(metrics, inputs->labels, predicted, answers, inputs->n, n_labels, err);
  if (status == MER_OK)
    *scores = (mer_epoch_scores){inputs->n, metrics->loss, metrics->accuracy, metrics->weighted_f1};
  mer__free(metrics);
  mer__free(predicted);
  return status;
}

/* The same for several labels, or values. */
static mer_status score_targets(mer_epoch_scores *scores, const mer__inputs *inputs,
                                const float *answers, const mer__network *network, mer_error *err) {
  mer_target_metrics *m = mer__malloc(1, sizeof *m);
  if (!m) return mer__fail_memory(err);
  mer_status status = mer_target_metrics_compute(m, network->target, inputs->targets, answers,
                                                 inputs->n, (int32_t)network->n_labels, err);
  if (status == MER_OK)
    *scores = (mer_epoch_scores){inputs->n, m->loss, m->accuracy,
                                 network->target == MER_TARGET_VALUES ? m->ccc : m->macro_f1};
  mer__free(m);
  return status;
}

/* MER_STATUS_FORMAT: the scores of the row at the position of the error are not finite. */
static mer_status evaluate(mer_epoch_scores *scores, const mer__trainer *t, mer_split split,
                           mer_error *err) {
  const mer__inputs *inputs = &t->set.splits[split];
  const mer__network *network = &t->set.model->network;
  *scores = (mer_epoch_scores){0};
  if (inputs->n == 0) return MER_OK;
  float *answers = mer__malloc((size_t)(inputs->n * network->n_labels), sizeof *answers);
  if (!answers) return mer__fail_memory(err);
  const mer__source source = mer__inputs_source(inputs);
  mer_status status = mer__model_infer(answers, t->set.model, &source, NULL, "evaluate", err);
  if (status == MER_OK)
    status = network->target == MER_TARGET_LABEL
                 ? score_label(scores, inputs, answers, (int32_t)network->n_labels, err)
                 : score_targets(scores, inputs, answers, network, err);
  mer__free(answers);
  return status;
}

/* " accuracy 0.612"; nothing where there is none. */
static void describe_accuracy(char text[24], double accuracy) {
  text[0] = 0;
  if (isfinite(accuracy)) mer__format(text, 24, " accuracy %.3f", accuracy);
}

static void describe_epoch(const mer__trainer *t, const mer_epoch *e) {
  static const char *const scores[] = {
      [MER_TARGET_LABEL] = "wF1", [MER_TARGET_LABELS] = "macro F1", [MER_TARGET_VALUES] = "CCC"};
  char dev[120] = "", skipped[48] = "", averaged[40] = "", train_accuracy[24], dev_accuracy[24];
  describe_accuracy(train_accuracy, e->accuracy);
  describe_accuracy(dev_accuracy, e->dev.accuracy);
  const int64_t n_averaged = mer__state_averaged(&t->state, t->state.n_epochs);
  if (n_averaged > 1)
    mer__format(averaged, sizeof averaged, " of the mean of %lld", (long long)n_averaged);
  if (e->dev.n)
    mer__format(dev, sizeof dev, "  dev%s: loss %.3f%s %s %.3f", averaged, e->dev.loss,
                dev_accuracy, scores[t->set.model->network.target], e->dev.score);
  if (e->n_skipped)
    mer__format(skipped, sizeof skipped, "  steps skipped: %lld", (long long)e->n_skipped);
  mer__log(t->options->monitor, MER_LOG_INFO,
           "epoch %lld/%lld  train: loss %.4f (sum %.2f)%s%s%s  %.1f s",
           (long long)t->state.n_epochs, (long long)t->options->epochs, e->loss, e->loss_sum,
           train_accuracy, dev, skipped, e->seconds);
}

/* What the epoch's steps gave. */
static mer_epoch summarize(const mer__trainer *t) {
  const mer__train_state *s = &t->state;
  const int64_t n_done = t->size.n_batches - s->n_skipped;
  const bool counted = s->n_seen > 0 && t->set.model->network.target != MER_TARGET_VALUES;
  return (mer_epoch){.loss = n_done > 0 ? s->loss_sum / (double)n_done : (double)NAN,
                     .loss_sum = s->loss_sum,
                     .accuracy = counted ? (double)s->n_correct / (double)s->n_seen : (double)NAN,
                     .n_skipped = s->n_skipped};
}

/* Scores of the state's parameters on both splits; `*split` is the last one. */
static mer_status measure(mer_epoch *e, mer_split *split, const mer__trainer *t, mer_error *err) {
  mer_status status = evaluate(&e->dev, t, *split = MER_SPLIT_DEV, err);
  if (status == MER_OK) status = evaluate(&e->test, t, *split = MER_SPLIT_TEST, err);
  return status;
}

/* Of the epoch that ends. */
static void keep_if_best(mer__train_state *s, double score) {
  if (!s->best || (s->best_epoch > 0 && !(score > s->best_score))) return;
  s->best_epoch = s->n_epochs + 1;
  s->best_score = score;
  memcpy(s->best, s->params, (size_t)s->n * sizeof *s->best);
}

mer_status mer__trainer_end_epoch(mer__trainer *t, mer_error *err) {
  mer__train_state *s = &t->state;
  mer_epoch *e = &s->epochs[s->n_epochs];
  float *own;
  mer_error why = {0};
  mer_split split;
  *e = summarize(t);
  mer__optimizer_sync(&t->optimizer);
  mer_status status = mer__average_begin(&own, s, err);
  if (status != MER_OK) return status;
  status = measure(e, &split, t, &why);
  if (status == MER_OK) keep_if_best(s, e->dev.score);
  mer__average_end(s, own, status == MER_OK);
  if (status == MER_STATUS_FORMAT)
    return mer__trainer_not_measured(t, split, t->set.splits[split].rows[why.position], err);
  if (status != MER_OK && err) *err = why;
  if (status != MER_OK) return status;
  e->seconds = mer__clock_seconds() - t->epoch_start;
  s->n_epochs++;
  s->batch = 0;
  s->loss_sum = 0;
  s->n_correct = s->n_seen = s->n_skipped = 0;
  describe_epoch(t, e);
  mer__train_log_write(&t->log, mer__train_log_epoch(s->n_epochs, e, t->set.model->network.target));
  return MER_OK;
}
