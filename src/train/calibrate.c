/* calibrate.c: the temperature of a trained model, by its scores of the dev split. */
#include "base/error.h"
#include "train/trainer.h"

static mer_status fit(double *temperature, mer__trainer *t, float *logits, mer_error *err) {
  const mer__inputs *dev = &t->set.splits[MER_SPLIT_DEV];
  const mer_model *model = t->set.model;
  const mer__source source = mer__inputs_source(dev);
  mer_status status = mer__model_scores(logits, model, &source, NULL, "calibrate", err);
  if (status != MER_OK) return status;
  mer_error why = {0};
  status = mer_temperature_fit(temperature, model->network.target, dev->targets, logits, dev->n,
                               (int32_t)model->network.n_labels, &why);
  if (status != MER_OK)
    mer__log(t->options->monitor, MER_LOG_WARNING, "the model is not calibrated: %s", why.message);
  return MER_OK;
}

mer_status mer__trainer_calibrate(mer__trainer *t, mer_error *err) {
  const int64_t n = t->set.splits[MER_SPLIT_DEV].n * t->set.model->network.n_labels;
  float *logits = mer__malloc((size_t)n, sizeof *logits);
  if (!logits) return mer__fail_memory(err);
  t->set.model->temperature = 0;
  const mer_status status = fit(&t->set.model->temperature, t, logits, err);
  mer__free(logits);
  return status;
}
