/* test_part_file.c: a file that is written part by part: however a run ends, a later one of the
 * same goes on after the last mark, and nothing else is touched. */
#include <fcntl.h>
#include <time.h>

#include "base/alloc.h"
#include "base/file.h"
#include "test_support.h"

static char folder[64];
static const mer_part_key keys[] = {{"model", "m1"}, {"inputs", "i1"}};
static int64_t counts[MER_PART_COUNTS];

static const char *in_folder(const char *name) {
  static char paths[4][128];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return mer__path_is_folder(folder); /* nothing else is left */
}

static mer_status begin(mer_part_file **file, bool resume, mer_error *err) {
  return mer_part_file_open(file, counts, in_folder("a"), keys, 2, resume, NULL, err);
}

static void write_text(mer_part_file *file, const char *text) {
  mer_part_file_write(file, text, strlen(text));
}

/* A mark that is not left out. */
static void mark(mer_part_file *file, int64_t done, int64_t failed) {
  mer_error err = {0};
  nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL);
  assert_ok(mer_part_file_mark(file, (int64_t[]){done, failed}, &err));
}

static void assert_holds(const char *name, const char *expected) {
  char *data;
  size_t size;
  mer_error err = {0};
  assert_ok(mer__file_read(&data, &size, in_folder(name), 1000, &err));
  assert_string_equal(data, expected);
  mer__free(data);
}

static void assert_not_there(const char *name) {
  assert_false(mer__path_is_there(in_folder(name)));
}

static void assert_whole(const char *expected) {
  assert_holds("a", expected);
  assert_not_there("a.partial");
  assert_not_there("a.partial.state");
}

static void put(const char *name, const char *text) {
  mer_error err = {0};
  assert_ok(mer__file_write(in_folder(name), text, strlen(text), &err));
}

/* A run that has ended after `text`, of which all but `rest` is marked. */
static void leave(const char *text, int64_t done, const char *rest) {
  mer_part_file *file;
  mer_error err = {0};
  assert_ok(begin(&file, false, &err));
  write_text(file, text);
  mark(file, done, 1);
  write_text(file, rest);
  assert_true(mer_part_file_abandon(file));
}

static void is_not_there_before_it_is_whole(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  put("a", "earlier");
  assert_ok(begin(&file, false, &err));
  assert_int_equal(counts[0], 0);
  write_text(file, "one ");
  mark(file, 1, 0);
  write_text(file, "two");
  assert_holds("a", "earlier");
  assert_ok(mer_part_file_commit(file, &err));
  assert_whole("one two");
}

static void goes_on_after_the_last_mark(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  leave("one ", 7, "half of tw");
  assert_holds("a.partial", "one half of tw");
  assert_ok(begin(&file, true, &err));
  assert_int_equal(counts[0], 7);
  assert_int_equal(counts[1], 1);
  assert_holds("a.partial", "one ");
  write_text(file, "two ");
  mark(file, 8, 2);
  assert_true(mer_part_file_abandon(file));
  assert_ok(begin(&file, true, &err));
  assert_int_equal(counts[0], 8);
  write_text(file, "three");
  assert_ok(mer_part_file_commit(file, &err));
  assert_whole("one two three");
}

static void a_torn_mark_says_nothing(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  leave("one ", 1, "");
  assert_ok(begin(&file, true, &err));
  write_text(file, "two ");
  mark(file, 2, 1);
  assert_true(mer_part_file_abandon(file));
  /* Each byte of the two marks, one of which is that of "two". */
  char *before, *data;
  size_t size;
  assert_ok(mer__file_read(&before, &size, in_folder("a.partial.state"), 1000, &err));
  data = mer__malloc(size, 1);
  assert_non_null(data);
  int n_earlier = 0;
  for (size_t i = size - 160; i < size; i++) {
    memcpy(data, before, size);
    data[i] ^= 1;
    put("a.partial", "one two ");
    assert_ok(mer__file_write(in_folder("a.partial.state"), data, size, &err));
    assert_ok(begin(&file, true, &err));
    assert_true(counts[0] == 2 || counts[0] == 1);
    n_earlier += counts[0] == 1;
    assert_holds("a.partial", counts[0] == 2 ? "one two " : "one ");
    assert_true(mer_part_file_abandon(file));
  }
  assert_int_equal(n_earlier, 80);
  /* A mark beyond what is there, as a power cut may leave it: the one before it counts. */
  put("a.partial", "one tw");
  assert_ok(mer__file_write(in_folder("a.partial.state"), before, size, &err));
  assert_ok(begin(&file, true, &err));
  assert_int_equal(counts[0], 1);
  assert_true(mer_part_file_abandon(file));
  mer__free(before);
  mer__free(data);
}

