/* test_speaker.c: mean and deviation of a speaker as he or she is heard, and statistics without
 * them. */
#include <math.h>

#include "base/rng.h"
#include "encoder/speaker.h"
#include "test_support.h"

enum { SIZE = 3, N = 400 };

static const float mean[SIZE] = {1, -2, 0}, deviation[SIZE] = {2, .5F, 1};

/* Of nobody heard, only the mean and deviation of all count: nothing changes. */
static void a_stranger_is_heard_as_everybody(void **state) {
  (void)state;
  mer_error err = {0};
  mer__speaker speaker;
  const float x[SIZE] = {3, 4, -5};
  float out[SIZE];
  assert_ok(mer__speaker_init(&speaker, SIZE, &err));
  mer__speaker_adapt(out, x, &speaker, mean, deviation, SIZE);
  for (int j = 0; j < SIZE; j++) assert_near(out[j], x[j], 1e-6);
  mer__speaker_clear(&speaker);
}

/* The mean and deviation that were heard are those of two passes over all that was said. */
static void what_was_heard_is_mean_and_deviation(void **state) {
  (void)state;
  mer_error err = {0};
  mer__speaker speaker, copy;
  double sum[SIZE] = {0}, squares[SIZE] = {0};
  float x[N][SIZE], out[SIZE];
  mer__rng rng = {.seed = 1};
  assert_ok(mer__speaker_init(&speaker, SIZE, &err));
  assert_ok(mer__speaker_init(&copy, SIZE, &err));
  for (int i = 0; i < N; i++)
    for (int j = 0; j < SIZE; j++)
      sum[j] += x[i][j] = (float)(1000 * j + (1 + j) * mer__rng_normal(&rng));
  for (int i = 0; i < N; i++) mer__speaker_add(&speaker, x[i], SIZE);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < SIZE; j++) squares[j] += pow(x[i][j] - sum[j] / N, 2);
  for (int j = 0; j < SIZE; j++) {
    assert_near(speaker.mean[j], sum[j] / N, 1e-9 * (1 + 1000 * j));
    assert_near(speaker.squares[j] / squares[j], 1, 1e-9);
  }
  /* By the definition: five utterances of everybody beside those that were heard. */
  mer__speaker_copy(&copy, &speaker, SIZE);
  mer__speaker_adapt(out, x[7], &copy, mean, deviation, SIZE);
  for (int j = 0; j < SIZE; j++) {
    const double usual = (5 * mean[j] + sum[j]) / (5 + N);
    const double variance = (5 * pow(deviation[j], 2) + squares[j]) / (5 + N);
    assert_near(out[j], mean[j] + (x[7][j] - usual) * deviation[j] / sqrt(variance), 1e-3);
  }
  mer__speaker_clear(&speaker);
  mer__speaker_clear(&copy);
}

/* A value that is the same for all speakers and in all utterances is no reason to divide by zero.
 */
static void what_never_differs_stays(void **state) {
  (void)state;
  mer_error err = {0};
  mer__speaker speaker;
  const float same[SIZE] = {1, -2, 0}, none[SIZE] = {0};
  float out[SIZE];
  assert_ok(mer__speaker_init(&speaker, SIZE, &err));
  for (int i = 0; i < 3; i++) mer__speaker_add(&speaker, same, SIZE);
  mer__speaker_adapt(out, same, &speaker, mean, none, SIZE);
  for (int j = 0; j < SIZE; j++) assert_near(out[j], same[j], 1e-6);
  mer__speaker_clear(&speaker);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_stranger_is_heard_as_everybody),
                                     cmocka_unit_test(what_was_heard_is_mean_and_deviation),
                                     cmocka_unit_test(what_never_differs_stays)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
