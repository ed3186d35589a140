/* file.c: memory-mapped and whole-file reading, and atomic writing. */
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

mer_status mer__file_open(int *fd, size_t *size, const char *path, mer_error *err) {
  struct stat info;
  *fd = open(path, O_RDONLY | O_CLOEXEC);
  if (*fd < 0) return fail_errno(err, "open", path);
  mer_status status = MER_OK;
  if (fstat(*fd, &info) != 0) status = fail_errno(err, "examine", path);
  else if (!S_ISREG(info.st_mode))
    status = mer__fail(err, MER_STATUS_IO, "%s: not a regular file", path);
  else *size = (size_t)info.st_size;
  if (status != MER_OK) close(*fd);
  return status;
}

mer_status mer__file_map(mer__mapped_file *file, const char *path, mer_error *err) {
  int fd;
  size_t size = 0;
  mer_status status = mer__file_open(&fd, &size, path, err);
  if (status != MER_OK) return status;
  void *data = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : (void *)"";
  if (data == MAP_FAILED) status = fail_errno(err, "map", path);
  else *file = (mer__mapped_file){data, size};
  close(fd);
  return status;
}

void mer__file_unmap(mer__mapped_file *file) {
  if (file->size) munmap((void *)(uintptr_t)file->data, file->size);
  *file = (mer__mapped_file){0};
}

static mer_status read_all(int fd, char *data, size_t size, const char *path, mer_error *err) {
  for (size_t done = 0; done < size;) {
    ssize_t n = read(fd, data + done, size - done);
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
  mer_status status = mer__file_open(&fd, size, path, err);
  if (status != MER_OK) return status;
  *data = NULL;
  if (*size > max_bytes)
    status = mer__fail(err, MER_STATUS_LIMIT, "%s: %zu bytes, at most %zu are read", path, *size,
                       max_bytes);
  else if (!(*data = mer__malloc(*size + 1, 1))) status = mer__fail_memory(err);
  else status = read_all(fd, *data, *size, path, err);
  close(fd);
  if (*data && status == MER_OK) (*data)[*size] = 0;
  else {
    mer__free(*data);
    *data = NULL;
  }
  return status;
}

mer_status mer__atomic_open(mer__atomic_file *file, const char *path, mer_error *err) {
  *file = (mer__atomic_file){0};
  size_t size = strlen(path) + 32;
  file->path = mer__strdup(path);
  file->temporary = mer__malloc(size, 1);
  if (!file->path || !file->temporary) {
    mer__atomic_abort(file);
    return mer__fail_memory(err);
  }
  snprintf(file->temporary, size, "%s.tmp-%ld", path, (long)getpid());
  file->stream = fopen(file->temporary, "wbe");
  if (file->stream) return MER_OK;
  mer_status status = fail_errno(err, "create", path);
  mer__atomic_abort(file);
  return status;
}

void mer__atomic_write(mer__atomic_file *file, const void *data, size_t size) {
  errno = 0;
  if (size && fwrite(data, 1, size, file->stream) != size && !file->reason) file->reason = errno;
}

mer_status mer__atomic_commit(mer__atomic_file *file, mer_error *err) {
  mer_status status = MER_OK;
  errno = 0;
  bool failed =
      ferror(file->stream) || fflush(file->stream) != 0 || fsync(fileno(file->stream)) != 0;
  int reason = file->reason ? file->reason : errno;
  if (fclose(file->stream) != 0 && !failed) {
    failed = true;
    reason = errno;
  }
  file->stream = NULL;
  errno = reason ? reason : EIO;
  if (failed) status = fail_errno(err, "write", file->path);
  else if (rename(file->temporary, file->path) != 0)
    status = fail_errno(err, "rename to", file->path);
  if (status == MER_OK) {
    mer__free(file->temporary);
    file->temporary = NULL;
  }
  mer__atomic_abort(file);
  return status;
}

void mer__atomic_abort(mer__atomic_file *file) {
  if (file->stream) fclose(file->stream);
  if (file->temporary) unlink(file->temporary);
  mer__free(file->temporary);
  mer__free(file->path);
  *file = (mer__atomic_file){0};
}

mer_status mer__file_write(const char *path, const void *data, size_t size, mer_error *err) {
  mer__atomic_file file;
  mer_status status = mer__atomic_open(&file, path, err);
  if (status != MER_OK) return status;
  mer__atomic_write(&file, data, size);
  return mer__atomic_commit(&file, err);
}
