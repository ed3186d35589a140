/* feature_store.c: the values of many rows in a file without a name, which is mapped. */
#define _GNU_SOURCE /* memfd_create, mkostemp */
#include "data/feature_store.h"

#include <errno.h>
#include <fcntl.h>
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
  if (path && mer__folder_make(folder, NULL) == MER_OK) fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  mer__free(path);
  return fd;
}

mer_status mer__store_open(mer__feature_store *store, const char *folder, mer_error *err) {
  store->fd = folder ? open_unnamed(folder) : -1;
  store->in_memory = store->fd < 0;
  if (store->in_memory) store->fd = memfd_create("mer values", MFD_CLOEXEC);
  if (store->fd < 0)
    return mer__fail(err, MER_STATUS_IO, "cannot make a file for features: %s", strerror(errno));
  if (pthread_mutex_init(&store->lock, NULL) != 0) {
    close(store->fd);
    return mer__fail_memory(err);
  }
  store->is_open = true;
  return MER_OK;
}

/* Writes `size` bytes at `place`; false with errno. */
static bool write_at(int fd, const char *data, size_t size, off_t place) {
  while (size > 0) {
    ssize_t n = pwrite(fd, data, size, place);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    place += n;
    size -= (size_t)n;
  }
  return true;
}

/* Copies the values that there are from the disk into memory; false with errno. */
static bool move_to_memory(mer__feature_store *store) {
  const size_t size = (size_t)store->n_values * sizeof(float);
  int fd = memfd_create("mer values", MFD_CLOEXEC);
  void *map = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, store->fd, 0) : NULL;
  bool moved = fd >= 0 && map != MAP_FAILED && write_at(fd, map, size, 0);
  if (map && map != MAP_FAILED) munmap(map, size);
  if (moved) {
    close(store->fd);
    store->fd = fd;
    store->in_memory = true;
  } else if (fd >= 0) {
    close(fd);
  }
  return moved;
}

mer_status mer__store_append(int64_t *at, mer__feature_store *store, const float *values,
                             int64_t n_values, mer_error *err) {
  const char *data = (const char *)values;
  const size_t size = (size_t)n_values * sizeof *values;
  pthread_mutex_lock(&store->lock);
  const off_t place = (off_t)store->n_values * (off_t)sizeof *values;
  *at = store->n_values;
  bool written = write_at(store->fd, data, size, place);
  const int reason = errno; /* of a move to memory that fails, too: the first one counts */
  if (!written && !store->in_memory && move_to_memory(store))
    written = write_at(store->fd, data, size, place);
  if (written) store->n_values += n_values;
  pthread_mutex_unlock(&store->lock);
  if (written) return MER_OK;
  return mer__fail(err, MER_STATUS_IO, "cannot keep features %s: %s",
                   store->in_memory ? "in memory" : "in the cache", strerror(reason));
}

mer_status mer__store_map(mer__feature_store *store, mer_error *err) {
  const size_t size = (size_t)store->n_values * sizeof *store->values;
  if (size == 0) return MER_OK;
  void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, store->fd, 0);
  if (map == MAP_FAILED && errno == ENOMEM) return mer__fail_memory(err);
  if (map == MAP_FAILED)
    return mer__fail(err, MER_STATUS_IO, "cannot map the features: %s", strerror(errno));
  store->values = map;
  return MER_OK;
}

void mer__store_clear(mer__feature_store *store) {
  if (store->values) munmap(store->values, (size_t)store->n_values * sizeof *store->values);
  if (store->is_open) {
    close(store->fd);
    pthread_mutex_destroy(&store->lock);
  }
  *store = (mer__feature_store){0};
}
