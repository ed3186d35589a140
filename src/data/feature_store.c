/* feature_store.c: the values of many rows in a file without a name, which is mapped. */
#define _GNU_SOURCE /* memfd_create */
#include "data/feature_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

/* A new file that is removed at once; -1 if it cannot be made. */
static int open_unnamed(const char *folder) {
  char *path = mer__path_join(folder, ".values-XXXXXX");
  int fd = -1;
  if (path && mer__folder_make(folder, NULL) == MER_OK) fd = mkstemp(path);
  if (fd >= 0) unlink(path);
  mer__free(path);
  return fd;
}

mer_status mer__store_open(mer__feature_store *store, const char *folder, mer_error *err) {
  store->fd = folder ? open_unnamed(folder) : -1;
  if (store->fd < 0) store->fd = memfd_create("mer values", MFD_CLOEXEC);
  if (store->fd < 0)
    return mer__fail(err, MER_STATUS_IO, "cannot make a file for features: %s", strerror(errno));
  store->is_open = true;
  return MER_OK;
}

mer_status mer__store_append(int64_t *at, mer__feature_store *store, const float *values,
                             int64_t n_values, mer_error *err) {
  *at = atomic_fetch_add(&store->n_values, n_values);
  const char *data = (const char *)values;
  size_t left = (size_t)n_values * sizeof *values;
  off_t place = (off_t)*at * (off_t)sizeof *values;
  while (left > 0) {
    ssize_t n = pwrite(store->fd, data, left, place);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return mer__fail(err, MER_STATUS_IO, "cannot keep features: %s",
                       n < 0 ? strerror(errno) : "nothing was written");
    data += n;
    place += n;
    left -= (size_t)n;
  }
  return MER_OK;
}

mer_status mer__store_map(mer__feature_store *store, mer_error *err) {
  const size_t size = (size_t)atomic_load(&store->n_values) * sizeof *store->values;
  if (size == 0) return MER_OK;
  void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, store->fd, 0);
  if (map == MAP_FAILED) return mer__fail_memory(err);
  store->values = map;
  return MER_OK;
}

void mer__store_clear(mer__feature_store *store) {
  if (store->values)
    munmap(store->values, (size_t)atomic_load(&store->n_values) * sizeof *store->values);
  if (store->is_open) close(store->fd);
  *store = (mer__feature_store){0};
}
