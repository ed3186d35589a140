/* test_parallel.c: how threads share the parts of a product. */
#include "nn/parallel.h"

#include "test_support.h"

enum { MOST = 7, PARTS = 20 };

/* A team of threads that each take a part in turn, as threads of equal speed do; or one of which is
 * the only one that goes on. */
static void all_parts_are_done_once(int n_threads, int team, int n_parts, bool one_alone) {
  mer__part_queue queue = mer__part_queue_begin(n_threads);
  int done[PARTS] = {0};
  int64_t own[MOST];
  for (int t = 0; t < team; t++) own[t] = t;
  for (bool any = true; any;) {
    any = false;
    for (int t = 0; t < team; t++)
      while (own[t] < n_parts) {
        done[own[t]]++;
        const int64_t next = mer__part_queue_next(&queue, own[t], team);
        assert_true(next > own[t]);
        own[t] = next;
        any = true;
        if (!one_alone) break;
      }
  }
  for (int i = 0; i < n_parts; i++) assert_int_equal(done[i], 1);
}

static void each_part_is_done_once(void **state) {
  (void)state;
  for (int n_threads = 1; n_threads <= MOST; n_threads++)
    for (int team = 1; team <= n_threads; team++)
      for (int n_parts = 0; n_parts <= PARTS; n_parts++) {
        all_parts_are_done_once(n_threads, team, n_parts, false);
        all_parts_are_done_once(n_threads, team, n_parts, true);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_part_is_done_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
