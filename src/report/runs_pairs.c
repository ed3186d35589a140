/* runs_pairs.c: which models of a test are tested against which, and whether they differ. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "report/runs_results.h"

enum { N_RESAMPLES = 10000 };

/* The answers of both sides for the rows that all of them have. */
typedef struct common_rows {
  int64_t n;
  int64_t *rows;
  int32_t *labels;
  int32_t *predicted[2][MER_REPORT_MAX_SEEDS];
  int32_t n_seeds[2];
} common_rows;

static void clear(common_rows *c) {
  mer__free(c->rows);
  mer__free(c->labels);
  for (int side = 0; side < 2; side++)
    for (int32_t s = 0; s < c->n_seeds[side]; s++) mer__free(c->predicted[side][s]);
}

/* Keeps of `rows` those that `answers` have, too. */
static void intersect(common_rows *c, const mer__runs_answers *answers) {
  int64_t n = 0;
  for (int64_t i = 0, k = 0; i < c->n; i++) {
    while (k < answers->n && answers->rows[k] < c->rows[i]) k++;
    if (k < answers->n && answers->rows[k] == c->rows[i]) c->rows[n++] = c->rows[i];
  }
  c->n = n;
}

/* The answers for these rows, for mer__free, and their labels; NULL if memory is out. */
static int32_t *pick(common_rows *c, const mer__runs_answers *answers) {
  int32_t *predicted = mer__malloc((size_t)c->n + 1, sizeof *predicted);
  for (int64_t i = 0, k = 0; predicted && i < c->n; i++, k++) {
    while (answers->rows[k] != c->rows[i]) k++;
    predicted[i] = answers->predicted[k];
    c->labels[i] = answers->labels[k];
  }
  return predicted;
}

