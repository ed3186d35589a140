/* loss.c: one loss for each kind of target, and what shapes that of one label. */
#include "train/loss.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nn/binary_cross_entropy.h"
#include "nn/concordance.h"
#include "nn/cross_entropy.h"
#include "nn/shaped_cross_entropy.h"
#include "nn/squared_error.h"

/* Of Cui et al. one of the tried values: the effective number of a class is at most 1000 rows. */
static const double beta = 0.999;
/* Of Lin et al. the value that worked best. */
static const double focus = 2;

static const struct {
  const char *name; /* NULL: it is the target's usual one */
  mer_target target;
} kinds[] = {[MER_LOSS_BALANCED] = {"balanced", MER_TARGET_LABEL},
             [MER_LOSS_FOCAL] = {"focal", MER_TARGET_LABEL},
             [MER_LOSS_ADJUSTED] = {"adjusted", MER_TARGET_LABEL},
             [MER_LOSS_CCC] = {"ccc", MER_TARGET_VALUES}};

const char *mer__loss_name(mer_target target, mer_loss kind) {
  if (kind != MER_LOSS_USUAL) return kinds[kind].name;
  return target == MER_TARGET_VALUES ? "mse" : NULL;
}

mer_status mer__loss_check(mer_target target, const mer_train_options *o, mer_error *err) {
  static const char *const of[] = {"one label", "several labels", "values"};
  if (o->loss != MER_LOSS_USUAL && kinds[o->loss].target != target)
    return mer__fail(err, MER_STATUS_INVALID, "the loss %s is of %s; rows of the data have %s",
                     kinds[o->loss].name, of[kinds[o->loss].target], of[target]);
  if (o->label_smoothing == 0 || target == MER_TARGET_LABEL) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "smoothing is of one label; rows of the data have %s",
                   of[target]);
}

/* Parts of rows, of votes or of a data set of which a part is taken, count as one row: else a class
 * of fewer would weigh without bound. */
static double rows_of(double count) { return fmax(count, 1); }

/* Weights by the effective number of rows, with the mean 1 over the classes that occur. */
static void weigh(float *weights, const double *counts, int64_t k) {
  double sum = 0, n = 0;
  for (int64_t c = 0; c < k; c++) {
    weights[c] = counts[c] > 0 ? (float)((1 - beta) / (1 - pow(beta, rows_of(counts[c])))) : 0;
    sum += weights[c];
    n += counts[c] > 0;
  }
  for (int64_t c = 0; c < k && sum > 0; c++) weights[c] = (float)(weights[c] * n / sum);
}

/* Logarithms of shares; a class that does not occur counts as if one row had it. */
static void adjust(float *offsets, const double *counts, int64_t k) {
  double n = 0;
  for (int64_t c = 0; c < k; c++) n += counts[c];
  for (int64_t c = 0; c < k; c++) offsets[c] = (float)log(rows_of(counts[c]) / n);
}

mer_status mer__loss_init(mer__loss *loss, mer_target target, const mer_train_options *options,
                          const double *counts, int64_t k, mer_error *err) {
  mer_status status = mer__loss_check(target, options, err);
  if (status != MER_OK) return status;
  *loss = (mer__loss){target, options->loss, options->label_smoothing, {0}};
  if (loss->kind != MER_LOSS_BALANCED && loss->kind != MER_LOSS_ADJUSTED) return MER_OK;
  if (loss->kind == MER_LOSS_BALANCED) weigh(loss->classes, counts, k);
  else adjust(loss->classes, counts, k);
  return MER_OK;
}

static mer__shape shape_of(const mer__loss *loss) {
  return (mer__shape){.smoothing = loss->smoothing,
                      .focus = loss->kind == MER_LOSS_FOCAL ? focus : 0,
                      .weights = loss->kind == MER_LOSS_BALANCED ? loss->classes : NULL,
                      .offsets = loss->kind == MER_LOSS_ADJUSTED ? loss->classes : NULL};
}

static bool is_plain(const mer__loss *loss) {
  return loss->kind == MER_LOSS_USUAL && loss->smoothing == 0;
}

static double forward_label(float *answers, const mer__loss *loss, const float *logits,
                            const float *targets, int64_t n, int64_t k) {
  const mer__shape shape = shape_of(loss);
  return is_plain(loss) ? mer__cross_entropy_forward(answers, logits, targets, n, k)
                        : mer__shaped_cross_entropy_forward(answers, logits, targets, n, k, &shape);
}

static void backward_label(float *dlogits, const mer__loss *loss, const float *answers,
                           const float *targets, int64_t n, int64_t k) {
  const mer__shape shape = shape_of(loss);
  if (is_plain(loss)) mer__cross_entropy_backward(dlogits, answers, targets, n, k);
  else mer__shaped_cross_entropy_backward(dlogits, answers, targets, n, k, &shape);
}

double mer__loss_forward(float *answers, const mer__loss *loss, const float *logits,
                         const float *targets, int64_t n, int64_t k) {
  if (loss->target == MER_TARGET_LABEL) return forward_label(answers, loss, logits, targets, n, k);
  if (loss->target == MER_TARGET_LABELS)
    return mer__binary_cross_entropy_forward(answers, logits, targets, n * k);
  if (answers != logits) memcpy(answers, logits, (size_t)(n * k) * sizeof *answers);
  return loss->kind == MER_LOSS_CCC ? mer__concordance_forward(logits, targets, n, k)
                                    : mer__squared_error_forward(logits, targets, n * k);
}

void mer__loss_backward(float *dlogits, const mer__loss *loss, const float *answers,
                        const float *targets, int64_t n, int64_t k) {
  if (loss->target == MER_TARGET_LABEL) backward_label(dlogits, loss, answers, targets, n, k);
  else if (loss->target == MER_TARGET_LABELS)
    mer__binary_cross_entropy_backward(dlogits, answers, targets, n * k);
  else if (loss->kind == MER_LOSS_CCC) mer__concordance_backward(dlogits, answers, targets, n, k);
  else mer__squared_error_backward(dlogits, answers, targets, n * k);
}
