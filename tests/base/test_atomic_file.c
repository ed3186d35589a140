/* test_atomic_file.c: what is written appears whole; links, FIFOs and devices stay what they are.
 */
#define _DEFAULT_SOURCE /* mknod */
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "base/file.h"
#include "test_support.h"

static char folder[64];

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

static void assert_holds(const char *name, const char *expected) {
  char *data;
  size_t size;
  mer_error err = {0};
  assert_ok(mer__file_read(&data, &size, in_folder(name), 100, &err));
  assert_string_equal(data, expected);
  mer__free(data);
}

static size_t count_names(void) {
  char **names;
  size_t n;
  mer_error err = {0};
  assert_ok(mer__folder_list(&names, &n, folder, &err));
  mer__folder_free(names, n);
  return n;
}

static void file_appears_whole(void **state) {
  (void)state;
  mer_error err = {0};
  mer__atomic_file file, other;
  assert_int_equal(mer__atomic_open(&file, in_folder("a/b"), NULL, &err), MER_STATUS_NOT_FOUND);
  assert_non_null(strstr(err.message, in_folder("a/b")));
  assert_ok(mer__atomic_open(&file, in_folder("b"), NULL, &err));
  assert_ok(mer__atomic_open(&other, in_folder("b"), NULL, &err)); /* another writer of the file */
  fputs("half", file.stream);
  assert_false(mer__path_is_file(in_folder("b")));
  mer__atomic_abort(&file);
  mer__atomic_write(&other, "other", 5);
  assert_ok(mer__atomic_commit(&other, &err));
  assert_holds("b", "other");
  assert_ok(mer__file_write(in_folder("b"), "whole", 5, &err));
  assert_holds("b", "whole");
  char *data;
  size_t size;
  assert_int_equal(mer__file_read(&data, &size, in_folder("b"), 4, &err), MER_STATUS_LIMIT);
  assert_int_equal(count_names(), 1); /* no temporary file is left */
}

