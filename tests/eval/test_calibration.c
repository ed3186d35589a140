/* test_calibration.c: temperatures and errors of probabilities against scipy, torch, scikit-learn
 * and numpy (tests/golden/make_calibration.py), and by hand. */
#include <float.h>
#include <jansson.h>

#include "mer/eval.h"
#include "test_support.h"

enum { MOST = 512 };

typedef struct rows {
  mer_target target;
  float logits[MOST], targets[MOST];
  int64_t n;
  int32_t k;
} rows;

static void read_matrix(float *out, const json_t *matrix, int32_t k) {
  size_t i, j;
  json_t *row, *value;
  assert_true(json_array_size(matrix) * (size_t)k <= MOST);
  json_array_foreach(matrix, i, row) json_array_foreach(row, j, value) out[i * (size_t)k + j] =
      (float)json_number_value(value);
}

static rows read_rows(const json_t *object) {
  rows r = {.k = (int32_t)json_integer_value(json_object_get(object, "k")),
            .n = (int64_t)json_array_size(json_object_get(object, "logits"))};
  const char *target = json_string_value(json_object_get(object, "target"));
  r.target = strcmp(target, "label") == 0 ? MER_TARGET_LABEL : MER_TARGET_LABELS;
  read_matrix(r.logits, json_object_get(object, "logits"), r.k);
  read_matrix(r.targets, json_object_get(object, "targets"), r.k);
  return r;
}

static void assert_number(double found, const json_t *object, const char *key, double tolerance) {
  const json_t *expected = json_object_get(object, key);
  assert_non_null(expected);
  if (json_is_null(expected) ? isnan(found)
                             : fabs(found - json_number_value(expected)) <= tolerance)
    return;
  fail_msg("%s = %.9g, expected %.9g", key, found, json_number_value(expected));
}

static void check_measures(const rows *r, double temperature, const json_t *expected) {
  const json_t *bins = json_object_get(expected, "bins");
  int64_t n = 0;
  mer_calibration c;
  mer_error err = {0};
  assert_ok(
      mer_calibration_compute(&c, r->target, r->targets, r->logits, r->n, r->k, temperature, &err));
  assert_number(c.nll, expected, "nll", 1e-6);
  assert_number(c.brier, expected, "brier", 1e-6);
  assert_number(c.ece, expected, "ece", 1e-6);
  assert_int_equal(json_array_size(bins), MER_RELIABILITY_BINS);
  for (size_t b = 0; b < MER_RELIABILITY_BINS; b++) {
    const json_t *bin = json_array_get(bins, b);
    assert_int_equal(c.bins[b].n, json_integer_value(json_object_get(bin, "n")));
    assert_number(c.bins[b].confidence, bin, "confidence", 1e-6);
    assert_number(c.bins[b].accuracy, bin, "accuracy", 1e-6);
    n += c.bins[b].n;
  }
  assert_int_equal(c.n, n);
}

static void equals_scipy_torch_and_scikit_learn(void **state) {
  (void)state;
  json_t *cases = json_load_file(GOLDEN "calibration/calibration.json", 0, NULL), *object;
  size_t i;
  assert_true(json_array_size(cases) > 0);
  json_array_foreach(cases, i, object) {
    const rows r = read_rows(object);
    double temperature, again;
    mer_error err = {0};
    print_message("%s\n", json_string_value(json_object_get(object, "name")));
    assert_ok(mer_temperature_fit(&temperature, r.target, r.targets, r.logits, r.n, r.k, &err));
    assert_ok(mer_temperature_fit(&again, r.target, r.targets, r.logits, r.n, r.k, &err));
    assert_true(again == temperature);
    assert_number(temperature, object, "temperature", 1e-5);
    check_measures(&r, 1, json_object_get(object, "plain"));
    check_measures(&r, temperature, json_object_get(object, "scaled"));
  }
  json_decref(cases);
}

/* A probability of exactly 2/15 is in the second bin, which has its upper end. */
static void bins_have_their_upper_ends(void **state) {
  (void)state;
  const float certain[] = {200, 0}, targets[] = {1, 0}, low[] = {-200};
  mer_calibration c;
  mer_error err = {0};
  assert_ok(mer_calibration_compute(&c, MER_TARGET_LABEL, targets, certain, 1, 2, 1, &err));
  assert_int_equal(c.bins[MER_RELIABILITY_BINS - 1].n, 1);
  assert_near(c.ece, 0, 1e-12);
  assert_ok(mer_calibration_compute(&c, MER_TARGET_LABELS, targets + 1, low, 1, 1, 1, &err));
  assert_int_equal(c.bins[0].n, 1);
  const float third[] = {0, 0, 0};
  assert_ok(mer_calibration_compute(&c, MER_TARGET_LABEL, (const float[]){0, 1, 0}, third, 1, 3, 1,
                                    &err));
  assert_int_equal(c.bins[4].n, 1);   /* (4/15, 5/15] */
  assert_near(c.ece, 1.0 / 3, 1e-12); /* the first of equal ones is answered */
}

