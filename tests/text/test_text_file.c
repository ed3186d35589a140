/* test_text_file.c: texts in the encodings that programs write, whole and line by line. */
#include <fcntl.h>
#include <pthread.h>

#include "base/file.h"
#include "mer/text.h"
#include "test_support.h"
#include "text/text_decode.h"

static char folder[64], path[96];

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/t.txt", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove(path);
  return remove(folder);
}

static void put(const char *data, size_t size) {
  mer_error err = {0};
  assert_ok(mer__file_write(path, data, size, &err));
}

/* Texts as bytes, and as UTF-8. */
#define TEXT(bytes, utf8) \
  { bytes, sizeof bytes - 1, utf8 }
static const struct {
  const char *bytes;
  size_t size;
  const char *utf8;
} texts[] = {
    TEXT("", ""),
    TEXT("plain", "plain"),
    TEXT("\xef\xbb\xbf", ""),
    TEXT("\xef\xbb\xbfmark", "mark"),
    TEXT("na\xc3\xafve \xf0\x9f\x98\x80", "na\xc3\xafve \xf0\x9f\x98\x80"),
    TEXT("it\x92s \x80 \xe9t\xe9 \x81", "it\xe2\x80\x99s \xe2\x82\xac \xc3\xa9t\xc3\xa9 \xc2\x81"),
    TEXT("caf\xe9", "caf\xc3\xa9"), /* the last byte begins nothing */
    TEXT("\xed\xa0\x80\xc0\xaf", "\xc3\xad\xc2\xa0\xe2\x82\xac\xc3\x80\xc2\xaf"), /* not UTF-8 */
    TEXT("\xff\xfeh\0i\0", "hi"),
    TEXT("\xfe\xff\0h\0i", "hi"),
    TEXT("h\0i\0\r\0\n\0", "hi\r\n"),
    TEXT("\0h\0i", "hi"),
    TEXT("\xff\xfe\x3d\xd8\x00\xde!\0", "\xf0\x9f\x98\x80!"),
    TEXT("\xfe\xff\xd8\x3d\xde\x00", "\xf0\x9f\x98\x80"),
    TEXT("\xff\xfe\x3d\xd8!\0", "\xef\xbf\xbd!"), /* half a pair */
    TEXT("\xff\xfe!\0\x3d\xd8", "!\xef\xbf\xbd"),
    TEXT("\xff\xfe\x00\xde!\0", "\xef\xbf\xbd!"),
    TEXT("\xff\xfe!\0\x3d", "!\xef\xbf\xbd"), /* half a unit */
    TEXT("\xff\xfe\x16\x04\x38\x04", "\xd0\x96\xd0\xb8"),
};
enum { N_TEXTS = sizeof texts / sizeof *texts };

static void every_encoding_becomes_utf8(void **state) {
  (void)state;
  for (size_t i = 0; i < N_TEXTS; i++) {
    mer_error err = {0};
    char *text;
    size_t size;
    put(texts[i].bytes, texts[i].size);
    assert_ok(mer_text_read(&text, &size, path, 100, &err));
    if (size != strlen(texts[i].utf8) || memcmp(text, texts[i].utf8, size + 1) != 0)
      fail_msg("text %zu is read as '%s'", i, text);
    mer_text_free(text);
  }
}

/* However a text is cut into pieces, the result is the same. */
static void pieces_give_what_the_whole_gives(void **state) {
  (void)state;
  for (size_t i = 0; i < N_TEXTS; i++) {
    size_t mark;
    mer__encoding encoding = mer__encoding_detect(&mark, texts[i].bytes, texts[i].size);
    for (size_t piece = 1; piece < 6; piece++) {
      mer__text_buffer out = {0};
      mer__text_append(&out, "", 0);
      size_t at = mark, end = mark;
      while (at < texts[i].size || end < texts[i].size) {
        end = end + piece < texts[i].size ? end + piece : texts[i].size;
        at += mer__text_decode(&out, encoding, texts[i].bytes + at, end - at, end == texts[i].size);
      }
      if (strcmp(out.data, texts[i].utf8) != 0)
        fail_msg("text %zu in pieces of %zu is read as '%s'", i, piece, out.data);
      mer__text_clear(&out);
    }
  }
}

