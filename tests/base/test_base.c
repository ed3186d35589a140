/* test_base.c: errors, allocation, buffers, files and random numbers. */
#include <utf8proc.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/text_buffer.h"
#include "test_support.h"

static void errors_are_one_line(void **state) {
  (void)state;
  mer_error err = {0};
  assert_int_equal(mer__fail_at(&err, MER_STATUS_FORMAT, 7, "%s: bad", "a\nb"), MER_STATUS_FORMAT);
  assert_string_equal(err.message, "a b: bad");
  assert_int_equal(err.position, 7);
  assert_string_equal(mer_status_name(MER_OK), "OK");
  assert_string_equal(mer_status_name(MER_STATUS_FORMAT), "FORMAT");
  assert_string_equal(mer_status_text(MER_STATUS_NO_MEMORY), "out of memory");
  assert_string_equal(mer_status_text((mer_status)99), "unknown status");
  assert_int_equal(mer__fail(NULL, MER_STATUS_IO, "nobody listens"), MER_STATUS_IO);
}

static void assert_utf8(const char *text) {
  utf8proc_int32_t letter;
  for (utf8proc_ssize_t n; *text; text += n) {
    n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &letter);
    if (n <= 0) fail_msg("not UTF-8: ..%s", text);
  }
}

static void take_message(void *user, mer_log_level level, const char *message) {
  (void)level;
  snprintf(user, 2048, "%s", message);
}

static void messages_are_utf8(void **state) {
  (void)state;
  mer_error err = {0};
  char long_name[1100], logged[2048];
  const mer_monitor monitor = {.user = logged, .log = take_message};
  mer__fail(&err, MER_STATUS_IO, "%s: gone", "caf\xe9/\xc3\xa9\xed\xa0\x80\xff\xe2\x82");
  assert_string_equal(err.message,
                      "caf?/\u00e9??????: gone"); /* Latin-1, a half surrogate, a half */
  mer__fail(&err, MER_STATUS_IO, "\xe2\x82");
  assert_string_equal(err.message, "??");
  mer__fail(&err, MER_STATUS_IO,
            "a\x7f\xc2\x9b"
            "2J");
  assert_string_equal(err.message, "a   2J"); /* nothing that a terminal obeys */
  for (int i = 0; i < 4; i++) {               /* cut off within a letter, at each of its bytes */
    memset(long_name, 'a', (size_t)i);
    for (size_t at = (size_t)i; at + 4 < sizeof long_name; at += 4)
      memcpy(long_name + at, "\xf0\x9f\x98\x80", 5);
    mer__fail(&err, MER_STATUS_IO, "%s", long_name);
    assert_utf8(err.message);
    assert_in_range(strlen(err.message), 508, 511);
    assert_null(strchr(err.message, '?'));
    mer__log(&monitor, MER_LOG_INFO, "%s", long_name);
    assert_utf8(logged);
    assert_null(strchr(logged, '?'));
  }
}

static void sizes_are_checked(void **state) {
  (void)state;
  assert_null(mer__malloc(SIZE_MAX / 2, 3));
  assert_null(mer__calloc(SIZE_MAX, 1));
  void *nothing = mer__malloc(0, 8);
  assert_non_null(nothing);
  mer__free(nothing);
}

static void arena_reuses_its_memory(void **state) {
  (void)state;
  mer__arena arena = {0};
  char *first = mer__arena_alloc(&arena, 100, 1);
  char *large = mer__arena_alloc(&arena, 3 << 20, 1);
  char *second = mer__arena_alloc(&arena, 10, 4);
  assert_int_equal((uintptr_t)second % MER__ALIGNMENT, 0);
  memset(first, 1, 100);
  memset(large, 2, 3 << 20);
  memset(second, 3, 40);
  assert_int_equal(first[99], 1);
  assert_int_equal(large[0], 2);
  mer__arena_reset(&arena);
  assert_ptr_equal(mer__arena_alloc(&arena, 100, 1), first);
  assert_ptr_equal(mer__arena_alloc(&arena, 3 << 20, 1), large);
  assert_null(mer__arena_alloc(&arena, SIZE_MAX / 8, 16));
  mer__arena_clear(&arena);
}

static void buffer_grows(void **state) {
  (void)state;
  mer__text_buffer buffer = {0};
  for (int i = 0; i < 1000; i++) mer__text_printf(&buffer, "%d,", i % 10);
  assert_false(buffer.failed);
  assert_int_equal(buffer.size, 2000);
  assert_memory_equal(buffer.data + 1996, "8,9,", 5);
  mer__text_clear(&buffer);
}

static void folder_without_a_name_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  assert_int_equal(mer__folder_make("", &err), MER_STATUS_INVALID);
  assert_string_equal(err.message, "expected the name of a folder");
  assert_ok(mer__folder_make("/", &err));
}

/* Known answers of the authors' Random123 library (kat_vectors, philox4x32 10). */
static void philox_gives_the_known_answers(void **state) {
  (void)state;
  uint32_t out[4];
  mer__philox(out, 0, 0, 0);
  const uint32_t zeros[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  assert_memory_equal(out, zeros, sizeof out);
  mer__philox(out, UINT64_MAX, UINT64_MAX, UINT64_MAX);
  const uint32_t ones[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  assert_memory_equal(out, ones, sizeof out);
}

static void permutation_holds_every_index(void **state) {
  (void)state;
  mer__rng rng = {.seed = 3, .stream = 1};
  int32_t order[1000];
  bool seen[1000] = {false};
  mer__rng_permutation(&rng, order, 1000);
  int fixed = 0;
  for (int i = 0; i < 1000; i++) {
    assert_in_range(order[i], 0, 999);
    assert_false(seen[order[i]]);
    seen[order[i]] = true;
    fixed += order[i] == i;
  }
  assert_true(fixed < 10);
}

static void uniform_fills_its_range(void **state) {
  (void)state;
  mer__rng rng = {.seed = 5};
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; i++) {
    double x = mer__rng_uniform(&rng);
    assert_true(x >= 0 && x < 1);
    sum += x;
    squares += x * x;
  }
  assert_near(sum / 100000, 0.5, 0.01);
  assert_near(squares / 100000, 1 / 3.0, 0.01);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_are_one_line),
      cmocka_unit_test(messages_are_utf8),
      cmocka_unit_test(sizes_are_checked),
      cmocka_unit_test(arena_reuses_its_memory),
      cmocka_unit_test(buffer_grows),
      cmocka_unit_test(folder_without_a_name_is_refused),
      cmocka_unit_test(philox_gives_the_known_answers),
      cmocka_unit_test(permutation_holds_every_index),
      cmocka_unit_test(uniform_fills_its_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