static void refuses_what_has_no_temperature(void **state) {
  (void)state;
  const float targets[] = {1, 0, 0, 1}, right[] = {2, 0, 0, 2}, wrong[] = {0, 2, 2, 0},
              none[] = {NAN, 0, 0, 1};
  double temperature = 5;
  mer_calibration c;
  mer_error err = {0};
  assert_int_equal(mer_temperature_fit(&temperature, MER_TARGET_LABEL, targets, right, 2, 2, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_temperature_fit(&temperature, MER_TARGET_LABEL, targets, wrong, 2, 2, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_temperature_fit(&temperature, MER_TARGET_LABEL, none, right, 2, 2, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_temperature_fit(&temperature, MER_TARGET_VALUES, targets, right, 2, 2, &err),
                   MER_STATUS_INVALID);
  assert_true(temperature == 5);
  assert_int_equal(mer_calibration_compute(&c, MER_TARGET_VALUES, targets, right, 2, 2, 1, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_calibration_compute(&c, MER_TARGET_LABEL, targets, right, 0, 2, 1, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_calibration_compute(&c, MER_TARGET_LABEL, targets, right, 2, 2, 0, &err),
                   MER_STATUS_INVALID);
}

/* A label that nothing becomes (model/label_map.h) costs what the loss of the metrics does. */
static void what_is_never_answered_is_bounded(void **state) {
  (void)state;
  const float targets[] = {1, 0}, logits[] = {-1e30f, 2}, probs[] = {0, 1};
  const int32_t label = 0, answer = 1;
  mer_calibration c;
  mer_metrics metrics;
  mer_error err = {0};
  assert_ok(mer_calibration_compute(&c, MER_TARGET_LABEL, targets, logits, 1, 2, 1.5, &err));
  assert_ok(mer_metrics_compute(&metrics, &label, &answer, probs, 1, 2, &err));
  assert_near(c.nll, metrics.loss, 1e-12);
  assert_ok(mer_calibration_compute(&c, MER_TARGET_LABELS, targets, logits, 1, 2, 1, &err));
  assert_near(c.nll, (metrics.loss + log1p(exp(2))) / 2, 1e-6); /* of two forecasts */
}

/* Logits far from 0 stay finite, and the fit ends. */
static void bears_large_scores(void **state) {
  (void)state;
  const float targets[] = {1, 0, 0, 1, 0, 1}, logits[] = {3e4f, -3e4f, 100, 2e4f, 1e4f, 0};
  double temperature = 5;
  mer_calibration c;
  mer_error err = {0};
  assert_ok(mer_calibration_compute(&c, MER_TARGET_LABEL, targets, logits, 3, 2, 1, &err));
  assert_near(c.nll, -log((double)FLT_EPSILON) / 3, 1e-9); /* one of three is wrong, surely */
  assert_near(c.brier, 2.0 / 3, 1e-9);
  assert_near(c.ece, 1.0 / 3, 1e-9);
  assert_int_equal(mer_temperature_fit(&temperature, MER_TARGET_LABEL, targets, logits, 3, 2, &err),
                   MER_STATUS_INVALID);
  assert_true(temperature == 5);
}

static void coverage_counts_what_is_certain(void **state) {
  (void)state;
  float probs[] = {.9f, .1f, .4f, .6f, .5f, .5f};
  int32_t predicted[] = {0, 1, 0}, labels[] = {0, 0, 0};
  const mer_predictions p = {
      .n = 3, .n_classes = 2, .probs = probs, .predicted = predicted, .labels = labels};
  mer_coverage c;
  mer_coverage_compute(&c, &p, 0.5);
  assert_true(c.n == 3 && c.n_certain == 3 && c.n_right == 2);
  mer_coverage_compute(&c, &p, 0.55);
  assert_true(c.n == 3 && c.n_certain == 2 && c.n_right == 1);
  mer_coverage_compute(&c, &p, 1);
  assert_true(c.n_certain == 0 && c.n_right == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_scipy_torch_and_scikit_learn),
      cmocka_unit_test(bins_have_their_upper_ends),
      cmocka_unit_test(refuses_what_has_no_temperature),
      cmocka_unit_test(what_is_never_answered_is_bounded),
      cmocka_unit_test(bears_large_scores),
      cmocka_unit_test(coverage_counts_what_is_certain),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
