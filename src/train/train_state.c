/* train_state.c: where a training stops: it saves its state, goes back to it, or ends in a model.
 *
 * Room for a state is kept on the disk from the beginning, and given up for the moment in which a
 * state or the model is written: so a disk that has become full meanwhile costs nothing. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format.h"
#include "tensor/json_memory.h"
#include "train/json_real.h"
#include "train/space.h"
#include "train/trainer.h"

uint64_t mer__trainer_state_bytes(const mer__trainer *t) {
  const uint64_t n_arrays = 3U + (t->state.best != NULL) + (t->state.mean != NULL),
                 header = 1 << 16;
  return n_arrays * (uint64_t)t->state.n * sizeof(float) + header;
}

void mer__trainer_reserve_space(mer__trainer *t) {
  const uint64_t n_bytes = mer__trainer_state_bytes(t);
  if (mer__space_reserve(t->space, n_bytes)) return;
  mer__log(t->options->monitor, MER_LOG_WARNING,
           "%s: there is no room to save the state of this training (%.1f MB): what stops it may "
           "cost it",
           t->output.work, (double)n_bytes * 1e-6);
}

static mer_status save(mer__trainer *t, mer_error *err) {
  mer__optimizer_sync(&t->optimizer);
  mer__space_release(t->space);
  return mer__checkpoint_write(t->checkpoint, &t->state, t->settings, err);
}

void mer__trainer_save_if_due(mer__trainer *t) {
  if (mer__clock_seconds() - t->last_checkpoint < t->options->checkpoint_every_s) return;
  mer_error why = {0};
  if (save(t, &why) != MER_OK)
    mer__log(t->options->monitor, MER_LOG_WARNING, "%s; the training goes on", why.message);
  mer__trainer_reserve_space(t);
  t->last_checkpoint = mer__clock_seconds();
}

mer_status mer__trainer_stop(mer__trainer *t, mer_error *err) {
  mer_status status = save(t, err);
  if (status != MER_OK) return status;
  return mer__fail(err, MER_STATUS_INTERRUPTED,
                   "interrupted in epoch %lld at step %lld; %s holds the state: run the same "
                   "command with --resume to go on",
                   (long long)t->state.n_epochs + 1, (long long)t->state.step, t->output.work);
}

/* The state before the first step. */
static mer_status begin_again(mer__trainer *t, mer_error *err) {
  mer__train_state *s = &t->state;
  memset(s->m, 0, (size_t)s->n * sizeof *s->m);
  memset(s->v, 0, (size_t)s->n * sizeof *s->v);
  *s = (mer__train_state){.params = s->params,
                          .m = s->m,
                          .v = s->v,
                          .best = s->best,
                          .mean = s->mean,
                          .average_from = s->average_from,
                          .n = s->n,
                          .epochs = s->epochs};
  return mer__training_set_initialize(&t->set, t->options, err);
}

mer_status mer__trainer_rewind(mer__trainer *t, mer_error *err) {
  const int64_t step = t->state.step + 1;
  if (t->state.cautious_from > 0)
    return mer__fail(err, MER_STATUS_INTERNAL, "step %lld: a moment is not finite",
                     (long long)step);
  mer__optimizer_clear(&t->optimizer);
  mer_status status =
      mer__path_is_file(t->checkpoint)
          ? mer__checkpoint_read(&t->state, &t->size, t->checkpoint, t->settings, NULL, err)
          : begin_again(t, err);
  if (status != MER_OK) return status;
  t->state.cautious_from = step;
  mer__log(t->options->monitor, MER_LOG_INFO,
           "the gradient of step %lld is not finite, which showed when parts of it were applied: "
           "the training goes back to step %lld",
           (long long)step, (long long)t->state.step);
  mer__train_log_write(
      &t->log, json_pack("{s:s, s:I}", "event", "rewind", "step", (json_int_t)t->state.step));
  return mer__trainer_start_optimizer(t, err);
}

int64_t mer__trainer_kept(const mer__trainer *t) {
  return t->state.best_epoch > 0 ? t->state.best_epoch : t->state.n_epochs;
}

