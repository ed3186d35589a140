/* test_prevailing.c: where the prevailing label of a speaker changes, and how agitated an answer
 * is, with the labels of a model of tests/golden; the answers are made up. */
#include "test_support.h"
#include "timeline/prevailing.h"

enum { NEUTRAL = 0, JOY = 4, ANGER = 6, N_LABELS = 7 };

static mer_model *model;

static int open_model(void **state) {
  (void)state;
  mer_error err = {0};
  return mer_model_open(&model, GOLDEN "vision/cnn", &err) == MER_OK ? 0 : -1;
}

static int close_model(void **state) {
  (void)state;
  mer_model_close(model);
  return 0;
}

/* An answer of `p` for the label and the rest for neutral. */
static mer_answer answer(int label, float p) {
  mer_answer a = {.n_labels = N_LABELS, .label = label};
  a.probs[NEUTRAL] = 1 - p;
  a.probs[label] += p;
  return a;
}

/* What `text` brings, a second and a half each: 'n' neutral, 'a' anger, 'j' joy, 'h' half of each
 * of neutral and anger, '?' no answer; capital letters are those of another speaker. The changes,
 * as "5:neutral>anger ". */
static void find_changes(char *out, size_t room, const char *text) {
  mer__prevailing prevailing = {0};
  mer_error err = {0};
  out[0] = 0;
  for (int i = 0; text[i]; i++) {
    const char c = text[i] | 32;
    mer_timeline_item item = {.start_s = 2 * i, .end_s = 2 * i + 1.5};
    item.speaker = text[i] & 32 ? "Ann" : "Bob";
    item.answer = c == 'a'   ? answer(ANGER, .9f)
                  : c == 'j' ? answer(JOY, .9f)
                  : c == 'h' ? answer(ANGER, .5f)
                             : answer(NEUTRAL, .9f);
    if (text[i] == '?') item.answer.status = MER_STATUS_FORMAT;
    int32_t before, after;
    assert_ok(mer__prevailing_add(&before, &after, &prevailing, &item, model, &err));
    assert_int_equal(before < 0, after < 0);
    if (after >= 0)
      snprintf(out + strlen(out), room - strlen(out), "%d:%s>%s ", i,
               mer_model_label(model, before), mer_model_label(model, after));
  }
  mer__prevailing_clear(&prevailing);
}

static void expect_changes(const char *text, const char *expected) {
  char found[256];
  find_changes(found, sizeof found, text);
  assert_string_equal(found, expected);
}

static void changes_are_those_that_last(void **state) {
  (void)state;
  expect_changes("", "");
  expect_changes("nnnnnnnn", "");
  expect_changes("aaaa", ""); /* the first that prevails is no change */
  expect_changes("nnnnnnnnannnnnnn", "");
  expect_changes("nnnnnnnnaaaaaaaa", "14:neutral>anger ");
  expect_changes("nnnnnnnnhhhhhhhh", ""); /* no lead */
  expect_changes("nnnnnnnn????????", "");
  expect_changes("nNnNnNnNaNaNaNaNaNaNaNaN", "16:neutral>anger "); /* each speaker for himself */
}

static void intensity_is_that_of_the_labels(void **state) {
  (void)state;
  mer_answer a = answer(ANGER, 1);
  assert_near(mer_timeline_intensity(&a, model), 1, 1e-6);
  a = answer(NEUTRAL, 1);
  assert_near(mer_timeline_intensity(&a, model), 0, 1e-6);
  a = answer(JOY, .5f);
  assert_near(mer_timeline_intensity(&a, model), .4, 1e-6);
  a.status = MER_STATUS_FORMAT;
  assert_true(isnan(mer_timeline_intensity(&a, model)));
}

static void intensity_of_values_is_arousal(void **state) {
  (void)state;
  mer_model *values;
  mer_error err = {0};
  assert_ok(mer_model_open(&values, GOLDEN "wav2vec/wav2vec2-values", &err));
  mer_answer a = {.n_labels = 3, .label = -1, .probs = {.7f, 0, 1}};
  assert_near(mer_timeline_intensity(&a, values), .7, 1e-6);
  a.probs[0] = 1.5f;
  assert_near(mer_timeline_intensity(&a, values), 1, 1e-6);
  mer_model_close(values);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_are_those_that_last),
      cmocka_unit_test(intensity_is_that_of_the_labels),
      cmocka_unit_test(intensity_of_values_is_arousal),
  };
  return cmocka_run_group_tests(tests, open_model, close_model);
}
