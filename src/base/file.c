/* file.c: memory-mapped and whole-file reading. */
#define _GNU_SOURCE /* mremap */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

static mer_status fail_errno(mer_error *err, const char *verb, const char *path) {
  mer_status status = errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO;
  return mer__fail(err, status, "%s: cannot %s: %s", path, verb, strerror(errno));
}

mer_status mer__fail_not_regular(mer_error *err, const char *path, mode_t mode) {
  return mer__fail(err, MER_STATUS_IO, "%s: %s", path,
                   S_ISDIR(mode) ? "is a folder, expected a file" : "not a regular file");
}

mer_status mer__file_open(int *fd, size_t *size, const char *path, mer_error *err) {
  struct stat info;
  *fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO without a writer would block */
  if (*fd < 0) return fail_errno(err, "open", path);
  mer_status status = MER_OK;
  if (fstat(*fd, &info) != 0) status = fail_errno(err, "examine", path);
  else if (!S_ISREG(info.st_mode)) status = mer__fail_not_regular(err, path, info.st_mode);
  else *size = (size_t)info.st_size;
  if (status != MER_OK) close(*fd);
  return status;
}

mer_status mer__file_open_within(int *fd, size_t *size, const char *path, size_t max_bytes,
                                 mer_error *err) {
  const mer_status status = mer__file_open(fd, size, path, err);
  if (status != MER_OK || *size <= max_bytes) return status;
  close(*fd);
  return mer__fail(err, MER_STATUS_LIMIT, "%s: %zu bytes, at most %zu are read", path, *size,
                   max_bytes);
}

/* Reads `size` bytes from the file's beginning. */
static mer_status read_at_start(int fd, char *data, size_t size, const char *path, mer_error *err) {
  if (lseek(fd, 0, SEEK_SET) != 0) return fail_errno(err, "read", path);
  return mer__file_read_all(fd, data, size, path, err);
}

mer_status mer__file_map(mer__mapped_file *file, const char *path, mer_error *err) {
  int fd;
  size_t size = 0;
  struct stat info = {0};
  mer_status status = mer__file_open(&fd, &size, path, err);
  if (status != MER_OK) return status;
  const void *data = MAP_FAILED;
  if (fstat(fd, &info) == 0) data = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : "";
  if (data != MAP_FAILED) {
    *file = (mer__mapped_file){data, size, fd, info.st_mtim, false};
    return MER_OK;
  }
  status = fail_errno(err, "map", path);
  close(fd);
  return status;
}

mer_status mer__file_check(const mer__mapped_file *file, const char *path, mer_error *err) {
  struct stat info;
  if (atomic_load(&file->lost)) return mer__fail_memory_for(err, path);
  if (fstat(file->fd, &info) == 0 && (size_t)info.st_size == file->size &&
      info.st_mtim.tv_sec == file->modified.tv_sec &&
      info.st_mtim.tv_nsec == file->modified.tv_nsec)
    return MER_OK;
  return mer__fail(err, MER_STATUS_IO,
                   "%s: was changed while it was open; a file in use is replaced by renaming",
                   path);
}

/* Moves `copy` to the place of the mapping. A move that fails may have removed the mapping before:
 * then the file is mapped there again. */
static int replace_mapping(mer__mapped_file *file, void *copy) {
  void *place = (void *)(uintptr_t)file->data;
  if (mremap(copy, file->size, file->size, MREMAP_MAYMOVE | MREMAP_FIXED, place) != MAP_FAILED)
    return 0;
  if (mmap(place, file->size, PROT_READ, MAP_PRIVATE | MAP_FIXED, file->fd, 0) == MAP_FAILED)
    atomic_store(&file->lost, true);
  return -1;
}

mer_status mer__file_detach(mer__mapped_file *file, const char *path, mer_error *err) {
  mer_status status = mer__file_check(file, path, err);
  if (status != MER_OK || !file->size) return status;
  void *copy = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED) return mer__fail_memory_for(err, path);
  madvise(copy, file->size, MADV_HUGEPAGE); /* as fast to read as the page cache */
  status = read_at_start(file->fd, copy, file->size, path, err);
  if (status == MER_OK) status = mer__file_check(file, path, err);
  if (status == MER_OK &&
      (mprotect(copy, file->size, PROT_READ) != 0 || replace_mapping(file, copy) != 0))
    status = mer__fail_memory_for(err, path);
  if (status != MER_OK) munmap(copy, file->size);
  return status;
}

void mer__file_release(const mer__mapped_file *file, const void *data, size_t size) {
  const uintptr_t begin = (uintptr_t)file->data, from = (uintptr_t)data;
  if (from < begin || from - begin > file->size || size > file->size - (from - begin)) return;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = from / page * page;
  /* If it fails, the memory is given back later. */
  if (size) (void)madvise((void *)first, from + size - first, MADV_DONTNEED);
}

void mer__file_unmap(mer__mapped_file *file) {
  if (file->size && !file->lost) munmap((void *)(uintptr_t)file->data, file->size);
  if (file->data) close(file->fd);
  *file = (mer__mapped_file){0};
}

mer_status mer__file_read_all(int fd, void *data, size_t size, const char *path, mer_error *err) {
  for (size_t done = 0; done < size;) {
    ssize_t n = read(fd, (char *)data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(err, "read", path);
    if (n == 0) return mer__fail(err, MER_STATUS_IO, "%s: became shorter while it was read", path);
    done += (size_t)n;
  }
  return MER_OK;
}

mer_status mer__file_read(char **data, size_t *size, const char *path, size_t max_bytes,
                          mer_error *err) {
  int fd;
  mer_status status = mer__file_open_within(&fd, size, path, max_bytes, err);
  *data = NULL;
  if (status != MER_OK) return status;
  if (!(*data = mer__malloc(*size + 1, 1))) status = mer__fail_memory_for(err, path);
  else status = mer__file_read_all(fd, *data, *size, path, err);
  close(fd);
  if (*data && status == MER_OK) (*data)[*size] = 0;
  else {
    mer__free(*data);
    *data = NULL;
  }
  return status;
}
