/* test_thread_limit.c: a number of threads is lowered to what the system lets be made. */
#include <errno.h>
#include <pthread.h>

#include "mer/base.h"
#include "test_support.h"

static int n_allowed, n_made;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument) {
  if (n_made == n_allowed) return EAGAIN;
  n_made++;
  return __real_pthread_create(thread, attributes, run, argument);
}

static void expect_threads(int allowed, int asked, int got, int made) {
  n_allowed = allowed;
  n_made = 0;
  mer_threads_set(asked);
  assert_int_equal(mer_threads_get(), got);
  assert_int_equal(n_made, made);
}

/* Each number is tried once in a thread. */
static void try_all(void) {
  expect_threads(0, 1, 1, 0);
  expect_threads(0, 8, 1, 0);
  expect_threads(1, 8, 1, 1);
  expect_threads(3, 8, 3, 3); /* with the calling one, and one to spare */
  expect_threads(100, 3, 3, 0);
  expect_threads(100, 2, 2, 0);
  expect_threads(100, 8, 8, 8);
  expect_threads(0, 8, 8, 0);
  expect_threads(4, 16, 8, 4); /* no fewer than there are */
}

static void a_number_is_lowered(void **state) {
  (void)state;
  try_all();
  assert_true(mer_threads_get() == 8);
}

static void *try_in_thread(void *unused) {
  try_all();
  return unused;
}

static void each_thread_tries_for_itself(void **state) {
  (void)state;
  pthread_t thread;
  assert_int_equal(__real_pthread_create(&thread, NULL, try_in_thread, NULL), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_number_is_lowered),
                                     cmocka_unit_test(each_thread_tries_for_itself)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
