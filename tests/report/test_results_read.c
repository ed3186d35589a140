/* test_results_read.c: malformed documents are refused with the place and what was expected. */
#include "report/results_read.h"

#include "sample_results.h"
#include "test_support.h"

static json_t *sample(void) { return sample_results(&(sample_shape){3, 2, 2, 2, 1}); }

static mer_status read_document(json_t *root, mer_error *err) {
  mer__results results;
  char *text = json_dumps(root, 0);
  mer_status status = mer__results_read(&results, text, 0, err);
  mer__results_clear(&results);
  free(text);
  json_decref(root);
  return status;
}

static void reads_what_is_there(void **state) {
  (void)state;
  mer__results r;
  mer_error err = {0};
  json_t *root = sample();
  char *text = json_dumps(root, 0);
  assert_ok(mer__results_read(&r, text, 0, &err));
  assert_int_equal(r.n_runs, 2);
  assert_int_equal(r.n_labels, 3);
  assert_string_equal(r.labels[2], "label2");
  assert_true(r.splits[MER_SPLIT_TRAIN].present && !r.splits[MER_SPLIT_DEV].present);
  const mer__results_seed *seed = &r.runs[1].seeds[1];
  assert_int_equal(seed->n_epochs, 2);
  assert_near(seed->epochs[1].loss_sum, 13, 1e-12);
  assert_near(seed->splits[MER_SPLIT_TEST].values.accuracy,
              json_number_value(sample_at(root, "runs/1/seeds/1/test/accuracy")), 1e-12);
  assert_int_equal(seed->splits[MER_SPLIT_TEST].values.confusion[2][1],
                   json_integer_value(sample_at(root, "runs/1/seeds/1/test/confusion/2/1")));
  mer__results_clear(&r);
  free(text);
  json_decref(root);
}

typedef struct fault {
  const char *place, *value; /* JSON; NULL: removed */
  mer_status status;
  const char *message; /* the end of it */
} fault;

