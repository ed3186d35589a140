/* test_row_speakers.c: rows by who speaks; vectors without what is particular to their speakers. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "data/row_speakers.h"
#include "test_support.h"

enum { N = 240, WIDTH = 4 };

static void rows_of_one_name_and_set_are_one_speaker(void **state) {
  (void)state;
  const mer_utterance rows[] = {{.speaker = "b"}, {.speaker = "a"}, {.speaker = NULL},
                                {.speaker = "b"}, {.speaker = ""},  {.speaker = "b", .set = 1}};
  static const int32_t expected[] = {1, 0, -1, 1, -1, 2};
  int32_t *speakers = mer__row_speakers(rows, 6);
  assert_non_null(speakers);
  assert_memory_equal(speakers, expected, sizeof expected);
  mer__free(speakers);
  speakers = mer__row_speakers(rows, 0);
  assert_non_null(speakers);
  mer__free(speakers);
}

/* Three speakers far apart; the rows of the fourth number say nothing of who speaks, and the last
 * row has no vector. */
static void make_rows(float *vectors, int32_t *speakers, bool *present) {
  mer__rng rng = {.seed = 3};
  for (int i = 0; i < N; i++) {
    speakers[i] = i % 4 == 3 ? -1 : i % 4;
    present[i] = i < N - 1;
    for (int j = 0; j < WIDTH; j++)
      vectors[i * WIDTH + j] =
          (float)(10 * speakers[i] + (1 + speakers[i]) * mer__rng_normal(&rng));
  }
}

static void mean_of(double *mean, double *deviation, const float *vectors, const int32_t *speakers,
                    int32_t speaker) {
  double sum = 0, squares = 0;
  int n = 0;
  for (int i = 0; i < N - 1; i++)
    if (speakers[i] == speaker) {
      n++;
      sum += vectors[i * WIDTH];
      squares += pow(vectors[i * WIDTH], 2);
    }
  *mean = sum / n;
  *deviation = sqrt(squares / n - *mean * *mean);
}

static void speakers_come_together(void **state) {
  (void)state;
  mer_error err = {0};
  float vectors[N * WIDTH], before[N * WIDTH], mean[WIDTH], deviation[WIDTH];
  int32_t speakers[N];
  bool present[N];
  double own_mean, own_deviation;
  const mer__spoken_vectors spoken = {vectors, N, WIDTH, speakers, present};
  make_rows(vectors, speakers, present);
  memcpy(before, vectors, sizeof vectors);
  assert_ok(mer__speakers_fit(mean, deviation, &spoken, &err));
  assert_true(deviation[0] > 1 && deviation[0] < 3); /* within the speakers, who are 10 apart */
  assert_ok(mer__speakers_adapt(&spoken, mean, deviation, &err));
  for (int32_t s = 0; s < 3; s++) {
    mean_of(&own_mean, &own_deviation, vectors, speakers, s);
    assert_near(own_mean, mean[0], 2.5);
    assert_near(own_deviation, deviation[0], .8);
  }
  for (int i = 0; i < N; i++)
    if (speakers[i] < 0 || !present[i])
      assert_memory_equal(vectors + i * WIDTH, before + i * WIDTH, WIDTH * sizeof *vectors);
}

static void the_order_is_always_the_same(void **state) {
  (void)state;
  mer_error err = {0};
  float vectors[N * WIDTH], again[N * WIDTH], mean[WIDTH], deviation[WIDTH];
  int32_t speakers[N];
  bool present[N];
  const mer__spoken_vectors spoken = {vectors, N, WIDTH, speakers, present};
  make_rows(vectors, speakers, present);
  assert_ok(mer__speakers_fit(mean, deviation, &spoken, &err));
  assert_ok(mer__speakers_adapt(&spoken, mean, deviation, &err));
  memcpy(again, vectors, sizeof vectors);
  make_rows(vectors, speakers, present);
  assert_ok(mer__speakers_adapt(&spoken, mean, deviation, &err));
  assert_memory_equal(again, vectors, sizeof vectors);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_of_one_name_and_set_are_one_speaker),
                                     cmocka_unit_test(speakers_come_together),
                                     cmocka_unit_test(the_order_is_always_the_same)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
