/* test_support.h: what the test programs share. */
#ifndef MER_TEST_SUPPORT_H
#define MER_TEST_SUPPORT_H

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mer/base.h"

#define GOLDEN MER_SOURCE_DIR "/tests/golden/"

/** Fails the test with the error's message unless `call` returns MER_OK. `err` must be in scope. */
#define assert_ok(call)                                           \
  do {                                                            \
    if ((call) != MER_OK) fail_msg("%s: %s", #call, err.message); \
  } while (0)

/** Fails unless |a - b| <= tolerance (NaN fails). */
#define assert_near(a, b, tolerance)                                                           \
  do {                                                                                         \
    double near_a = (a), near_b = (b);                                                         \
    if (!(fabs(near_a - near_b) <= (tolerance)))                                               \
      fail_msg("%s = %.9g, expected %.9g within %g", #a, near_a, near_b, (double)(tolerance)); \
  } while (0)

/** Largest |a[i] - b[i]|; infinity if any of them is NaN. */
static inline double max_difference(const float *a, const float *b, size_t n) {
  double worst = 0;
  for (size_t i = 0; i < n; i++) {
    double d = fabs((double)a[i] - (double)b[i]);
    if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
  }
  return worst;
}

/** Norm of a - b relative to the norm of b. */
static inline double relative_error(const float *a, const float *b, size_t n) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < n; i++) {
    difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    norm += (double)b[i] * b[i];
  }
  return sqrt(difference) / (sqrt(norm) + 1e-30);
}

/** Targets [n, n_classes] of labels [n]: 1 for the label, 0 for the others. */
static inline void one_hot(float *targets, const int32_t *labels, int n, int n_classes) {
  memset(targets, 0, (size_t)(n * n_classes) * sizeof *targets);
  for (int i = 0; i < n; i++) targets[i * n_classes + labels[i]] = 1;
}

/** The path `name` under the folder that the environment variable names (or `fallback`), in `path`;
 * false if it is not there. */
static inline int find_data(char path[4096], const char *variable, const char *fallback,
                            const char *name) {
  const char *folder = getenv(variable);
  struct stat info;
  snprintf(path, 4096, "%s/%s", folder && *folder ? folder : fallback, name);
  return stat(path, &info) == 0;
}

/** The same below MER_DATA, the folder of larger data sets. */
static inline int find_mer_data(char path[4096], const char *name) {
  return find_data(path, "MER_DATA", MER_SOURCE_DIR "/../shared/data", name);
}

/** Ends a test program as skipped (ctest shows it by name). */
static inline int skip_program(const char *reason) {
  printf("skipped: %s\n", reason);
  return 77;
}

/** Lets missing permissions count for a test that runs as root, until regain_rights; false if they
 * cannot. */
static inline bool drop_rights(void) { return geteuid() != 0 || seteuid(65534) == 0; }
static inline void regain_rights(void) {
  if (getuid() == 0 && seteuid(0) != 0) abort();
}

/** A new empty folder under /tmp, its name in `path`. */
static inline void make_temporary_folder(char path[64]) {
  strcpy(path, "/tmp/mer-test-XXXXXX");
  if (!mkdtemp(path)) abort();
}

/** Removes a folder of plain files, if it is there. */
static inline void remove_test_folder(const char *path) {
  char file[4096];
  DIR *folder = opendir(path);
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
    unlink(file);
  }
  if (folder) closedir(folder);
  rmdir(path);
}

#endif
