/* test_robustness.c: all disturbances of a model: each is measured as by itself, and what is kept
 * is not asked again. */
#include "eval/kept_scores.h"
#include "train/train_support.h"

static mer_model *model;
static const mer_utterance *rows;
static int64_t n_rows;

static int open_fusion(void **state) {
  mer_error err = {0};
  begin(state);
  mer_train_options text = options_of(MER_KIND_TEXT, "text"),
                    fusion = options_of(MER_KIND_FUSION, "fusion");
  text.epochs = fusion.epochs = 1;
  train_whole(&text);
  fusion.encoder = in_folder("text");
  train_whole(&fusion);
  rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n_rows);
  return mer_model_open(&model, in_folder("fusion"), &err) == MER_OK ? 0 : -1;
}

static int close_fusion(void **state) {
  mer_model_close(model);
  model = NULL;
  return end(state);
}

static mer_predict_options without_cache(void) {
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  return options;
}

static void each_is_measured_as_by_itself(void **state) {
  (void)state;
  enum { SEED = 5 };
  const mer_predict_options options = without_cache();
  mer_disturbance list[MER_MAX_DISTURBANCES];
  mer_robustness r = {0};
  mer_error err = {0};
  assert_ok(mer_robustness_measure(&r, model, dataset, rows, n_rows, SEED, &options, &err));
  assert_int_equal(r.n, mer_disturbances_of(list, model, rows, n_rows, &options));
  assert_int_equal(r.n, 5 + 4 + 2 + 2);
  for (int32_t i = 0; i < r.n; i++) {
    static mer_metrics m;
    mer_bootstrap b;
    mer_predictions p = {0};
    assert_int_equal(r.items[i].disturbance.kind, list[i].kind);
    assert_near(r.items[i].disturbance.amount, list[i].amount, 0);
    assert_ok(
        mer_predict_disturbed(&p, model, dataset, rows, n_rows, &list[i], SEED, &options, &err));
    assert_ok(mer_metrics_compute(&m, p.labels, p.predicted, p.probs, p.n, p.n_classes, &err));
    assert_ok(mer_metrics_bootstrap(&b, p.labels, p.predicted, p.n, p.n_classes, 1000, SEED, &err));
    assert_memory_equal(r.items[i].metrics, &m, sizeof m);
    assert_memory_equal(r.items[i].bootstrap, &b, sizeof b);
    mer_predictions_clear(&p);
  }
  mer_robustness_clear(&r);
  assert_int_equal(r.n, 0);
}

/* Puts zeros in the place of all scores that are kept; how many files there are. */
static size_t forge(const char *folder_of_scores) {
  float zeros[N_DEV * MER_N_EMOTIONS] = {0};
  const int64_t shape[2] = {n_rows, MER_N_EMOTIONS};
  char **names;
  size_t n;
  mer_error err = {0};
  assert_ok(mer__folder_list(&names, &n, folder_of_scores, &err));
  for (size_t i = 0; i < n; i++) {
    char *path = mer__path_join(folder_of_scores, names[i]);
    assert_ok(mer_npy_write(path, zeros, shape, 2, &err));
    mer__free(path);
  }
  mer__folder_free(names, n);
  return n;
}

static void what_is_kept_is_not_asked_again(void **state) {
  (void)state;
  const mer_predict_options options = without_cache();
  mer_robustness plain = {0}, r[3];
  mer__kept_scores kept;
  mer_error err = {0};
  char kept_in[128];
  memset(r, 0, sizeof r);
  snprintf(kept_in, sizeof kept_in, "%s", in_folder("kept"));
  assert_ok(mer__kept_scores_open(&kept, kept_in, in_folder("fusion"), NULL, &err));
  assert_ok(mer_robustness_measure(&plain, model, dataset, rows, n_rows, 0, &options, &err));
  for (int i = 0; i < 3; i++) {
    if (i == 2) assert_in_range(forge(kept_in), 5, 13);
    assert_ok(mer__robustness_measure_kept(&r[i], model, dataset, rows, n_rows, 0, &options, &kept,
                                           &err));
  }
  for (int32_t i = 0; i < plain.n; i++) {
    assert_memory_equal(r[0].items[i].metrics, plain.items[i].metrics, sizeof(mer_metrics));
    assert_memory_equal(r[1].items[i].metrics, plain.items[i].metrics, sizeof(mer_metrics));
    assert_near(r[2].items[i].metrics->accuracy, 0, 0); /* no row is neutral */
  }
  for (int i = 0; i < 3; i++) mer_robustness_clear(&r[i]);
  mer_robustness_clear(&plain);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_measured_as_by_itself),
                                     cmocka_unit_test(what_is_kept_is_not_asked_again)};
  return cmocka_run_group_tests(tests, open_fusion, close_fusion);
}
