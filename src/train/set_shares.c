/* set_shares.c: the rows that an epoch takes: of each data set the first ones of a permutation. */
#include "train/set_shares.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/dataset.h"

static int32_t set_of(const mer__set_shares *shares, int64_t i) {
  return shares->rows[shares->inputs->rows[i]].set;
}

static int count_sets(const mer_dataset *dataset) {
  return dataset->n_parts ? (int)dataset->n_parts : 1;
}

mer_status mer__set_shares_check(const mer_dataset *dataset, const mer_train_options *options,
                                 mer_error *err) {
  const int n_sets = count_sets(dataset);
  if (!options->n_weights || options->n_weights == n_sets) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "weights: %d, data sets: %d; expected one for each",
                   options->n_weights, n_sets);
}

/* The rows of a share, at least one of any. 0.07 of 100 is 7, though their product is rounded to a
 * little more: the weight and the product may each be off by half an epsilon. */
static int64_t take_share(int64_t n, double weight) {
  const double rows = (double)n * weight, whole = rint(rows);
  return (int64_t)(rows - whole <= whole * DBL_EPSILON ? whole : ceil(rows));
}

void mer__set_shares_init(mer__set_shares *shares, const mer_dataset *dataset,
                          const mer__inputs *inputs, const mer_train_options *options) {
  const int n_sets = count_sets(dataset);
  int64_t n_rows;
  *shares = (mer__set_shares){.inputs = inputs};
  shares->rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n_rows);
  for (int64_t i = 0; i < inputs->n; i++) shares->n_taken[set_of(shares, i)]++;
  for (int set = 0; set < n_sets; set++) {
    const double n = (double)shares->n_taken[set];
    if (options->n_weights)
      shares->n_taken[set] = take_share(shares->n_taken[set], options->weights[set]);
    shares->parts[set] = n > 0 ? (double)shares->n_taken[set] / n : 0;
    shares->n_all += shares->n_taken[set];
  }
}

void mer__set_shares_take(int32_t *order, const mer__set_shares *shares) {
  int64_t left[MER_MAX_DATASETS], n = 0;
  memcpy(left, shares->n_taken, sizeof left);
  for (int64_t i = 0; i < shares->inputs->n; i++)
    if (left[set_of(shares, order[i])]-- > 0) order[n++] = order[i];
}

void mer__set_shares_count(double *counts, const mer__set_shares *shares, int64_t k) {
  const float *targets = shares->inputs->targets;
  memset(counts, 0, (size_t)k * sizeof *counts);
  for (int64_t i = 0; i < shares->inputs->n; i++)
    for (int64_t c = 0; c < k; c++)
      counts[c] += shares->parts[set_of(shares, i)] * targets[i * k + c];
}