/* Characters that lie across the pieces in which a file is read. */
static void a_long_text_is_whole(void **state) {
  (void)state;
  static const char tail[] = "\xf0\x9f\x98\x80 na\xc3\xafve";
  static const char wide[] = "\x3d\xd8\x00\xde \0n\0a\0\xef\0v\0e";
  enum { PIECE = 1 << 16, MOST = 2 * PIECE };
  char *bytes = malloc(MOST), *expected = malloc(MOST);
  for (int shift = 0; shift < 6; shift++)
    for (int is_wide = 0; is_wide < 2; is_wide++) {
      const size_t n = PIECE - (size_t)shift, n_letters = is_wide ? n / 2 - 1 : n;
      mer_error err = {0};
      char *text;
      size_t size, at = 0;
      if (is_wide) memcpy(bytes, "\xff\xfe", at = 2);
      for (size_t i = 0; i < n_letters; i++) {
        bytes[at++] = 'a';
        if (is_wide) bytes[at++] = 0;
      }
      memcpy(bytes + at, is_wide ? wide : tail, is_wide ? sizeof wide : sizeof tail - 1);
      put(bytes, at + (is_wide ? sizeof wide : sizeof tail - 1));
      memset(expected, 'a', n_letters);
      memcpy(expected + n_letters, tail, sizeof tail);
      assert_ok(mer_text_read(&text, &size, path, MOST, &err));
      assert_int_equal(size, n_letters + sizeof tail - 1);
      assert_memory_equal(text, expected, size + 1);
      mer_text_free(text);
    }
  free(bytes);
  free(expected);
}

static void what_is_no_text_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  char *text;
  size_t size;
  put("one\ntwo\0three\n", 14);
  assert_int_equal(mer_text_read(&text, &size, path, 100, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "t.txt:2: a zero byte: expected a text"));
  assert_int_equal(err.position, 2);
  assert_null(text);
  assert_int_equal(mer_text_read(&text, &size, path, 13, &err), MER_STATUS_LIMIT);
  assert_int_equal(mer_text_read(&text, &size, folder, 13, &err), MER_STATUS_IO);
  remove(path);
  assert_int_equal(mer_text_read(&text, &size, path, 13, &err), MER_STATUS_NOT_FOUND);
}

/* Reads all lines; "<number>:<text>|" for each, "<number>!<fault>|" for one at fault. */
static void read_lines(char *out, size_t size, size_t max_bytes) {
  mer_error err = {0};
  mer_line_file *file;
  const mer_line *lines;
  int n;
  assert_ok(mer_line_file_open(&file, path, max_bytes, &err));
  assert_string_equal(mer_line_file_name(file), path);
  *out = 0;
  do {
    assert_ok(mer_line_file_next(&lines, &n, file, &err));
    for (int i = 0; i < n; i++) {
      size_t used = strlen(out);
      assert_int_equal(lines[i].size, strlen(lines[i].text));
      snprintf(out + used, size - used, "%lld%c%s|", (long long)lines[i].number,
               lines[i].fault ? '!' : ':', lines[i].fault ? lines[i].fault : lines[i].text);
    }
  } while (n > 0);
  mer_line_file_close(file);
}

static void check_lines(const char *data, size_t size, const char *expected) {
  char found[512];
  put(data, size);
  read_lines(found, sizeof found, 10);
  assert_string_equal(found, expected);
}

#define CHECK_LINES(data, expected) check_lines(data, sizeof data - 1, expected)

static void lines_are_read(void **state) {
  (void)state;
  CHECK_LINES("", "");
  CHECK_LINES("\n", "1:|");
  CHECK_LINES("a\r\n\nb", "1:a|2:|3:b|");
  CHECK_LINES("\xef\xbb\xbf{}\n{}\n", "1:{}|2:{}|");
  CHECK_LINES("caf\xe9\n", "1:caf\xc3\xa9|");
  CHECK_LINES("\xff\xfe{\0\n\0\x0a\x0d\n\0", "1:{|2:\xe0\xb4\x8a|"); /* U+0D0A is a letter */
  CHECK_LINES("\0a\0\n\0b", "1:a|2:b|");
  CHECK_LINES("a\nb\0c\nd\n", "1:a|2!a zero byte in the line|3:d|");
}

