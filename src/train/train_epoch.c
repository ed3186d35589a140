/* train_epoch.c: the end of an epoch: it is measured, reported, and kept if it is the best. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/format.h"
#include "eval/argmax.h"
#include "train/trainer.h"

static mer_status evaluate(mer_epoch_scores *scores, mer__trainer *t, mer_split split,
                           mer_error *err) {
  const mer__inputs *inputs = &t->set.splits[split];
  *scores = (mer_epoch_scores){0};
  if (inputs->n == 0) return MER_OK;
  mer_metrics *metrics = mer__malloc(1, sizeof *metrics);
  int64_t classes = t->set.model->network.n_labels;
  float *probs = mer__malloc((size_t)(inputs->n * classes), sizeof *probs);
  int32_t *predicted = mer__malloc((size_t)inputs->n, sizeof *predicted);
  mer_status status = metrics && probs && predicted ? MER_OK : mer__fail_memory(err);
  const mer__source source = mer__inputs_source(inputs);
  mer_error why = {0};
  if (status == MER_OK)
    status = mer__model_infer(probs, t->set.model, &source, NULL, "evaluate", &why);
  if (status == MER_STATUS_FORMAT)
    status = mer__trainer_not_measured(t, split, inputs->rows[why.position], err);
  else if (why.status != MER_OK && err) *err = why;
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

static void describe_epoch(const mer__trainer *t, const mer_epoch *e) {
  char dev[80] = "", skipped[48] = "";
  if (e->dev.n)
    mer__format(dev, sizeof dev, "  dev: loss %.3f accuracy %.3f wF1 %.3f", e->dev.loss,
                e->dev.accuracy, e->dev.weighted_f1);
  if (e->n_skipped)
    mer__format(skipped, sizeof skipped, "  %lld steps skipped", (long long)e->n_skipped);
  mer__log(t->options->monitor, MER_LOG_INFO,
           "epoch %lld/%lld  train: loss %.4f (sum %.2f) accuracy %.3f%s%s  %.1f s",
           (long long)t->state.n_epochs, (long long)t->options->epochs, e->loss, e->loss_sum,
           e->accuracy, dev, skipped, e->seconds);
}

/* What the epoch's steps gave. */
static mer_epoch summarize(const mer__trainer *t) {
  const mer__train_state *s = &t->state;
  const int64_t n_done = t->size.n_batches - s->n_skipped;
  return (mer_epoch){
      .loss = n_done > 0 ? s->loss_sum / (double)n_done : (double)NAN,
      .loss_sum = s->loss_sum,
      .accuracy = s->n_seen > 0 ? (double)s->n_correct / (double)s->n_seen : (double)NAN,
      .n_skipped = s->n_skipped};
}

mer_status mer__trainer_end_epoch(mer__trainer *t, mer_error *err) {
  mer__train_state *s = &t->state;
  mer_epoch *e = &s->epochs[s->n_epochs];
  *e = summarize(t);
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
  s->n_correct = s->n_seen = s->n_skipped = 0;
  describe_epoch(t, e);
  mer__train_log_write(&t->log, mer__train_log_epoch(s->n_epochs, e));
  return MER_OK;
}
