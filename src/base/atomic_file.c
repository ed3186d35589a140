/* atomic_file.c: how every file is written. A link at the end of the path is followed. A regular
 * file is written under a temporary name beside it, synced and renamed, so that it appears whole or
 * not at all. Anything else that has the name (a FIFO, a device, an open descriptor of this
 * process) is written through and never replaced. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

enum { MAX_NAMES = 1000, READER_ATTEMPTS = 500, READER_WAIT_NS = 20000000 };

static mer_status fail_errno(mer_error *err, const char *verb, const char *path) {
  mer_status status = errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO;
  return mer__fail(err, status, "%s: cannot %s: %s", path, verb, strerror(errno));
}

/* Creates a file that did not exist, `<target>.tmp-<pid>-<n>`, with the rights of the file that it
 * will replace, or those of a new one. */
static int create_temporary(char *name, size_t size, const char *target, const struct stat *old,
                            mode_t rights) {
  int fd = -1;
  errno = EEXIST;
  for (int i = 0; i < MAX_NAMES && fd < 0 && errno == EEXIST; i++) {
    snprintf(name, size, "%s" MER__TEMPORARY "%ld-%d", target, (long)getpid(), i);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, rights);
  }
  if (fd >= 0 && old) fchmod(fd, old->st_mode & 0777);
  return fd;
}

/* The descriptor of this process that a path names, links followed; -1 if it names none. */
static int descriptor_of(const char *path) {
  static const char *const folders[] = {"/proc/self/fd/", "/dev/fd/"};
  for (int i = 0; i < 2; i++) {
    const size_t size = strlen(folders[i]);
    if (strncmp(path, folders[i], size) != 0) continue;
    const char *number = path + size;
    if (!*number || number[strspn(number, "0123456789")]) return -1;
    const long fd = strtol(number, NULL, 10);
    return fd <= INT_MAX ? (int)fd : -1;
  }
  return -1;
}

/* Opens a path by its name. */
static int open_waiting(const char *path, int flags, const mer_monitor *monitor) {
  struct stat info;
  const bool is_fifo = stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
  flags |= O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int fd = open(path, flags, 0666);
  for (int i = 0; fd < 0 && errno == ENXIO && is_fifo && i < READER_ATTEMPTS; i++) {
    if (mer__should_stop(monitor)) {
      errno = EINTR;
      return -1;
    }
    nanosleep(&(struct timespec){.tv_nsec = READER_WAIT_NS}, NULL);
    fd = open(path, flags, 0666);
  }
  if (fd >= 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

int mer__open_for_writing(const char *target, int flags, const mer_monitor *monitor) {
  const int open_already = descriptor_of(target);
  return open_already >= 0 ? fcntl(open_already, F_DUPFD_CLOEXEC, 0)
                           : open_waiting(target, flags, monitor);
}

static mer_status open_stream(mer__atomic_file *file, const mer_monitor *monitor, mer_error *err) {
  struct stat old;
  bool exists = stat(file->target, &old) == 0;
  if (!exists && errno != ENOENT) return fail_errno(err, "write", file->path); /* links in a ring */
  bool through = mer_path_is_descriptor(file->target) || (exists && !S_ISREG(old.st_mode));
  if (exists && S_ISDIR(old.st_mode)) {
    errno = EISDIR;
    return fail_errno(err, "write", file->path);
  }
  /* Asked for, as a rename would replace even a file that may not be written. */
  if (exists && !through && access(file->target, W_OK) != 0)
    return fail_errno(err, "write", file->path);
  size_t size = strlen(file->target) + 48;
  char *name = mer__malloc(size, 1);
  if (!name) return mer__fail_memory(err);
  int fd = through ? mer__open_for_writing(file->target, 0, monitor)
                   : create_temporary(name, size, file->target, exists ? &old : NULL, file->rights);
  mer_status status = MER_OK;
  if (fd < 0 && errno == ENXIO)
    status =
        mer__fail(err, MER_STATUS_IO, "%s: cannot write: no program reads from it", file->path);
  else if (fd < 0 && through && errno == EINTR)
    status = mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted", file->path);
  else if (fd < 0) status = fail_errno(err, through ? "write" : "create", file->path);
  if (fd >= 0 && !through) {
    file->temporary = name;
    name = NULL;
  }
  mer__free(name);
  file->stream = fd < 0 ? NULL : fdopen(fd, "wb");
  if (fd >= 0 && !file->stream) { /* EINVAL: a descriptor that is open for reading alone */
    status = errno == EINVAL ? fail_errno(err, "write", file->path) : mer__fail_memory(err);
    close(fd);
  }
  return status;
}

static mer_status open_new(mer__atomic_file *file, const char *path, mode_t rights,
                           const mer_monitor *monitor, mer_error *err) {
  *file = (mer__atomic_file){
      .path = mer__strdup(path), .target = mer_path_follow(path), .rights = rights};
  mer_status status =
      file->path && file->target ? open_stream(file, monitor, err) : mer__fail_memory(err);
  if (status != MER_OK) mer__atomic_abort(file);
  return status;
}

mer_status mer__atomic_open(mer__atomic_file *file, const char *path, const mer_monitor *monitor,
                            mer_error *err) {
  return open_new(file, path, 0666, monitor, err);
}

mer_status mer__atomic_open_private(mer__atomic_file *file, const char *path, mer_error *err) {
  return open_new(file, path, 0600, NULL, err);
}

void mer__atomic_write(mer__atomic_file *file, const void *data, size_t size) {
  errno = 0;
  if (size && fwrite(data, 1, size, file->stream) != size && !file->reason) file->reason = errno;
}

mer_status mer__atomic_commit(mer__atomic_file *file, mer_error *err) {
  mer_status status = MER_OK;
  bool sync = file->temporary && !file->unsynced;
  errno = 0;
  bool failed = ferror(file->stream) || fflush(file->stream) != 0 ||
                (sync && fsync(fileno(file->stream)) != 0);
  int reason = file->reason ? file->reason : errno;
  if (fclose(file->stream) != 0 && !failed) {
    failed = true;
    reason = errno;
  }
  file->stream = NULL;
  errno = reason ? reason : EIO;
  if (failed) status = fail_errno(err, "write", file->path);
  else if (file->temporary && rename(file->temporary, file->target) != 0)
    status = fail_errno(err, "replace", file->path);
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
  mer__free(file->target);
  mer__free(file->path);
  *file = (mer__atomic_file){0};
}

mer_status mer_file_write(const char *path, const void *data, size_t size,
                          const mer_monitor *monitor, mer_error *err) {
  mer__atomic_file file;
  mer_status status = mer__atomic_open(&file, path, monitor, err);
  if (status != MER_OK) return status;
  mer__atomic_write(&file, data, size);
  return mer__atomic_commit(&file, err);
}

mer_status mer__file_write(const char *path, const void *data, size_t size, mer_error *err) {
  return mer_file_write(path, data, size, NULL, err);
}