static void a_line_that_is_too_long_is_passed_over(void **state) {
  (void)state;
  CHECK_LINES("0123456789\r\n0123456789a\nb",
              "1:0123456789|2!the line is too long, at most 10 bytes are read|3:b|");
  CHECK_LINES("a\n0123456789abcdef", "1:a|2!the line is too long, at most 10 bytes are read|");
  enum { SIZE = 300000 }; /* more than is read at a time */
  static char data[SIZE];
  memset(data, 'x', SIZE);
  memcpy(data, "a\n", 2);
  memcpy(data + SIZE - 3, "\nb\n", 3);
  check_lines(data, SIZE, "1:a|2!the line is too long, at most 10 bytes are read|3:b|");
  check_lines(data, SIZE - 3, "1:a|2!the line is too long, at most 10 bytes are read|");
}

static void more_lines_than_a_batch_are_counted(void **state) {
  (void)state;
  enum { LINES = 3 * MER_MAX_LINES + 7 };
  static char data[2 * LINES];
  for (int i = 0; i < LINES; i++) memcpy(data + 2 * i, "x\n", 2);
  put(data, sizeof data);
  mer_error err = {0};
  mer_line_file *file;
  const mer_line *lines;
  int n, total = 0;
  assert_ok(mer_line_file_open(&file, path, 100, &err));
  do {
    assert_ok(mer_line_file_next(&lines, &n, file, &err));
    for (int i = 0; i < n; i++) {
      assert_int_equal(lines[i].number, ++total);
      assert_string_equal(lines[i].text, "x");
    }
  } while (n > 0);
  assert_int_equal(total, LINES);
  mer_line_file_close(file);
}

static void *write_nothing_more(void *fd) {
  (void)!write(*(int *)fd, "\nlast", 5);
  close(*(int *)fd);
  return NULL;
}

/* A line is given out when it is there, though the pipe stays open. */
static void a_conversation_is_answered_line_by_line(void **state) {
  (void)state;
  mer_error err = {0};
  mer_line_file *file;
  const mer_line *lines;
  int n;
  assert_int_equal(mkfifo(path, 0600), 0);
  int keep = open(path, O_RDWR | O_CLOEXEC); /* so that neither side waits for the other to open */
  assert_ok(mer_line_file_open(&file, path, 100, &err));
  assert_int_equal(write(keep, "\xe9\n\xe9", 3), 3);
  assert_ok(mer_line_file_next(&lines, &n, file, &err));
  assert_int_equal(n, 1);
  assert_string_equal(lines[0].text, "\xc3\xa9");
  pthread_t thread;
  pthread_create(&thread, NULL, write_nothing_more, &keep);
  assert_ok(mer_line_file_next(&lines, &n, file, &err));
  assert_string_equal(lines[0].text, "\xc3\xa9");
  assert_ok(mer_line_file_next(&lines, &n, file, &err));
  assert_int_equal(n, 1);
  assert_string_equal(lines[0].text, "last");
  pthread_join(thread, NULL);
  mer_line_file_close(file);
}

static void what_is_not_utf8_is_replaced(void **state) {
  (void)state;
  const char *const cases[][2] = {
      {"", ""},
      {"na\xc3\xafve \xf0\x9f\x98\x80 0123456789", "na\xc3\xafve \xf0\x9f\x98\x80 0123456789"},
      {"\xe9t\xe9", "?t?"},
      {"a\xc3", "a?"},                   /* cut off */
      {"\xf0\x9f\x98 ", "??? "},         /* each byte */
      {"\xc0\xaf\xed\xa0\x80", "?????"}, /* overlong, half a pair */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = strdup(cases[i][0]);
    mer_text_make_utf8(text);
    assert_string_equal(text, cases[i][1]);
    free(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_encoding_becomes_utf8, set_up, tear_down),
      cmocka_unit_test_setup_teardown(pieces_give_what_the_whole_gives, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_long_text_is_whole, set_up, tear_down),
      cmocka_unit_test(what_is_not_utf8_is_replaced),
      cmocka_unit_test_setup_teardown(what_is_no_text_is_refused, set_up, NULL),
      cmocka_unit_test_setup_teardown(lines_are_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_passed_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(more_lines_than_a_batch_are_counted, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_conversation_is_answered_line_by_line, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
