/* test_alloc_fail.c: the scenarios as tests, or the one that is named, or every N-th from the K-th,
 * counted from 1. usage: test_alloc_fail [SCENARIO | K N]; MER_TORTURE_ALL=1: at every point, not
 * some */
#include "failing.h"
#include "test_support.h"
#include "torture.h"

static int begin(void **state) {
  failing_begin();
  return make_fixtures(state);
}

int main(int argc, char **argv) {
  struct CMUnitTest tests[MOST_SCENARIOS] = {0};
  int first = argc == 3 ? atoi(argv[1]) - 1 : 0, step = argc == 3 ? atoi(argv[2]) : 1, n = 0;
  if (first < 0 || step < 1 || first >= step) return 2;
  if (argc == 2) cmocka_set_test_filter(argv[1]);
  for (int i = first; i < n_scenarios; i += step)
    tests[n++] = (struct CMUnitTest){.name = scenarios[i].name,
                                     .test_func = torture,
                                     .initial_state = (void *)(uintptr_t)&scenarios[i]};
  return _cmocka_run_group_tests("alloc_fail", tests, (size_t)n, begin, remove_fixtures);
}
