/* compare_seed_json.c: a training of a comparison as a seed of results.json. */
#include "base/alloc.h"
#include "report/compare_seed.h"
#include "report/metrics_json.h"
#include "report/results_write.h"

static json_t *scores(const mer_epoch_scores *s) {
  if (s->n == 0) return json_null();
  return json_pack("{s:o, s:o, s:o}", "loss", mer__real_to_json(s->loss), "accuracy",
                   mer__real_to_json(s->accuracy), "weighted_f1", mer__real_to_json(s->score));
}

static json_t *epoch(int64_t number, const mer_epoch *e) {
  json_t *train =
      json_pack("{s:o, s:o, s:o}", "loss", mer__real_to_json(e->loss), "loss_sum",
                mer__real_to_json(e->loss_sum), "accuracy", mer__real_to_json(e->accuracy));
  return json_pack("{s:I, s:o, s:o, s:o}", "epoch", (json_int_t)number, "train", train, "dev",
                   scores(&e->dev), "test", scores(&e->test));
}

/* Numbers of utterances without input, of the splits that were measured. */
static json_t *without_input(const mer__compare_seed *s) {
  json_t *object = json_object();
  for (int split = 0; split < MER_N_SPLITS; split++)
    if (s->metrics[split].n > 0)
      json_object_set_new(object, mer_split_name((mer_split)split),
                          json_integer((json_int_t)s->n_without_input[split]));
  return object;
}

json_t *mer__compare_seed_to_json(const mer__compare_seed *s, const char *const *labels) {
  const mer_metrics *m = s->metrics;
  json_t *epochs = json_array();
  double seconds = 0;
  for (int64_t i = 0; i < s->trained.n_epochs; i++) {
    json_array_append_new(epochs, epoch(i + 1, &s->trained.epochs[i]));
    seconds += s->trained.epochs[i].seconds;
  }
  return json_pack("{s:I, s:f, s:I, s:o, s:o, s:o, s:o, s:o}", "seed", (json_int_t)s->seed,
                   "seconds", seconds, "best_epoch", (json_int_t)s->trained.best_epoch, "epochs",
                   epochs, "without_input", without_input(s), "train",
                   mer__results_metrics_or_null(&m[MER_SPLIT_TRAIN], NULL, labels), "dev",
                   mer__results_metrics_or_null(&m[MER_SPLIT_DEV], NULL, labels), "test",
                   mer__results_metrics_or_null(&m[MER_SPLIT_TEST], &s->bootstrap, labels));
}

json_t *mer__compare_summary_to_json(const mer__compare_seed *seeds, int32_t n, mer_split split) {
  mer_metrics *all = mer__malloc((size_t)n, sizeof *all);
  for (int32_t i = 0; all && i < n; i++) all[i] = seeds[i].metrics[split];
  json_t *object = all ? mer__summary_to_json(all, n) : NULL;
  mer__free(all);
  return object;
}