/* "kept": {"epoch": 3, ..}, and "skipped_steps" if there were any. */
static bool describe_kept(mer__trainer *t, int64_t kept) {
  const mer__train_state *s = &t->state;
  const mer_epoch *e = &s->epochs[kept - 1];
  json_t *training = t->set.model->training;
  const int64_t n_skipped = mer__state_skipped(s);
  mer__json_watch();
  json_t *object =
      json_pack("{s:I, s:o, s:o}", "epoch", (json_int_t)kept, "train_loss", mer__json_real(e->loss),
                "train_accuracy", mer__json_real(e->accuracy));
  char score[32];
  snprintf(score, sizeof score, "dev_%s", mer_score_name(t->set.model->network.target));
  int failed = e->dev.n ? json_object_set_new(object, score, mer__json_real(e->dev.score)) : 0;
  const int64_t n_averaged = mer__state_averaged(s, kept);
  if (n_averaged > 1)
    failed |= json_object_set_new(object, "averaged", json_integer((json_int_t)n_averaged));
  failed |= json_object_set_new(training, "kept", object);
  if (n_skipped) failed |= json_object_set_new(training, "skipped_steps", json_integer(n_skipped));
  return !failed && !mer__json_no_memory();
}

/* The model of the epoch that is kept, into the folder of the training; the parameters of the state
 * are that epoch's then. */
static mer_status write_model(mer__trainer *t, mer_error *err) {
  mer_model *model = t->set.model;
  mer__train_state *s = &t->state;
  const float *kept = s->best_epoch > 0                         ? s->best
                      : mer__state_averaged(s, s->n_epochs) > 0 ? s->mean
                                                                : NULL;
  if (kept) memcpy(s->params, kept, (size_t)s->n * sizeof *kept);
  mer_status status = t->options->calibrate ? mer__trainer_calibrate(t, err) : MER_OK;
  if (status != MER_OK) return status;
  if (!describe_kept(t, mer__trainer_kept(t))) return mer__fail_memory(err);
  return mer__model_write(model, model->network.params.values, t->output.work, err);
}

/* Ends a training that cannot go on: saves the state, and beside it the model of the best epoch if
 * there is one. The message says why it ended, also if that fails. */
static mer_status end_early(mer__trainer *t, int64_t line, const char *why, const char *advice,
                            mer_error *err) {
  const int64_t best = t->state.best_epoch;
  mer_error fault = {0};
  char model[64] = "";
  const mer_status saved = save(t, &fault);
  mer_status status = saved;
  if (saved == MER_OK && best > 0) status = write_model(t, &fault);
  if (status != MER_OK)
    return mer__fail_at(err, status, line, "%.200s; %s: %.250s", why,
                        saved == MER_OK ? "the state is saved, the model of the best epoch is not"
                                        : "the state cannot be saved",
                        fault.message);
  if (best > 0) mer__format(model, sizeof model, " and the model of epoch %lld", (long long)best);
  return mer__fail_at(err, MER_STATUS_INVALID, line,
                      "%.200s; %.150s holds the state%s; a lower learning rate%s may help", why,
                      t->output.work, model, advice);
}

mer_status mer__trainer_not_measured(mer__trainer *t, mer_split split, int64_t row,
                                     mer_error *err) {
  int64_t n;
  char why[256];
  const mer_utterance *u = &mer_dataset_rows(t->dataset, split, &n)[row];
  mer__format(why, sizeof why,
              "epoch %lld cannot be measured: the scores of line %lld of the %s split, '%.60s', "
              "are not finite numbers",
              (long long)t->state.n_epochs + 1, (long long)u->line, mer_split_name(split), u->id);
  return end_early(t, u->line, why, " or the removal of that line", err);
}

mer_status mer__trainer_give_up(mer__trainer *t, mer_error *err) {
  char why[256];
  mer__format(why, sizeof why,
              "the loss or the gradient was not finite in %lld steps in a row, up to step %lld",
              (long long)t->state.n_in_a_row, (long long)t->state.step);
  return end_early(t, 0, why, "", err);
}

/* The message of a failure at the end, with what became of the training. */
static mer_status keep_finished(mer__trainer *t, mer_status status, mer_error *err) {
  mer_error why = err ? *err : (mer_error){0};
  bool saved = mer__checkpoint_write(t->checkpoint, &t->state, t->settings, NULL) == MER_OK;
  if (!saved && !mer__path_is_file(t->checkpoint)) return status;
  return mer__fail(err, status, "%.300s; %.120s holds %s", why.message, t->output.work,
                   saved ? "the finished training: --resume writes the model"
                         : "an earlier state of the training: --resume goes on from there");
}

mer_status mer__trainer_finish(mer__trainer *t, mer_error *err) {
  mer__train_log_write(&t->log, json_pack("{s:s, s:I}", "event", "end", "kept_epoch",
                                          (json_int_t)mer__trainer_kept(t)));
  mer__space_release(t->space);
  mer_status status = write_model(t, err);
  if (status == MER_STATUS_INVALID) return status; /* there is nothing worth keeping */
  if (status != MER_OK) return keep_finished(t, status, err);
  return mer__output_folder_commit(&t->output, err);
}