static void names_the_fault(void **state) {
  (void)state;
  static const fault faults[] = {
      {"format", "\"other\"", MER_STATUS_FORMAT,
       "expected mer-results version 1, found other version 1"},
      {"version", "2", MER_STATUS_FORMAT, "found mer-results version 2"},
      {"title", NULL, MER_STATUS_FORMAT, "title: expected a string, found nothing"},
      {"data", "[]", MER_STATUS_FORMAT, "data: expected an object, found an array"},
      {"data/labels", "[]", MER_STATUS_FORMAT, "data.labels: expected labels, found none"},
      {"data/labels/1", "5", MER_STATUS_FORMAT, "data.labels: expected strings, found an integer"},
      {"data/labels", "[\"a\",\"b\"]", MER_STATUS_FORMAT,
       "data.splits.train.label_counts: expected 2 elements, found 3"},
      {"data/splits/train/utterances", "-1", MER_STATUS_FORMAT,
       "expected no negative number, found -1"},
      {"data/splits/test/clips", "3", MER_STATUS_FORMAT,
       "clips: expected an object, found an integer"},
      {"majority/test", NULL, MER_STATUS_FORMAT,
       "majority.test: expected an object, found nothing"},
      {"majority/label", "null", MER_STATUS_FORMAT,
       "majority.label: expected a string, found null"},
      {"runs", "[]", MER_STATUS_FORMAT, "runs: expected at least one run, found none"},
      {"runs/1", "null", MER_STATUS_FORMAT, "runs[1]: expected an object, found null"},
      {"runs/0/name", "true", MER_STATUS_FORMAT,
       "runs[0].name: expected a string, found a truth value"},
      {"runs/0/seeds", "[]", MER_STATUS_FORMAT,
       "runs[0].seeds: expected at least one seed, found none"},
      {"runs/1/seeds/1/test/n", "\"5\"", MER_STATUS_FORMAT,
       "runs[1].seeds[1].test.n: expected an integer, found a string"},
      {"runs/1/seeds/0/test/loss", "[]", MER_STATUS_FORMAT,
       "runs[1].seeds[0].test.loss: expected a number, found an array"},
      {"runs/0/seeds/0/calibration", "{\"test\": {\"n\": 1, \"bins\": [{}]}}", MER_STATUS_FORMAT,
       "runs[0].seeds[0].calibration.test.bins: expected 15 elements, found 1"},
      {"runs/0/seeds/0/calibration", "{\"test\": {\"n\": -1}}", MER_STATUS_FORMAT,
       "runs[0].seeds[0].calibration.test.n: expected no negative number, found -1"},
      {"runs/0/seeds/0/test/classes", "[{}]", MER_STATUS_FORMAT, "expected 3 elements, found 1"},
      {"runs/0/seeds/0/test/classes/1", "1", MER_STATUS_FORMAT,
       "expected objects, found an integer"},
      {"runs/0/seeds/0/test/confusion/2", "[1,2]", MER_STATUS_FORMAT,
       "runs[0].seeds[0].test.confusion: expected 3 elements, found 2"},
      {"runs/0/seeds/0/test/confusion/0/0", "-4", MER_STATUS_FORMAT,
       "expected counts, found an integer"},
      {"runs/0/seeds/0/test/confusion/0/0", "4000000000000000000", MER_STATUS_FORMAT,
       "expected counts, found an integer"},
      {"runs/0/seeds/0/test/intervals/uar", "[1]", MER_STATUS_FORMAT,
       "expected 2 elements, found 1"},
      {"runs/0/seeds/0/test/intervals/uar/1", "\"1\"", MER_STATUS_FORMAT,
       "expected numbers, found a string"},
      {"runs/0/seeds/0/epochs/1", "7", MER_STATUS_FORMAT,
       "epochs: expected objects, found an integer"},
      {"runs/0/seeds/0/epochs/1/epoch", "-1", MER_STATUS_FORMAT,
       "expected no negative number, found -1"},
      {"runs/0/seeds/0/epochs/1/test", "7", MER_STATUS_FORMAT,
       "runs[0].seeds[0].epochs[1].test: expected an object, found an integer"},
      {"runs/0/seeds/0/epochs/1/epoch", "2000000000", MER_STATUS_LIMIT,
       "epoch 2000000000, a report shows at most 10000"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    const fault *f = &faults[i];
    json_t *root = sample();
    mer_error err = {0};
    sample_set(root, f->place, f->value ? json_loads(f->value, JSON_DECODE_ANY, NULL) : NULL);
    assert_int_equal(read_document(root, &err), f->status);
    if (!strstr(err.message, f->message)) fail_msg("%s: %s", f->place, err.message);
  }
}

static void limits_hold(void **state) {
  (void)state;
  mer_error err = {0};
  assert_int_equal(read_document(sample_results(&(sample_shape){2, 17, 1, 0, 0}), &err),
                   MER_STATUS_LIMIT);
  assert_int_equal(read_document(sample_results(&(sample_shape){2, 1, 101, 0, 0}), &err),
                   MER_STATUS_LIMIT);
  json_t *root = sample(), *labels = json_array();
  for (int i = 0; i < 65; i++) json_array_append_new(labels, json_string("x"));
  sample_set(root, "data/labels", labels);
  assert_int_equal(read_document(root, &err), MER_STATUS_LIMIT);
}

static void refuses_what_is_no_document(void **state) {
  (void)state;
  static const char *const texts[] = {
      "", "{", "[]", "null", "{}", "{\"format\":1}", "{\"a\":1,\"a\":2}", "\xff"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    mer__results results;
    mer_error err = {0};
    assert_int_equal(mer__results_read(&results, texts[i], 0, &err), MER_STATUS_FORMAT);
    assert_true(strlen(err.message) > 10);
    assert_null(results.root);
  }
}

/* Any byte of the document may be another: never a crash. */
static void survives_any_change(void **state) {
  (void)state;
  json_t *root = sample_results(&(sample_shape){2, 1, 1, 1, 1});
  char *text = json_dumps(root, JSON_COMPACT);
  size_t n = strlen(text), n_refused = 0;
  json_decref(root);
  for (size_t i = 0; i < n; i++) {
    static const char changes[] = "\"[n";
    for (const char *c = changes; *c; c++) {
      char old = text[i];
      mer__results results;
      text[i] = *c;
      n_refused += mer__results_read(&results, text, 0, NULL) != MER_OK;
      mer__results_clear(&results);
      text[i] = old;
    }
  }
  assert_true(n_refused > n / 2);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_is_there), cmocka_unit_test(names_the_fault),
      cmocka_unit_test(limits_hold),         cmocka_unit_test(refuses_what_is_no_document),
      cmocka_unit_test(survives_any_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
