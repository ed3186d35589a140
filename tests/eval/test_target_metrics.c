/* test_target_metrics.c: metrics of several labels and of values against scikit-learn's and numpy's
 * (tests/golden/make_targets.py), and by hand. */
#include <jansson.h>

#include "mer/eval.h"
#include "test_support.h"

enum { MOST = 1024 };

static int64_t read_matrix(float *out, const json_t *rows) {
  int64_t n = 0;
  size_t i, j;
  json_t *row, *value;
  json_array_foreach(rows, i, row) json_array_foreach(row, j, value) {
    assert_true(n < MOST);
    out[n++] = (float)json_number_value(value);
  }
  return (int64_t)json_array_size(rows);
}

/* null is NaN. */
static void assert_number(double found, const json_t *expected, const char *key) {
  const double tolerance = 1e-5;
  if (json_is_null(expected) ? isnan(found)
                             : fabs(found - json_number_value(expected)) <= tolerance)
    return;
  fail_msg("%s = %.9g, expected %.9g", key, found, json_number_value(expected));
}

/* A measure of all labels, or of one. */
typedef struct measure {
  const char *key;
  size_t offset;
} measure;

#define OVERALL(key) \
  { #key, offsetof(mer_target_metrics, key) }
#define EACH(key) \
  { #key, offsetof(mer_target_scores, key) }

static const measure overall_of_labels[] = {OVERALL(accuracy), OVERALL(micro_f1),
                                            OVERALL(macro_f1), OVERALL(weighted_f1),
                                            OVERALL(map),      OVERALL(loss)};
static const measure each_of_labels[] = {EACH(precision), EACH(recall), EACH(f1),
                                         EACH(average_precision)};
static const measure each_of_values[] = {EACH(ccc), EACH(pearson), EACH(mae), EACH(rmse)};

static double number_at(const void *object, size_t offset) {
  double x;
  memcpy(&x, (const char *)object + offset, sizeof x);
  return x;
}

static void check_each(const mer_target_metrics *m, const json_t *object, const measure *measures,
                       size_t n) {
  for (size_t i = 0; i < n; i++) {
    const json_t *list = json_object_get(object, measures[i].key);
    assert_int_equal(json_array_size(list), m->n_labels);
    for (int32_t k = 0; k < m->n_labels; k++)
      assert_number(number_at(&m->labels[k], measures[i].offset), json_array_get(list, (size_t)k),
                    measures[i].key);
  }
}

static void check_case(const json_t *object) {
  static float targets[MOST], answers[MOST];
  const char *name = json_string_value(json_object_get(object, "target"));
  const mer_target target = strcmp(name, "labels") == 0 ? MER_TARGET_LABELS : MER_TARGET_VALUES;
  const int32_t k = (int32_t)json_integer_value(json_object_get(object, "k"));
  const int64_t n = read_matrix(targets, json_object_get(object, "targets"));
  mer_target_metrics m;
  mer_error err = {0};
  read_matrix(answers, json_object_get(object, "answers"));
  assert_ok(mer_target_metrics_compute(&m, target, targets, answers, n, k, &err));
  assert_int_equal(m.n, n);
  if (target == MER_TARGET_VALUES) {
    assert_number(m.loss, json_object_get(object, "loss"), "loss");
    assert_true(isnan(m.macro_f1) && isnan(m.labels[0].f1));
    check_each(&m, object, each_of_values, 4);
    return;
  }
  for (size_t i = 0; i < 6; i++)
    assert_number(number_at(&m, overall_of_labels[i].offset),
                  json_object_get(object, overall_of_labels[i].key), overall_of_labels[i].key);
  assert_true(isnan(m.ccc) && isnan(m.labels[0].ccc));
  check_each(&m, object, each_of_labels, 4);
  for (int32_t i = 0; i < k; i++)
    assert_int_equal(m.labels[i].support, json_integer_value(json_array_get(
                                              json_object_get(object, "support"), (size_t)i)));
}

static void equals_scikit_learn_and_numpy(void **state) {
  (void)state;
  json_error_t fault;
  json_t *cases = json_load_file(GOLDEN "targets/metrics.json", 0, &fault), *object;
  size_t i;
  assert_true(json_array_size(cases) > 0);
  json_array_foreach(cases, i, object) {
    print_message("%s\n", json_string_value(json_object_get(object, "name")));
    check_case(object);
  }
  json_decref(cases);
}

/* The means are those of the values that have one. */
static void constant_answers_have_no_correlation(void **state) {
  (void)state;
  const float train[] = {1, 5, 3, 5}, targets[] = {1, 5, 2, 5, 3, 5};
  mer_target_metrics m;
  mer_error err = {0};
  assert_ok(mer_target_metrics_constant(&m, MER_TARGET_VALUES, train, 2, targets, 3, 2, &err));
  assert_true(m.labels[0].ccc == 0 && m.labels[1].ccc == 0 && m.ccc == 0);
  assert_true(isnan(m.labels[0].pearson) && isnan(m.pearson));
  assert_near(m.labels[0].mae, 2.0 / 3, 1e-12);
  assert_near(m.loss, (2.0 / 3 + 0) / 2, 1e-12);
  assert_ok(mer_target_metrics_constant(&m, MER_TARGET_LABELS, (const float[]){1, 0, 1, 1, 0, 0}, 3,
                                        (const float[]){1, 1, 0, 1}, 2, 2, &err));
  assert_near(m.labels[0].recall, 1, 0); /* two of three rows have it */
  assert_near(m.labels[1].recall, 0, 0);
  assert_near(m.labels[0].average_precision, 0.5, 1e-12);
}

static void refuses_what_it_cannot_measure(void **state) {
  (void)state;
  const float numbers[] = {0, 1}, none[] = {0, NAN};
  mer_target_metrics m;
  mer_error err = {0};
  assert_int_equal(mer_target_metrics_compute(&m, MER_TARGET_LABEL, numbers, numbers, 1, 2, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_target_metrics_compute(&m, MER_TARGET_LABELS, numbers, numbers, 0, 2, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_target_metrics_compute(&m, MER_TARGET_LABELS, numbers, numbers, 1, 65, &err),
                   MER_STATUS_INVALID);
  assert_int_equal(mer_target_metrics_compute(&m, MER_TARGET_VALUES, numbers, none, 1, 2, &err),
                   MER_STATUS_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_scikit_learn_and_numpy),
      cmocka_unit_test(constant_answers_have_no_correlation),
      cmocka_unit_test(refuses_what_it_cannot_measure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