static void another_run_is_refused(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  leave("one ", 1, "");
  assert_int_equal(begin(&file, false, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "--resume goes on"));
  static const struct {
    mer_part_key keys[2];
    const char *differs;
  } others[] = {{{{"model", "m2"}, {"inputs", "i1"}}, "its model"},
                {{{"model", "m1"}, {"inputs", "i"}}, "its inputs"},
                {{{"model", "m1"}, {"inputs", "i12"}}, "its inputs"}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_int_equal(
        mer_part_file_open(&file, counts, in_folder("a"), others[i].keys, 2, true, NULL, &err),
        MER_STATUS_INVALID);
    assert_non_null(strstr(err.message, others[i].differs));
    assert_null(file);
  }
  assert_holds("a.partial", "one ");
  assert_ok(begin(&file, true, &err));
  assert_true(mer_part_file_abandon(file));
}

static void only_one_process_writes(void **state) {
  (void)state;
  mer_part_file *file, *second;
  mer_error err = {0};
  assert_ok(begin(&file, false, &err));
  for (int resume = 0; resume < 2; resume++) {
    assert_int_equal(begin(&second, resume, &err), MER_STATUS_INVALID);
    assert_non_null(strstr(err.message, "another process"));
  }
  write_text(file, "one");
  assert_ok(mer_part_file_commit(file, &err));
  assert_whole("one");
}

static void nothing_of_a_run_without_a_mark_stays(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  assert_ok(begin(&file, true, &err));
  write_text(file, "one");
  assert_false(mer_part_file_abandon(file));
  assert_not_there("a");
  assert_not_there("a.partial");
  assert_not_there("a.partial.state");
  assert_false(mer_part_file_abandon(NULL));
}

static void nobody_elses_file_is_replaced(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  for (int resume = 0; resume < 2; resume++) {
    put("a.partial", "mine");
    assert_int_equal(begin(&file, resume, &err), MER_STATUS_INVALID);
    assert_holds("a.partial", "mine");
    assert_not_there("a.partial.state");
    unlink(in_folder("a.partial"));
    put("a.partial.state", "mine");
    assert_int_equal(begin(&file, resume, &err), MER_STATUS_INVALID);
    assert_holds("a.partial.state", "mine");
    assert_not_there("a.partial");
    unlink(in_folder("a.partial.state"));
    put("b", "mine");
    assert_int_equal(symlink("b", in_folder("a.partial.state")), 0);
    assert_int_equal(begin(&file, resume, &err), MER_STATUS_IO);
    assert_holds("b", "mine");
    unlink(in_folder("a.partial.state"));
    assert_int_equal(symlink("b", in_folder("a.partial")), 0);
    assert_int_not_equal(begin(&file, resume, &err), MER_OK);
    assert_holds("b", "mine");
    unlink(in_folder("a.partial"));
  }
}

static void links_are_followed_and_rights_stay(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  struct stat info;
  put("real", "earlier");
  assert_int_equal(chmod(in_folder("real"), 0640), 0);
  assert_int_equal(symlink("real", in_folder("a")), 0);
  assert_ok(begin(&file, false, &err));
  write_text(file, "new");
  assert_true(mer__path_is_file(in_folder("real.partial")));
  assert_ok(mer_part_file_commit(file, &err));
  assert_holds("real", "new");
  assert_int_equal(lstat(in_folder("a"), &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  assert_int_equal(stat(in_folder("real"), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640);
}

static void what_is_no_file_is_written_through(void **state) {
  (void)state;
  mer_part_file *file;
  mer_error err = {0};
  char found[16] = "";
  assert_int_equal(mkfifo(in_folder("a"), 0600), 0);
  const int reader = open(in_folder("a"), O_RDONLY | O_NONBLOCK);
  assert_true(reader >= 0);
  assert_int_equal(begin(&file, true, &err), MER_STATUS_INVALID);
  assert_ok(begin(&file, false, &err));
  write_text(file, "one");
  assert_ok(mer_part_file_mark(file, counts, &err));
  assert_int_equal(read(reader, found, sizeof found), 3);
  write_text(file, "two");
  assert_ok(mer_part_file_commit(file, &err));
  assert_int_equal(read(reader, found, sizeof found), 3);
  assert_string_equal(found, "two");
  close(reader);
  if (access("/dev/full", W_OK) != 0) return;
  assert_ok(mer_part_file_open(&file, counts, "/dev/full", keys, 2, false, NULL, &err));
  write_text(file, "one");
  assert_int_equal(mer_part_file_mark(file, counts, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "/dev/full: cannot write: No space left"));
  assert_false(mer_part_file_abandon(file));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(is_not_there_before_it_is_whole),   TEST(goes_on_after_the_last_mark),
      TEST(a_torn_mark_says_nothing),          TEST(another_run_is_refused),
      TEST(only_one_process_writes),           TEST(nothing_of_a_run_without_a_mark_stays),
      TEST(nobody_elses_file_is_replaced),     TEST(links_are_followed_and_rights_stay),
      TEST(what_is_no_file_is_written_through)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