static void rights_are_kept(void **state) {
  (void)state;
  mer_error err = {0};
  struct stat info;
  assert_ok(mer__file_write(in_folder("f"), "1", 1, &err));
  mode_t mask = umask(0);
  umask(mask);
  assert_int_equal(stat(in_folder("f"), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
  assert_int_equal(chmod(in_folder("f"), 0640), 0);
  assert_ok(mer__file_write(in_folder("f"), "2", 1, &err));
  assert_int_equal(stat(in_folder("f"), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640);
}

static void links_are_followed(void **state) {
  (void)state;
  mer_error err = {0};
  struct stat info;
  assert_int_equal(symlink("second", in_folder("first")), 0);
  assert_int_equal(symlink(in_folder("target"), in_folder("second")), 0);
  for (int i = 0; i < 2; i++) { /* the target is not there yet; then it is */
    assert_ok(mer__file_write(in_folder("first"), i ? "new" : "old", 3, &err));
    assert_holds("target", i ? "new" : "old");
  }
  assert_true(lstat(in_folder("first"), &info) == 0 && S_ISLNK(info.st_mode));
  assert_true(lstat(in_folder("second"), &info) == 0 && S_ISLNK(info.st_mode));
  assert_int_equal(symlink("round", in_folder("round")), 0);
  assert_int_equal(mer__file_write(in_folder("round"), "x", 1, &err), MER_STATUS_IO);
  assert_int_equal(count_names(), 4);
}

static void folders_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  assert_int_equal(mer__file_write(folder, "x", 1, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "cannot write: Is a directory"));
  assert_int_equal(count_names(), 0);
}

static void *read_fifo(void *text) {
  int fd = open(in_folder("fifo"), O_RDONLY);
  ssize_t n = read(fd, text, 9);
  ((char *)text)[n < 0 ? 0 : n] = 0;
  close(fd);
  return NULL;
}

static void fifo_is_written_through(void **state) {
  (void)state;
  mer_error err = {0};
  struct stat info;
  char text[10] = "";
  pthread_t reader;
  assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
  assert_int_equal(pthread_create(&reader, NULL, read_fifo, text), 0);
  assert_ok(mer__file_write(in_folder("fifo"), "through", 7, &err));
  pthread_join(reader, NULL);
  assert_string_equal(text, "through");
  assert_true(lstat(in_folder("fifo"), &info) == 0 && S_ISFIFO(info.st_mode));
  assert_int_equal(count_names(), 1);
}

/* Nobody reads: the wait ends when the monitor asks for it. */
static bool stop_third(void *user) { return ++*(int *)user == 3; }

static void wait_for_a_reader_can_be_interrupted(void **state) {
  (void)state;
  mer_error err = {0};
  int n_asked = 0;
  const mer_monitor monitor = {.user = &n_asked, .should_stop = stop_third};
  assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
  assert_int_equal(mer_file_write(in_folder("fifo"), "x", 1, &monitor, &err),
                   MER_STATUS_INTERRUPTED);
  assert_non_null(strstr(err.message, "fifo: interrupted"));
  assert_int_equal(n_asked, 3);
}

/* Reading a FIFO that nobody writes does not block. */
static void fifo_is_not_read(void **state) {
  (void)state;
  mer_error err = {0};
  char *data;
  size_t size;
  assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
  assert_int_equal(mer__file_read(&data, &size, in_folder("fifo"), 9, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "fifo: not a regular file"));
}

/* A device of our own, so that a fault could not replace the machine's. False: no right to it. */
static bool make_device(const char *name, unsigned minor_number) {
  if (mknod(in_folder(name), S_IFCHR | 0666, makedev(1, minor_number)) != 0) return false;
  int fd = open(in_folder(name), O_WRONLY);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static void device_is_written_through(void **state) {
  (void)state;
  mer_error err = {0};
  struct stat info;
  if (!make_device("null", 3) || !make_device("full", 7)) {
    print_message("skipped: no right to make a device\n");
    skip();
  }
  assert_ok(mer__file_write(in_folder("null"), "data", 4, &err));
  assert_int_equal(mer__file_write(in_folder("full"), "data", 4, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "full: cannot write: No space left on device"));
  for (int i = 0; i < 2; i++)
    assert_true(lstat(in_folder(i ? "null" : "full"), &info) == 0 && S_ISCHR(info.st_mode));
  assert_int_equal(count_names(), 2);
}

/* An open descriptor leads to a file whose name must not be taken from it. */
static void descriptor_is_written_through(void **state) {
  (void)state;
  mer_error err = {0};
  char path[64];
  int fd = open(in_folder("f"), O_WRONLY | O_CREAT, 0600);
  snprintf(path, sizeof path, "/dev/fd/%d", fd);
  assert_ok(mer__file_write(path, "text", 4, &err));
  struct stat a, b;
  assert_true(fstat(fd, &a) == 0 && stat(in_folder("f"), &b) == 0 && a.st_ino == b.st_ino);
  close(fd);
  assert_holds("f", "text");
}

/* It is not opened anew: what was written before stays, and at the end of the file is its end. */
static void descriptor_is_used_itself(void **state) {
  (void)state;
  mer_error err = {0};
  char path[64], text[10] = "";
  int pair[2];
  for (int append = 0; append < 2; append++) {
    int fd = open(in_folder("f"), O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0600);
    snprintf(path, sizeof path, append ? "/proc/self/fd/%d" : "/dev/fd/%d", fd);
    assert_int_equal(write(fd, "old,", 4), 4);
    assert_ok(mer__file_write(path, "new;", 4, &err));
    close(fd);
    assert_holds("f", append ? "old,new;old,new;" : "old,new;");
  }
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  snprintf(path, sizeof path, "/dev/fd/%d", pair[0]);
  assert_ok(mer__file_write(path, "socket", 6, &err));
  assert_int_equal(read(pair[1], text, sizeof text - 1), 6);
  assert_string_equal(text, "socket");
  close(pair[0]);
  close(pair[1]);
  assert_int_not_equal(mer__file_write(path, "x", 1, &err), MER_OK);
  assert_non_null(strstr(err.message, "cannot write: Bad file descriptor"));
  int fd = open(in_folder("f"), O_RDONLY);
  snprintf(path, sizeof path, "/dev/fd/%d", fd);
  assert_int_equal(mer__file_write(path, "x", 1, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "cannot write: Invalid argument"));
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(file_appears_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(rights_are_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(links_are_followed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folders_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fifo_is_written_through, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wait_for_a_reader_can_be_interrupted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fifo_is_not_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(device_is_written_through, set_up, tear_down),
      cmocka_unit_test_setup_teardown(descriptor_is_written_through, set_up, tear_down),
      cmocka_unit_test_setup_teardown(descriptor_is_used_itself, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
