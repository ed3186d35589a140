/* space.c: room on a disk, held by a file until it is needed. */
#define _GNU_SOURCE /* fallocate */
#include "train/space.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool mer__space_reserve(const char *path, uint64_t n_bytes) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  int reason = fd < 0 ? errno : 0;
  if (fd >= 0 && fallocate(fd, 0, 0, (off_t)n_bytes) != 0) reason = errno;
  if (fd >= 0) close(fd);
  if (reason != 0) unlink(path);
  return reason != ENOSPC && reason != EDQUOT && reason != EFBIG;
}

void mer__space_release(const char *path) { unlink(path); }
