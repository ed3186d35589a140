/* robustness.c: what a model gives for rows that are disturbed in every way that applies to it. */
#include "base/error.h"
#include "base/sized_options.h"
#include "eval/kept_scores.h"

enum { N_RESAMPLES = 1000 };

static mer_status allocate(mer_robustness *r, mer_error *err) {
  r->metrics = mer__calloc(MER_MAX_DISTURBANCES, sizeof *r->metrics);
  r->bootstrap = mer__calloc(MER_MAX_DISTURBANCES, sizeof *r->bootstrap);
  return r->metrics && r->bootstrap ? MER_OK : mer__fail_memory(err);
}

/* Takes the measures of disturbance `i`. */
static mer_status measure(mer_robustness *r, int32_t i, const mer_predictions *p, uint64_t seed,
                          mer_error *err) {
  mer_status status = mer_metrics_compute(&r->metrics[i], p->labels, p->predicted, p->probs, p->n,
                                          p->n_classes, err);
  if (status == MER_OK)
    status = mer_metrics_bootstrap(&r->bootstrap[i], p->labels, p->predicted, p->n, p->n_classes,
                                   N_RESAMPLES, seed, err);
  return status;
}

mer_status mer__robustness_measure_kept(mer_robustness *robustness, mer_model *model,
                                        const mer_dataset *dataset, const mer_utterance *rows,
                                        int64_t n_rows, uint64_t seed,
                                        const mer_predict_options *options,
                                        const mer__kept_scores *kept, mer_error *err) {
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_predict_options quiet;
  mer_robustness r = {0};
  mer_status status;
  mer_predict_options_init(&quiet, sizeof quiet);
  MER__CHECK(mer__options_read(&quiet, sizeof quiet, options, "mer_predict_options", err));
  const mer_monitor monitor = mer__monitor_quiet(quiet.features.monitor);
  quiet.features.monitor = &monitor; /* clips at fault have been told of */
  if (mer_model_target(model) != MER_TARGET_LABEL)
    MER__CHECK(mer__fail(err, MER_STATUS_INVALID, "robustness is of models of one label"));
  MER__CHECK(allocate(&r, err));
  r.n = mer_disturbances_of(list, model, rows, n_rows, &quiet);
  for (int32_t i = 0; i < r.n; i++) {
    mer_predictions p = {0};
    r.items[i] = (mer_disturbed){list[i], &r.metrics[i], &r.bootstrap[i]};
    status = mer__predict_disturbed_kept(&p, model, dataset, rows, n_rows, &list[i], seed, &quiet,
                                         kept, err);
    if (status == MER_OK) status = measure(&r, i, &p, seed, err);
    mer_predictions_clear(&p);
    if (status != MER_OK) goto cleanup;
  }
  *robustness = r;
  r = (mer_robustness){0};
cleanup:
  mer_robustness_clear(&r);
  return status;
}

mer_status mer_robustness_measure(mer_robustness *robustness, mer_model *model,
                                  const mer_dataset *dataset, const mer_utterance *rows,
                                  int64_t n_rows, uint64_t seed, const mer_predict_options *options,
                                  mer_error *err) {
  return mer__robustness_measure_kept(robustness, model, dataset, rows, n_rows, seed, options, NULL,
                                      err);
}

void mer_robustness_clear(mer_robustness *r) {
  mer__free(r->metrics);
  mer__free(r->bootstrap);
  *r = (mer_robustness){0};
}
