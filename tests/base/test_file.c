/* test_file.c: mapped files when a call of the system fails. The program is linked so that the
 * library's calls of fstat, mmap, mremap and aligned_alloc pass here (--wrap, see CMakeLists.txt).
 */
#define _GNU_SOURCE /* mremap */
#include "base/file.h"

#include <stdarg.h>
#include <sys/mman.h>

#include "test_support.h"

enum { BYTES = 100000 };

static char folder[64], path[128];
static int fstat_that_fails; /* its number from now on, from 1; 0: none */
static bool mremap_fails, mmap_in_place_fails, allocations_fail;

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return allocations_fail ? NULL : __real_aligned_alloc(alignment, size);
}

int __real_fstat(int fd, struct stat *info);
int __wrap_fstat(int fd, struct stat *info);
int __wrap_fstat(int fd, struct stat *info) {
  return fstat_that_fails && --fstat_that_fails == 0 ? -1 : __real_fstat(fd, info);
}

/* Linux removes what is mapped at the new place before it looks for memory. */
void *__real_mremap(void *old, size_t old_size, size_t size, int flags, ...);
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...);
void *__wrap_mremap(void *old, size_t old_size, size_t size, int flags, ...) {
  va_list args;
  va_start(args, flags);
  void *place = va_arg(args, void *);
  va_end(args);
  if (!mremap_fails) return __real_mremap(old, old_size, size, flags, place);
  munmap(place, size);
  return MAP_FAILED;
}

void *__real_mmap(void *place, size_t size, int rights, int flags, int fd, off_t at);
void *__wrap_mmap(void *place, size_t size, int rights, int flags, int fd, off_t at);
void *__wrap_mmap(void *place, size_t size, int rights, int flags, int fd, off_t at) {
  if (mmap_in_place_fails && (flags & MAP_FIXED)) return MAP_FAILED;
  return __real_mmap(place, size, rights, flags, fd, at);
}

/* How many mappings of the process are of the file. */
static int count_mappings(void) {
  char line[512];
  int n = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  assert_non_null(maps);
  while (fgets(line, sizeof line, maps)) n += strstr(line, path) != NULL;
  fclose(maps);
  return n;
}

static int set_up(void **state) {
  (void)state;
  static char bytes[BYTES];
  for (int i = 0; i < BYTES; i++) bytes[i] = (char)(i % 251);
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/file", folder);
  return mer__file_write(path, bytes, BYTES, NULL) != MER_OK;
}

static int tear_down(void **state) {
  (void)state;
  fstat_that_fails = 0;
  mremap_fails = mmap_in_place_fails = false;
  remove_test_folder(folder);
  return 0;
}

static void assert_holds(const mer__mapped_file *file) {
  assert_int_equal(file->size, BYTES);
  for (int i = 0; i < BYTES; i++) assert_int_equal(file->data[i], i % 251);
}

static void what_cannot_be_examined_is_not_mapped(void **state) {
  (void)state;
  mer__mapped_file file = {0};
  mer_error err = {0};
  for (int n = 1; n <= 2; n++) {
    fstat_that_fails = n;
    assert_int_equal(mer__file_map(&file, path, &err), MER_STATUS_IO);
    assert_int_equal(count_mappings(), 0);
  }
}

static void detached_file_may_be_changed(void **state) {
  (void)state;
  mer__mapped_file file = {0};
  mer_error err = {0};
  assert_ok(mer__file_map(&file, path, &err));
  const uint8_t *place = file.data;
  assert_ok(mer__file_detach(&file, path, &err));
  assert_ptr_equal(file.data, place);
  assert_int_equal(count_mappings(), 0);
  assert_int_equal(truncate(path, 0), 0);
  assert_holds(&file);
  mer__file_unmap(&file);
}

static void file_that_cannot_be_detached_stays_mapped(void **state) {
  (void)state;
  mer__mapped_file file = {0};
  mer_error err = {0};
  assert_ok(mer__file_map(&file, path, &err));
  mremap_fails = true;
  assert_int_equal(mer__file_detach(&file, path, &err), MER_STATUS_NO_MEMORY);
  assert_int_equal(count_mappings(), 1);
  assert_holds(&file);
  mremap_fails = false;
  assert_ok(mer__file_detach(&file, path, &err));
  assert_holds(&file);
  mer__file_unmap(&file);
}

/* Memory that a file needs and is not there is told with its name. */
static void a_file_too_large_for_memory_is_named(void **state) {
  (void)state;
  mer_error err = {0};
  char *data, expected[160];
  size_t size;
  allocations_fail = true;
  const mer_status status = mer__file_read(&data, &size, path, BYTES, &err);
  allocations_fail = false;
  assert_int_equal(status, MER_STATUS_NO_MEMORY);
  snprintf(expected, sizeof expected, "%s: out of memory", path);
  assert_string_equal(err.message, expected);
}

/* What lies at the place of a lost mapping later belongs to somebody else. */
static void lost_mapping_is_left_alone(void **state) {
  (void)state;
  mer__mapped_file file = {0};
  mer_error err = {0};
  assert_ok(mer__file_map(&file, path, &err));
  mremap_fails = mmap_in_place_fails = true;
  assert_int_equal(mer__file_detach(&file, path, &err), MER_STATUS_NO_MEMORY);
  assert_int_equal(count_mappings(), 0);
  mremap_fails = mmap_in_place_fails = false;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  char *other = mmap((void *)(uintptr_t)file.data, BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
  assert_ptr_equal(other, file.data);
  other[0] = 'a';
  assert_int_equal(mer__file_check(&file, path, &err), MER_STATUS_NO_MEMORY);
  assert_int_equal(mer__file_detach(&file, path, &err), MER_STATUS_NO_MEMORY);
  mer__file_unmap(&file);
  assert_int_equal(other[0], 'a');
  munmap(other, BYTES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_cannot_be_examined_is_not_mapped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(detached_file_may_be_changed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(file_that_cannot_be_detached_stays_mapped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_file_too_large_for_memory_is_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(lost_mapping_is_left_alone, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
