/* fuzz_support.c: what the fuzz targets share. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "fuzz.h"

void fuzz_fail(const char *file, int line, const char *message) {
  fprintf(stderr, "%s:%d: %s\n", file, line, message);
  abort();
}

void fuzz_check_status(mer_status status, const mer_error *err) {
  if (status == MER_OK) return;
  FUZZ_REQUIRE(err->status == status);
  FUZZ_REQUIRE(err->message[0] && !strchr(err->message, '\n'));
}

/* Sizes that a file merely claims must end in MER_STATUS_NO_MEMORY, not in the sanitizer's report.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1:max_allocation_size_mb=1024:detect_stack_use_after_return=0";
}

static char folder[256];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

static void remove_folder(void) { nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

const char *fuzz_folder(void) {
  if (folder[0]) return folder;
  const char *above = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/mer-fuzz-XXXXXX", above && *above ? above : "/tmp");
  if (!mkdtemp(folder)) fuzz_fail(__FILE__, __LINE__, "no temporary folder");
  atexit(remove_folder);
  return folder;
}

static char path[400];

static const char *path_of(const char *name) {
  snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
  return path;
}

const char *fuzz_write(const char *name, const void *data, size_t size) {
  int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) fuzz_fail(__FILE__, __LINE__, path);
  close(fd);
  return path;
}

void fuzz_remove(const char *name) { unlink(path_of(name)); }

char *fuzz_next(fuzz_parts *parts, size_t *size) {
  size_t n = 0;
  while (n < parts->left &&
         !(n + 1 < parts->left && parts->at[n] == 0xFF && parts->at[n + 1] == 0xFF))
    n++;
  char *copy = malloc(n + 1);
  if (!copy) abort();
  memcpy(copy, parts->at, n);
  copy[n] = 0;
  size_t taken = n < parts->left ? n + 2 : n;
  parts->at += taken;
  parts->left -= taken;
  *size = n;
  return copy;
}
