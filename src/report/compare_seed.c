/* compare_seed.c: one training of a comparison, made and measured. */
#include "report/compare_seed.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "model/model_state.h"
#include "train/setup.h"

enum { N_RESAMPLES = 1000 };

/* The state that a training into `out` leaves, for mer__free; NULL if memory is out. */
static char *name_checkpoint(const char *out) {
  static const char end[] = ".partial/" MER__CHECKPOINT;
  char *real = mer_path_follow(out);
  size_t size = real ? strlen(real) + sizeof end : 0;
  char *path = size ? mer__malloc(size, 1) : NULL;
  if (path) snprintf(path, size, "%s%s", real, end);
  mer__free(real);
  return path;
}

mer_status mer__compare_expect_no_state(char *out, mer_error *err) {
  mer_status status = MER_OK;
  char *checkpoint = out ? name_checkpoint(out) : NULL;
  if (!checkpoint) status = mer__fail_memory(err);
  else if (mer__path_is_file(checkpoint))
    status = mer__fail(err, MER_STATUS_INVALID,
                       "%s: is the state of a training that this comparison did not begin; "
                       "let it end, or remove its folder to begin anew",
                       checkpoint);
  mer__free(checkpoint);
  mer__free(out);
  return status;
}

mer_status mer__compare_check(const mer_dataset *dataset, const mer_train_options *train,
                              mer_error *err) {
  if (train->epochs <= MER_REPORT_MAX_EPOCHS) return mer__training_check(dataset, train, err);
  return mer__fail(err, MER_STATUS_INVALID, "epochs: %lld, a report shows at most %d",
                   (long long)train->epochs, MER_REPORT_MAX_EPOCHS);
}

mer_status mer__compare_train(mer_train_result *trained, mer__compare_state *state,
                              const mer_dataset *dataset, const char *run, int32_t seed,
                              mer_train_options *train, mer_error *err) {
  bool found;
  mer_status status = mer__compare_state_find(&found, trained, state, run, seed, err);
  if (status != MER_OK) return status;
  if (found && mer__path_is_there(train->out))
    return mer__compare_state_expect(state, run, seed, train->out, train->monitor, err);
  if (found) mer_train_result_clear(trained); /* the model was removed: it is trained again */
  char *checkpoint = name_checkpoint(train->out);
  if (!checkpoint) return mer__fail_memory(err);
  train->resume = state->was_there && mer__path_is_file(checkpoint);
  mer__free(checkpoint);
  status = mer_train_run(trained, dataset, train, err);
  if (status != MER_OK) return status;
  return mer__compare_state_add(state, run, seed, trained, train->out, train->monitor, err);
}

mer_predict_options mer__compare_predict_options(const mer_train_options *train,
                                                 const mer_monitor *monitor,
                                                 const mer_monitor *quiet) {
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  options.features = train->features;
  options.features.monitor = quiet;
  options.precomputed = train->precomputed;
  options.n_precomputed = train->n_precomputed;
  options.skip_missing = train->skip_missing;
  options.monitor = monitor;
  return options;
}

mer_status mer__compare_measure(mer__compare_seed *s, mer_predictions *predictions, mer_split split,
                                mer_model *model, const mer__compare_rows *rows,
                                uint64_t bootstrap_seed, mer_error *err) {
  mer_predictions *p = predictions;
  mer_status status = MER_OK;
  if (rows->n == 0) return MER_OK;
  MER__CHECK(mer__predict_rows_kept(p, model, rows->dataset, rows->rows, rows->n, rows->options,
                                    NULL, rows->kept, err));
  MER__CHECK(mer_metrics_compute(&s->metrics[split], p->labels, p->predicted, p->probs, p->n,
                                 p->n_classes, err));
  memcpy(s->clip_counts[split], p->clip_counts, sizeof p->clip_counts);
  s->n_without_input[split] = p->n_without_input;
  if (split == MER_SPLIT_TEST)
    MER__CHECK(mer_metrics_bootstrap(&s->bootstrap, p->labels, p->predicted, p->n, p->n_classes,
                                     N_RESAMPLES, bootstrap_seed, err));
cleanup:
  return status;
}
