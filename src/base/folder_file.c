/* folder_file.c: files of known names in a folder. */
#include "base/folder_file.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

mer_status mer__expect_file(char **path, const char *folder, const char *name,
                            const char *const *others, mer_error *err) {
  mer_status status = MER_OK;
  char *expected = mer__path_join(folder, name);
  *path = NULL;
  if (!expected) return mer__fail_memory(err);
  for (; *others && status == MER_OK && !mer__path_is_file(expected); others++) {
    char *other = mer__path_join(folder, *others);
    if (!other) status = mer__fail_memory(err);
    else if (mer__path_is_file(other))
      status = mer__fail(err, MER_STATUS_UNSUPPORTED,
                         "%s: a form that mer does not read, expected %s", other, name);
    mer__free(other);
  }
  if (status == MER_OK) *path = expected;
  else mer__free(expected);
  return status;
}

mer_status mer__folder_write(const char *folder, const char *name, const void *data, size_t size,
                             mer_error *err) {
  char *path = mer__path_join(folder, name);
  mer_status status = path ? mer__file_write(path, data, size, err) : mer__fail_memory(err);
  mer__free(path);
  return status;
}
