/* copy_file.h: files of golden directories for tests that change a directory. */
#ifndef MER_TESTS_COPY_FILE_H
#define MER_TESTS_COPY_FILE_H

#include "base/alloc.h"
#include "base/file.h"
#include "test_support.h"

/** Copies the file `name` of the folder `from` into the folder `to`. */
static inline void copy_test_file(const char *to, const char *from, const char *name) {
  char path[4096], *data;
  size_t size;
  mer_error err = {0};
  snprintf(path, sizeof path, "%s/%s", from, name);
  assert_ok(mer__file_read(&data, &size, path, 1 << 24, &err));
  snprintf(path, sizeof path, "%s/%s", to, name);
  assert_ok(mer__file_write(path, data, size, &err));
  mer__free(data);
}

#endif
