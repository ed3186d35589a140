/* test_metrics.c: metrics against scikit-learn's, and by hand where it has no answer. */
#include <jansson.h>

#include "mer/eval.h"
#include "test_support.h"

enum { MAX_ROWS = 4096 };

typedef struct golden_case {
  const char *name;
  int32_t labels[MAX_ROWS], predicted[MAX_ROWS];
  float probs[MAX_ROWS * 16];
  int64_t n;
  int32_t n_classes;
} golden_case;

static golden_case current;

static int64_t read_labels(int32_t *out, const json_t *array) {
  size_t i;
  json_t *value;
  json_array_foreach(array, i, value) out[i] = (int32_t)json_integer_value(value);
  return (int64_t)json_array_size(array);
}

static void read_case(golden_case *c, const json_t *object) {
  c->name = json_string_value(json_object_get(object, "name"));
  c->n_classes = (int32_t)json_integer_value(json_object_get(object, "k"));
  c->n = read_labels(c->labels, json_object_get(object, "labels"));
  assert_true(c->n > 0 && c->n <= MAX_ROWS && c->n_classes <= 16);
  assert_int_equal(read_labels(c->predicted, json_object_get(object, "predictions")), c->n);
  const json_t *probs = json_object_get(object, "probs");
  for (int64_t i = 0; i < c->n; i++)
    for (int32_t k = 0; k < c->n_classes; k++)
      c->probs[i * c->n_classes + k] =
          (float)json_number_value(json_array_get(json_array_get(probs, (size_t)i), (size_t)k));
}

static double number_at(const json_t *object, const char *key, int32_t index) {
  return json_number_value(json_array_get(json_object_get(object, key), (size_t)index));
}

static void check_scalars(const mer_metrics *m, const json_t *object) {
  assert_near(m->accuracy, json_number_value(json_object_get(object, "accuracy")), 1e-12);
  assert_near(m->weighted_f1, json_number_value(json_object_get(object, "weighted_f1")), 1e-12);
  assert_near(m->macro_f1, json_number_value(json_object_get(object, "macro_f1_present")), 1e-12);
  assert_near(m->uar, json_number_value(json_object_get(object, "uar")), 1e-12);
  assert_near(m->loss, json_number_value(json_object_get(object, "log_loss")), 1e-6);
}

static void check_classes(const mer_metrics *m, const json_t *object) {
  for (int32_t c = 0; c < m->n_classes; c++) {
    assert_near(m->classes[c].precision, number_at(object, "precision", c), 1e-12);
    assert_near(m->classes[c].recall, number_at(object, "recall", c), 1e-12);
    assert_near(m->classes[c].f1, number_at(object, "f1", c), 1e-12);
    assert_near((double)m->classes[c].support, number_at(object, "support", c), 0);
    const json_t *row = json_array_get(json_object_get(object, "confusion"), (size_t)c);
    for (int32_t p = 0; p < m->n_classes; p++)
      assert_int_equal(m->confusion[c][p], json_integer_value(json_array_get(row, (size_t)p)));
  }
}

static void equals_scikit_learn(void **state) {
  (void)state;
  json_error_t fault;
  json_t *cases = json_load_file(GOLDEN "metrics/metrics.json", 0, &fault);
  assert_non_null(cases);
  assert_true(json_array_size(cases) > 0);
  size_t i;
  json_t *object;
  json_array_foreach(cases, i, object) {
    read_case(&current, object);
    print_message("%s\n", current.name);
    mer_metrics m;
    mer_error err = {0};
    assert_ok(mer_metrics_compute(&m, current.labels, current.predicted, current.probs, current.n,
                                  current.n_classes, &err));
    check_scalars(&m, object);
    check_classes(&m, object);
  }
  json_decref(cases);
}

/* Classes that occur nowhere must not lower the macro F1, those that are never found must. */
static void macro_is_over_classes_that_occur(void **state) {
  (void)state;
  const int32_t labels[] = {0, 0, 1, 1}, predicted[] = {0, 0, 1, 3};
  mer_metrics m;
  mer_error err = {0};
  assert_ok(mer_metrics_compute(&m, labels, predicted, NULL, 4, 6, &err));
  assert_near(m.macro_f1, (1 + 2.0 / 3 + 0) / 3, 1e-12);
  assert_near(m.uar, (1 + 0.5) / 2, 1e-12);
  assert_near(m.weighted_f1, (2 * 1 + 2 * 2.0 / 3) / 4, 1e-12);
  assert_true(isnan(m.loss));
}

static void loss_is_finite_at_certainty(void **state) {
  (void)state;
  const int32_t labels[] = {0, 1}, predicted[] = {0, 0};
  const float probs[] = {1, 0, 1, 0};
  mer_metrics m;
  mer_error err = {0};
  assert_ok(mer_metrics_compute(&m, labels, predicted, probs, 2, 2, &err));
  assert_near(m.loss, -log(1.1920929e-7) / 2, 1e-6);
  const float unknown[] = {1, 0, 0, NAN};
  assert_ok(mer_metrics_compute(&m, labels, predicted, unknown, 2, 2, &err));
  assert_true(isnan(m.loss));
}

static void majority_comes_from_training(void **state) {
  (void)state;
  const int32_t train[] = {2, 1, 2, 0, 1}, labels[] = {0, 0, 0, 1};
  mer_metrics m;
  mer_error err = {0};
  assert_ok(mer_metrics_majority(&m, train, 5, labels, 4, 3, &err));
  assert_near(m.accuracy, 0.25, 0); /* of equally frequent classes the first */
  assert_int_equal(m.confusion[0][1], 3);
  assert_true(isnan(m.loss));
  assert_near(m.uar, 0.5, 0);
}

static void rejects_bad_input(void **state) {
  (void)state;
  const int32_t good[] = {0, 1}, high[] = {0, 2}, low[] = {-1, 0};
  static mer_metrics m;
  mer_error err = {0};
  assert_int_equal(mer_metrics_compute(&m, good, good, NULL, 0, 2, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_compute(&m, good, good, NULL, 2, 65, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_compute(&m, good, good, NULL, 2, 0, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_compute(&m, low, good, NULL, 2, 2, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_compute(&m, good, high, NULL, 2, 2, &err), MER_STATUS_INVALID);
  assert_string_equal(err.message, "metrics: prediction 2 of row 1 is not in 0 .. 1");
  assert_int_equal(mer_metrics_majority(&m, high, 2, good, 2, 2, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_majority(&m, good, 0, good, 2, 2, &err), MER_STATUS_INVALID);
  assert_int_equal(mer_metrics_compute(&m, good, good, NULL, 2, 64, NULL), MER_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_scikit_learn),
      cmocka_unit_test(macro_is_over_classes_that_occur),
      cmocka_unit_test(loss_is_finite_at_certainty),
      cmocka_unit_test(majority_comes_from_training),
      cmocka_unit_test(rejects_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
