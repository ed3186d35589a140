/* fuzz_text.c: a text in any encoding, read as a whole and line by line, which must give the same.
 * The first byte says how long a line may be. */
#include "fuzz.h"
#include "mer/text.h"

enum { MOST_BYTES = 1 << 20 };

static size_t line_size(const char *text, size_t size) {
  const char *end = memchr(text, '\n', size);
  return end ? (size_t)(end - text) : size;
}

/* Compares a line with the text from `*at` on, and steps over it and its end. */
static void compare(const mer_line *line, const char *text, size_t size, size_t *at) {
  size_t n = line_size(text + *at, size - *at);
  bool has_end = *at + n < size;
  FUZZ_REQUIRE(line->text[line->size] == 0 && strlen(line->text) == line->size);
  FUZZ_REQUIRE(line->fault || memcmp(line->text, text + *at, line->size) == 0);
  FUZZ_REQUIRE(line->fault ? line->size == 0 : line->size == n || line->size + 1 == n);
  *at += n + has_end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  char *text = NULL;
  size_t text_size = 0, at = 0;
  mer_line_file *file = NULL;
  const mer_line *lines;
  int n_lines = 0;
  int64_t number = 0;
  mer_error err = {0};
  const char *path = fuzz_write("text", data + 1, size - 1);
  mer_status status = mer_text_read(&text, &text_size, path, MOST_BYTES, &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE(mer_line_file_open(&file, path, (size_t)data[0] + 1, &err) == MER_OK);
  do {
    FUZZ_REQUIRE(mer_line_file_next(&lines, &n_lines, file, &err) == MER_OK);
    for (int i = 0; i < n_lines; i++) {
      FUZZ_REQUIRE(lines[i].number == ++number);
      if (status == MER_OK) compare(&lines[i], text, text_size, &at);
    }
  } while (n_lines > 0);
  FUZZ_REQUIRE(status != MER_OK || at == text_size);
  mer_line_file_close(file);
  mer_text_free(text);
  return 0;
}
