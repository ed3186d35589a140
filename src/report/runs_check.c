/* runs_check.c: whether the trainings and tests of a comparison of runs can begin. */
#include <string.h>

#include "base/error.h"
#include "report/runs_plan.h"
#include "report/runs_results.h"

/* Vectors that no model of the data takes are a mistake. */
static mer_status check_precomputed(const mer_runs_options *o, int32_t model, mer_error *err) {
  const mer_train_options *train = o->models[model].options;
  const char *picked[MER__RUNS_PRECOMPUTED];
  for (int i = 0; i < train->n_precomputed; i++) {
    int n = 0;
    for (int32_t m = 0; m < o->n_models; m++)
      if (strcmp(o->models[m].data, o->models[model].data) == 0)
        n += mer__runs_pick_precomputed(picked, &train->precomputed[i], 1,
                                        o->models[m].options->modalities);
    if (n == 0)
      return mer__fail(err, MER_STATUS_INVALID, "features '%.200s': no run has such a modality",
                       train->precomputed[i]);
  }
  return MER_OK;
}

/* A teacher of this comparison must stand before the run that learns from it. */
static mer_status check_teachers(const mer_runs_options *o, int32_t model, mer_error *err) {
  const mer_train_options *train = o->models[model].options;
  if (train->n_teachers > MER_MAX_TEACHERS)
    return mer__fail(err, MER_STATUS_INVALID, "expected at most %d teachers", MER_MAX_TEACHERS);
  for (int t = 0; t < train->n_teachers; t++)
    if (mer__runs_teacher(o, model, t) == model)
      return mer__fail(err, MER_STATUS_INVALID,
                       "teacher %.60s: expected the name of a run that stands before this one",
                       train->teachers[t]);
  return MER_OK;
}

static mer_status check_model(const mer_runs_options *o, int32_t m, mer_error *err) {
  const mer_runs_model *model = &o->models[m];
  mer__runs_folders f = {0};
  int64_t n;
  mer_dataset_rows(model->dataset, MER_SPLIT_TRAIN, &n);
  if (mer_dataset_target(model->dataset) != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID,
                     "models of one label are compared; the data have several, or values");
  if (n == 0) return mer__fail(err, MER_STATUS_INVALID, "%s: has no train split", model->data_path);
  mer_dataset_rows(model->dataset, MER_SPLIT_DEV, &n);
  if (n == 0 && model->options->keep_best)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: has no dev split, by which the best epoch is chosen (--keep last does "
                     "without)",
                     model->data_path);
  mer_status status = check_precomputed(o, m, err);
  if (status == MER_OK) status = check_teachers(o, m, err);
  if (status != MER_OK) return status;
  f.out = mer__runs_folder(o, m, 0);
  if (!f.out) return mer__fail_memory(err);
  mer_train_options train = mer__runs_plan(o, m, 0, &f);
  status = mer__compare_check(model->dataset, &train, err);
  mer__runs_clear_folders(&f);
  return status;
}

/* The labels of a test are those of the models that are measured on it, in the same order. */
static mer_status check_labels(const mer_runs_test *test, const mer_runs_model *model,
                               mer_error *err) {
  const int32_t n = mer_dataset_n_labels(test->dataset);
  bool same = n == mer_dataset_n_labels(model->dataset);
  for (int32_t i = 0; i < n && same; i++)
    same = strcmp(mer_dataset_label(test->dataset, i), mer_dataset_label(model->dataset, i)) == 0;
  if (same) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: other labels than the data '%s' has, or another order of them",
                   test->data_path, model->data);
}

static mer_status check_test(const mer_runs_options *o, int32_t t, mer_error *err) {
  const mer_runs_test *test = &o->tests[t];
  int64_t n;
  mer_dataset_rows(test->dataset, test->split, &n);
  if (n == 0)
    return mer__fail(err, MER_STATUS_INVALID, "%s: has no %s split", test->data_path,
                     mer_split_name(test->split));
  mer_status status = MER_OK;
  for (int32_t m = 0; m < o->n_models && status == MER_OK; m++)
    if (mer__runs_applies(o, m, t)) status = check_labels(test, &o->models[m], err);
  return status;
}

mer_status mer__runs_check_all(int32_t *bad, const mer_runs_options *o, mer_error *err) {
  const int32_t n = o->n_models;
  mer_status status = MER_OK;
  for (*bad = 0; *bad < n + o->n_tests; ++*bad) {
    status = *bad < n ? check_model(o, *bad, err) : check_test(o, *bad - n, err);
    if (status != MER_OK) return status;
  }
  return MER_OK;
}
