/* The size member of options structs: programs older and newer than the library. */
#include "base/sized_options.h"
#include "test_support.h"

/* One struct in three versions; the library under test is of the second. */
typedef struct first {
  size_t size;
  int64_t rate;
} first;

typedef struct second {
  size_t size;
  int64_t rate;
  double limit;
} second;

typedef struct third {
  size_t size;
  int64_t rate;
  double limit;
  const char *name;
} third;

static const second defaults = {sizeof defaults, 16000, 60};

static mer_status read_into(second *options, const void *given, mer_error *err) {
  *options = defaults;
  return mer__options_read(options, sizeof *options, given, "options", err);
}

static void an_older_program_gets_new_defaults(void **state) {
  (void)state;
  struct {
    first options;
    double after;
  } memory = {.after = 7};
  mer_error err = {0};
  second used;
  mer__options_init(&memory.options, sizeof memory.options, &defaults, sizeof defaults);
  assert_int_equal(memory.options.size, sizeof(first));
  assert_int_equal(memory.options.rate, 16000);
  assert_true(memory.after == 7);
  memory.options.rate = 8000;
  assert_ok(read_into(&used, &memory.options, &err));
  assert_int_equal(used.size, sizeof used);
  assert_int_equal(used.rate, 8000);
  assert_true(used.limit == 60);
}

static void a_newer_program_may_not_set_what_is_unknown(void **state) {
  (void)state;
  third options;
  mer_error err = {0};
  second used;
  memset(&options, 0xff, sizeof options);
  mer__options_init(&options, sizeof options, &defaults, sizeof defaults);
  assert_int_equal(options.size, sizeof options);
  assert_null(options.name);
  options.limit = 5;
  assert_ok(read_into(&used, &options, &err));
  assert_int_equal(used.size, sizeof used);
  assert_true(used.limit == 5);
  options.name = "x";
  assert_int_equal(read_into(&used, &options, &err), MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(err.message, "options has a member"));
}

static void senseless_sizes_are_refused(void **state) {
  (void)state;
  static const size_t sizes[] = {0, sizeof(size_t), (1 << 16) + 1, SIZE_MAX};
  second options = defaults, used;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    mer_error err = {0};
    options.size = sizes[i];
    assert_int_equal(read_into(&used, &options, &err), MER_STATUS_INVALID);
    assert_non_null(strstr(err.message, "not initialized"));
  }
}

static void nothing_given_is_the_defaults(void **state) {
  (void)state;
  second used;
  mer_error err = {0};
  assert_ok(read_into(&used, NULL, &err));
  assert_memory_equal(&used, &defaults, sizeof used);
}

static void a_size_without_room_fills_nothing(void **state) {
  (void)state;
  second options = {1, 2, 3};
  mer__options_init(&options, sizeof options.size - 1, &defaults, sizeof defaults);
  assert_int_equal(options.size, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_older_program_gets_new_defaults),
                                     cmocka_unit_test(a_newer_program_may_not_set_what_is_unknown),
                                     cmocka_unit_test(senseless_sizes_are_refused),
                                     cmocka_unit_test(nothing_given_is_the_defaults),
                                     cmocka_unit_test(a_size_without_room_fills_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
