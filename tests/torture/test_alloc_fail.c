/* test_alloc_fail.c: the scenarios as tests, or the one that is named.
 * usage: test_alloc_fail [SCENARIO]; MER_TORTURE_ALL=1: at every point, not some */
#include "failing.h"
#include "test_support.h"
#include "torture.h"

static int begin(void **state) {
  failing_begin();
  return make_fixtures(state);
}

int main(int argc, char **argv) {
  struct CMUnitTest tests[MOST_SCENARIOS] = {0};
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  for (int i = 0; i < n_scenarios; i++)
    tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
                                   .test_func = torture,
                                   .initial_state = (void *)(uintptr_t)&scenarios[i]};
  return _cmocka_run_group_tests("alloc_fail", tests, (size_t)n_scenarios, begin, remove_fixtures);
}