static mer_status gather(common_rows *c, const mer__runs_results *r, const mer__runs_pair *pair,
                         int32_t test, mer_error *err) {
  int32_t seeds[2][MER_REPORT_MAX_SEEDS], n_seeds[2];
  const int32_t models[2] = {pair->model, pair->other};
  for (int side = 0; side < 2; side++)
    n_seeds[side] = mer__runs_measured(seeds[side], r, models[side], test);
  const mer__runs_answers *first = &mer__runs_cell_of(r, models[0], test, seeds[0][0])->answers;
  c->n = first->n;
  c->rows = mer__malloc((size_t)c->n, sizeof *c->rows);
  c->labels = mer__malloc((size_t)c->n, sizeof *c->labels);
  if (!c->rows || !c->labels) return mer__fail_memory(err);
  memcpy(c->rows, first->rows, (size_t)c->n * sizeof *c->rows);
  for (int side = 0; side < 2; side++)
    for (int32_t s = 0; s < n_seeds[side]; s++)
      intersect(c, &mer__runs_cell_of(r, models[side], test, seeds[side][s])->answers);
  for (int side = 0; side < 2; side++)
    for (int32_t s = 0; s < n_seeds[side]; s++) {
      c->predicted[side][s] =
          pick(c, &mer__runs_cell_of(r, models[side], test, seeds[side][s])->answers);
      if (!c->predicted[side][s]) return mer__fail_memory(err);
      c->n_seeds[side] = s + 1;
    }
  return MER_OK;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int32_t n) {
  if (n == 0) return NAN;
  qsort(values, (size_t)n, sizeof *values, compare);
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* McNemar's test for each seed that both have. */
static mer_status test_seeds(mer__runs_pair *pair, const common_rows *c, const mer__runs_results *r,
                             int32_t test, int32_t n_classes, mer_error *err) {
  double p[MER_REPORT_MAX_SEEDS];
  int32_t at[2] = {0, 0};
  mer_status status = MER_OK;
  for (int32_t s = 0; s < r->options->n_seeds && status == MER_OK; s++) {
    const bool has = mer__runs_cell_of(r, pair->model, test, s)->measured,
               other_has = mer__runs_cell_of(r, pair->other, test, s)->measured;
    if (has && other_has) {
      mer_mcnemar *m = &pair->mcnemar[pair->n_seeds];
      status = mer_mcnemar_compute(m, c->labels, c->predicted[0][at[0]], c->predicted[1][at[1]],
                                   c->n, n_classes, err);
      p[pair->n_seeds] = m->p;
      pair->seeds[pair->n_seeds++] = s;
    }
    at[0] += has;
    at[1] += other_has;
  }
  pair->mcnemar_p = median(p, pair->n_seeds);
  return status;
}

/* Tests a pair; without rows in common it has n = 0. */
static mer_status test_pair(mer__runs_pair *pair, const mer__runs_results *r, int32_t test,
                            mer_error *err) {
  common_rows c = {0};
  const int32_t n_classes = mer_dataset_n_labels(r->options->tests[test].dataset);
  mer_status status;
  MER__CHECK(gather(&c, r, pair, test, err));
  pair->n = c.n;
  if (c.n == 0) goto cleanup;
  const mer_answers_of a = {(const int32_t *const *)c.predicted[0], c.n_seeds[0]},
                       b = {(const int32_t *const *)c.predicted[1], c.n_seeds[1]};
  MER__CHECK(mer_metrics_paired_bootstrap(&pair->bootstrap, c.labels, c.n, n_classes, &a, &b,
                                          N_RESAMPLES, r->options->seeds[0], err));
  MER__CHECK(test_seeds(pair, &c, r, test, n_classes, err));
cleanup:
  clear(&c);
  return status;
}

/* Mean of the weighted F1 on dev over the seeds; NaN: not measured. */
static double dev_score(const mer__runs_results *r, int32_t model, int32_t test) {
  int32_t seeds[MER_REPORT_MAX_SEEDS], n = mer__runs_measured(seeds, r, model, test);
  double sum = 0;
  for (int32_t s = 0; s < n; s++) {
    const mer_metrics *dev =
        &mer__runs_cell_of(r, model, test, seeds[s])->seed.metrics[MER_SPLIT_DEV];
    sum += dev->n > 0 ? dev->weighted_f1 : (double)NAN;
  }
  return n > 0 ? sum / n : (double)NAN;
}

static bool same_data(const mer_runs_options *o, int32_t a, int32_t b) {
  return strcmp(o->models[a].data, o->models[b].data) == 0;
}

/* The best model of one modality, by dev, among those of the same data; -1: there is none. */
static int32_t find_best_single(const mer__runs_results *r, int32_t model, int32_t test) {
  int32_t best = -1;
  double most = -1;
  for (int32_t m = 0; m < r->options->n_models; m++) {
    if (r->n_modalities[m] != 1 || !same_data(r->options, m, model) ||
        !mer__runs_applies(r->options, m, test))
      continue;
    const double score = dev_score(r, m, test);
    if (!(score > most)) continue;
    most = score;
    best = m;
  }
  return best;
}

/* The baseline of the same data; -1: there is none, or it is not measured. */
static int32_t find_baseline(const mer__runs_results *r, int32_t model, int32_t test) {
  const mer_runs_options *o = r->options;
  int32_t seeds[MER_REPORT_MAX_SEEDS];
  for (int32_t m = 0; o->baseline && m < o->n_models; m++)
    if (strcmp(o->models[m].run, o->baseline) == 0 && same_data(o, m, model) &&
        mer__runs_measured(seeds, r, m, test) > 0)
      return m;
  return -1;
}

static mer_status add_pair(mer__runs_pair *pairs, int32_t *n_pairs, const mer__runs_results *r,
                           int32_t model, int32_t other, int32_t test, mer_error *err) {
  mer__runs_pair *pair = &pairs[*n_pairs];
  *pair = (mer__runs_pair){.model = model, .other = other};
  pair->best_single = other == find_best_single(r, model, test);
  pair->baseline = other == find_baseline(r, model, test);
  mer_status status = test_pair(pair, r, test, err);
  if (status == MER_OK && pair->n > 0) (*n_pairs)++;
  return status;
}

mer_status mer__runs_pairs(mer__runs_pair **pairs, int32_t *n_pairs,
                           const mer__runs_results *results, int32_t test, mer_error *err) {
  const int32_t n_models = results->options->n_models;
  int32_t seeds[MER_REPORT_MAX_SEEDS];
  mer_status status = MER_OK;
  *n_pairs = 0;
  *pairs = mer__calloc(2 * (size_t)n_models, sizeof **pairs);
  if (!*pairs) return mer__fail_memory(err);
  for (int32_t m = 0; m < n_models && status == MER_OK; m++) {
    if (mer__runs_measured(seeds, results, m, test) == 0) continue;
    const int32_t best = find_best_single(results, m, test);
    const int32_t baseline = find_baseline(results, m, test);
    if (best >= 0 && best != m) status = add_pair(*pairs, n_pairs, results, m, best, test, err);
    if (status == MER_OK && baseline >= 0 && baseline != m && baseline != best)
      status = add_pair(*pairs, n_pairs, results, m, baseline, test, err);
  }
  return status;
}
