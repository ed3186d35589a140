/* output_folder.c: a folder that takes the place of an earlier one when it is whole.
 *
 * The two folders are exchanged in one step (renameat2), so that at each moment the name stands for
 * a whole folder, the earlier or the new one. Only then the user's own entries are moved from the
 * earlier folder to the new one, and what mer had written there is removed by name. A crash between
 * these steps leaves the rest in `<path>.partial`, whose lock file says that it is mer's: the next
 * run takes it, removes mer's names and carries over the others. */
#define _GNU_SOURCE /* renameat2, statx */
#include "base/output_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

enum { MAX_ATTEMPTS = 10 };
static const char lock_name[] = ".mer-lock";
static const char partial[] = ".partial";

/* ---- Locks ---- */

/* Whether `path` still names the open file: a run that has just ended may have removed it. */
static bool is_named(int fd, const char *path) {
  struct stat a, b;
  return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* One attempt; -1 with errno, EAGAIN if it is worth another. Where a file system knows no locks,
 * the run goes on without. */
static int try_lock(const char *file) {
  int fd = open(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return -1;
  int reason = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (reason != EWOULDBLOCK && is_named(fd, file)) return fd;
  close(fd);
  errno = reason == EWOULDBLOCK ? EBUSY : EAGAIN;
  return -1;
}

mer_status mer__file_lock(int *lock, const char *file, const char *path, mer_error *err) {
  errno = EAGAIN;
  *lock = -1;
  for (int i = 0; i < MAX_ATTEMPTS && *lock < 0 && errno == EAGAIN; i++) *lock = try_lock(file);
  if (*lock >= 0) return MER_OK;
  if (errno == EBUSY || errno == EAGAIN)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: another process is writing there; wait for it, or write to another place",
                     path);
  return mer__fail(err, MER_STATUS_IO, "%s: cannot write: %s", file, strerror(errno));
}

mer_status mer__folder_lock(int *lock, const char *path, mer_error *err) {
  char *file = mer__path_join(path, lock_name);
  mer_status status = file ? mer__file_lock(lock, file, path, err) : mer__fail_memory(err);
  mer__free(file);
  return status;
}

void mer__folder_unlock(int lock, const char *path) {
  char *file = mer__path_join(path, lock_name);
  if (file && is_named(lock, file)) unlink(file);
  mer__free(file);
  close(lock);
}

/* ---- Names that are mer's ---- */

static bool is_listed(const char *name, const char *const *list, bool *temporary) {
  for (; *list; list++) {
    size_t n = strlen(*list);
    if (strncmp(name, *list, n) != 0) continue;
    *temporary = strncmp(name + n, MER__TEMPORARY, strlen(MER__TEMPORARY)) == 0;
    if (!name[n] || *temporary) return true;
  }
  return false;
}

static void remove_name(const char *path, const char *name) {
  char *file = mer__path_join(path, name);
  if (file) unlink(file);
  mer__free(file);
}

/* Removes from a folder the files of a list and their temporary files, or the temporary files
 * alone.
 */
static void remove_listed(const char *path, const char *const *list, bool temporary_ones) {
  char **names;
  size_t n_names;
  bool temporary;
  if (mer__folder_list(&names, &n_names, path, NULL) != MER_OK) return;
  for (size_t i = 0; i < n_names; i++)
    if (is_listed(names[i], list, &temporary) && (temporary || !temporary_ones))
      remove_name(path, names[i]);
  mer__folder_free(names, n_names);
}

static void remove_all(const mer__output_folder *folder) {
  remove_listed(folder->work, folder->kind->files, false);
  remove_listed(folder->work, folder->kind->state, false);
}

/* ---- What can be replaced ---- */

static const char *kind_of(mode_t mode) {
  return S_ISREG(mode)    ? "a file"
         : S_ISFIFO(mode) ? "a FIFO"
         : S_ISSOCK(mode) ? "a socket"
         : S_ISLNK(mode)  ? "a link that leads nowhere"
                          : "a device";
}

static bool is_mount_point(const char *path) {
  struct statx info;
  return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &info) == 0 &&
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* Whether a folder holds nothing but, perhaps, a lock file. */
static mer_status is_empty(bool *empty, const char *path, mer_error *err) {
  char **names;
  size_t n_names;
  *empty = false;
  mer_status status = mer__folder_list(&names, &n_names, path, err);
  if (status != MER_OK) return status;
  *empty = n_names == 0 || (n_names == 1 && strcmp(names[0], lock_name) == 0);
  mer__folder_free(names, n_names);
  return MER_OK;
}

/* Removes a folder if nothing is left in it. A lock file stays with what else is there, so that a
 * later run knows it as mer's. */
static void remove_work(const char *path) {
  bool empty;
  if (is_empty(&empty, path, NULL) != MER_OK || !empty) return;
  remove_name(path, lock_name);
  rmdir(path);
}

static mer_status check_path(const mer__output_folder *folder, mer_error *err) {
  const char *path = folder->path, *name = mer__path_name(path);
  struct stat info;
  bool replaceable;
  mer_status status;
  if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: this folder cannot be replaced; expected the name of a new one", path);
  if (lstat(path, &info) != 0) return MER_OK; /* making `<path>.partial` tells more */
  if (!S_ISDIR(info.st_mode))
    return mer__fail(err, MER_STATUS_INVALID, "%s: is %s, expected a folder", path,
                     kind_of(info.st_mode));
  if (is_mount_point(path))
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is a mount point, which cannot be replaced; expected a folder in it",
                     path);
  if (access(path, W_OK | X_OK) != 0)
    return mer__fail(err, MER_STATUS_IO, "%s: cannot replace: %s", path, strerror(errno));
  MER__CHECK(is_empty(&replaceable, path, err));
  if (!replaceable) MER__CHECK(folder->kind->is_ours(&replaceable, path, err));
  if (replaceable) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: the folder is not empty and holds no model of mer, so it is not replaced",
                   path);
cleanup:
  return status;
}

/* A `.partial` that is there already: it is mer's if it has a lock file, or nothing at all. Without
 * one it may be a whole folder that an earlier run could not put in its place. */
static mer_status check_work(const mer__output_folder *folder, mer_error *err) {
  const char *work = folder->work;
  struct stat info;
  char *file = mer__path_join(work, lock_name);
  if (!file) return mer__fail_memory(err);
  mer_status status = MER_OK;
  const bool is_folder = lstat(work, &info) == 0 && S_ISDIR(info.st_mode);
  bool good = is_folder, whole = false;
  if (good && lstat(file, &info) != 0) status = is_empty(&good, work, err);
  mer__free(file);
  if (good || status != MER_OK) return status;
  if (is_folder && folder->kind->is_ours(&whole, work, NULL) == MER_OK && whole)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is finished, but could not be put in its place: `mv %s %s` does it when "
                     "nothing is there any more; or move it away",
                     work, work, folder->path);
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: is in the way and is not an unfinished output of mer; move it away", work);
}

/* Removes what make_work has made on the way to `work`, the last folder first. One with something
 * in it stays; so does ".", after which the loop goes on. */
static void remove_way(const mer__output_folder *folder) {
  if (folder->way == 0) return;
  for (char *c; (c = strrchr(folder->work, '/')) && (size_t)(c - folder->work) >= folder->way;) {
    *c = 0;
    rmdir(folder->work);
  }
}

/* One attempt to make `work`; MER_STATUS_NOT_FOUND: another process that gives up has removed a
 * folder on the way meanwhile. */
static mer_status try_work(mer__output_folder *folder, const char *parent, mer_error *err) {
  mer_status status = mer__folder_make_counted(&folder->way, parent, err);
  if (status != MER_OK || mkdir(folder->work, 0777) == 0) return status;
  folder->found = errno == EEXIST;
  if (folder->found) return check_work(folder, err);
  status = errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO;
  return mer__fail(err, status, "%s: cannot make the folder: %s", folder->work, strerror(errno));
}

static mer_status make_work(mer__output_folder *folder, mer_error *err) {
  char *parent = mer__path_folder(folder->work);
  if (!parent) return mer__fail_memory(err);
  mer_status status = MER_STATUS_NOT_FOUND;
  for (int i = 0; i < MAX_ATTEMPTS && status == MER_STATUS_NOT_FOUND; i++)
    status = try_work(folder, parent, err);
  mer__free(parent);
  return status;
}

/* Locks `work`; without a lock an empty one is not left. */
static mer_status lock_work(mer__output_folder *folder, mer_error *err) {
  mer_status status = mer__folder_lock(&folder->lock, folder->work, err);
  if (status != MER_OK) rmdir(folder->work);
  return status;
}

mer_status mer__output_folder_begin(mer__output_folder *folder, const char *path,
                                    const mer__output_kind *kind, mer_error *err) {
  mer_status status;
  *folder = (mer__output_folder){.kind = kind, .lock = -1};
  if (!path || !path[0])
    return mer__fail(err, MER_STATUS_INVALID, "expected a model directory to write");
  folder->path = mer_path_follow(path);
  size_t size = folder->path ? strlen(folder->path) + sizeof partial : 0;
  folder->work = size ? mer__malloc(size, 1) : NULL;
  if (!folder->work) MER__CHECK(mer__fail_memory(err));
  snprintf(folder->work, size, "%s%s", folder->path, partial);
  MER__CHECK(check_path(folder, err));
  MER__CHECK(make_work(folder, err));
  MER__CHECK(lock_work(folder, err));
  remove_listed(folder->work, kind->files, true);
  remove_listed(folder->work, kind->state, true);
  return MER_OK;
cleanup:
  mer__output_folder_abandon(folder, true);
  return status;
}

/* Whether a file may have so many bytes (ulimit -f). */
static mer_status check_file_limit(const mer__output_folder *folder, uint64_t n_bytes,
                                   mer_error *err) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= n_bytes)
    return MER_OK;
  return mer__fail(err, MER_STATUS_IO,
                   "%s: needs a file of %.3f MB, but the limit on files is %.3f MB (ulimit -f)",
                   folder->path, (double)n_bytes * 1e-6, (double)limit.rlim_cur * 1e-6);
}

mer_status mer__output_folder_need(const mer__output_folder *folder, uint64_t n_bytes,
                                   uint64_t largest_file, mer_error *err) {
  mer_status status = check_file_limit(folder, largest_file, err);
  if (status != MER_OK) return status;
  struct statvfs info;
  if (statvfs(folder->work, &info) != 0 || info.f_blocks == 0) return MER_OK; /* not known */
  uint64_t blocks = geteuid() == 0 ? info.f_bfree : info.f_bavail, n_free;
  if (__builtin_mul_overflow(blocks, (uint64_t)info.f_frsize, &n_free) || n_free >= n_bytes)
    return MER_OK;
  return mer__fail(err, MER_STATUS_IO, "%s: needs %.1f MB, but only %.1f MB are free", folder->path,
                   (double)n_bytes * 1e-6, (double)n_free * 1e-6);
}

/* Whether two paths, with links followed, are one name in one folder. */
static bool is_one_place(const char *a, const char *b) {
  char *in_a = mer__path_folder(a), *in_b = mer__path_folder(b);
  const bool same = in_a && in_b && strcmp(mer__path_name(a), mer__path_name(b)) == 0 &&
                    mer__path_is_same(in_a, in_b);
  mer__free(in_a);
  mer__free(in_b);
  return same;
}

bool mer__output_folder_takes(const mer__output_folder *folder, const char *file) {
  bool temporary;
  char *path = mer_path_follow(file), *parent = path ? mer__path_folder(path) : NULL;
  const char *name = path ? mer__path_name(path) : "";
  const bool takes =
      parent && (is_one_place(path, folder->path) || is_one_place(path, folder->work) ||
                 mer__path_is_same(parent, folder->work) ||
                 (mer__path_is_same(parent, folder->path) &&
                  is_listed(name, folder->kind->files, &temporary)));
  mer__free(path);
  mer__free(parent);
  return takes;
}

void mer__output_folder_clear(const mer__output_folder *folder) { remove_all(folder); }

/* ---- The last step ---- */

/* Renames unless `to` is there. */
static int move_to_free(const char *from, const char *to) {
  struct stat info;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (lstat(to, &info) != 0) return rename(from, to);
  errno = EEXIST;
  return -1;
}

/* Where a file system cannot exchange: the earlier folder steps aside first, and comes back if the
 * new one cannot take its place. `*aside` is its name there if it can move no further, or NULL. */
static int exchange_by_steps(const mer__output_folder *folder, char **aside) {
  size_t size = strlen(folder->path) + 32;
  char *name = mer__malloc(size, 1);
  if (!name) return -1;
  snprintf(name, size, "%s" MER__TEMPORARY "%ld", folder->path, (long)getpid());
  int failed = move_to_free(folder->path, name);
  if (!failed) {
    failed = rename(folder->work, folder->path);
    int reason = errno;
    if (rename(name, failed ? folder->path : folder->work) != 0) {
      *aside = name;
      name = NULL;
    }
    errno = reason;
  }
  mer__free(name);
  return failed;
}

/* Marks the earlier folder as mer's before it is moved to `work`, see the top of this file. */
static void mark(const char *path) {
  char *file = mer__path_join(path, lock_name);
  int fd = file ? open(file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666) : -1;
  if (fd >= 0) close(fd);
  mer__free(file);
}

/* Gives the new folder the rights of the earlier one, if there is one. What else may have come to
 * its place meanwhile is not a folder, whose rights would shut the new one. */
static void copy_rights(const char *to, const char *from) {
  struct stat info;
  if (lstat(from, &info) == 0 && S_ISDIR(info.st_mode)) chmod(to, info.st_mode & 07777);
}

/* `*earlier`: the name that the earlier folder has after that, or NULL if there was none or it has
 * its own again; `*aside` as exchange_by_steps. */
static int exchange(const mer__output_folder *folder, const char **earlier, char **aside) {
  copy_rights(folder->work, folder->path);
  if (rename(folder->work, folder->path) == 0) return 0; /* nothing was there, or an empty folder */
  if (errno != ENOTEMPTY && errno != EEXIST) return -1;
  mark(folder->path);
  int failed = renameat2(AT_FDCWD, folder->work, AT_FDCWD, folder->path, RENAME_EXCHANGE);
  if (failed && (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
    failed = exchange_by_steps(folder, aside);
  int reason = errno;
  *earlier = *aside ? *aside : failed ? NULL : folder->work;
  if (failed) remove_name(*aside ? *aside : folder->path, lock_name);
  errno = reason;
  return failed;
}

/* Moves an entry of the earlier folder to the new one, or removes it if it is mer's. */
static mer_status carry_entry(const mer__output_folder *folder, const char *earlier,
                              const char *name, mer_error *err) {
  bool temporary, is_mers = is_listed(name, folder->kind->files, &temporary) ||
                            is_listed(name, folder->kind->state, &temporary);
  char *from = mer__path_join(earlier, name), *to = mer__path_join(folder->path, name);
  mer_status status = MER_OK;
  if (!from || !to) status = mer__fail_memory(err);
  else if ((is_mers ? unlink(from) : move_to_free(from, to)) != 0)
    status = mer__fail(err, MER_STATUS_IO, "%s: %s", name, strerror(errno));
  mer__free(from);
  mer__free(to);
  return status;
}

/* Refuses a folder that has come to the place since begin and has names that would be removed; it
 * lies at `path`, before the exchange or after it. */
static mer_status check_arrived(const mer__output_folder *folder, const char *path,
                                mer_error *err) {
  char **names;
  size_t n_names;
  bool temporary, would_lose = false, ours = true;
  if (!mer__path_is_folder(path)) return MER_OK; /* the exchange tells more */
  mer_status status = mer__folder_list(&names, &n_names, path, err);
  for (size_t i = 0; i < n_names; i++)
    would_lose |= is_listed(names[i], folder->kind->files, &temporary) ||
                  is_listed(names[i], folder->kind->state, &temporary);
  mer__folder_free(names, n_names);
  if (status == MER_OK && would_lose) status = folder->kind->is_ours(&ours, path, err);
  if (status != MER_OK || ours) return status;
  return mer__fail(err, MER_STATUS_INVALID, "a folder that is no model of mer has come there");
}

static mer_status fail_after(const mer__output_folder *folder, const char *earlier,
                             const char *reason, mer_status status, mer_error *err) {
  return mer__fail(err, status,
                   "%s: is finished, but not all of the earlier folder could be carried over or "
                   "removed; the rest stays in %s: %s",
                   folder->path, earlier, reason);
}

/* Moves what is not mer's from the earlier folder to the new one, and removes the rest. */
static mer_status carry_over(const mer__output_folder *folder, const char *earlier,
                             mer_error *err) {
  char **names;
  size_t n_names;
  mer_error why = {0};
  mer_status status = check_arrived(folder, earlier, &why);
  if (status != MER_OK) {
    if (status == MER_STATUS_INVALID) remove_name(earlier, lock_name); /* it is not mer's */
    return fail_after(folder, earlier, why.message, status, err);
  }
  status = mer__folder_list(&names, &n_names, earlier, &why);
  for (size_t i = 0; i < n_names; i++) {
    if (strcmp(names[i], lock_name) == 0) continue;
    mer_status carried = carry_entry(folder, earlier, names[i], &why);
    if (carried != MER_OK) status = carried;
  }
  mer__folder_free(names, n_names);
  if (status == MER_OK) {
    remove_work(earlier);
    return MER_OK;
  }
  return fail_after(folder, earlier, why.message, status, err);
}

static mer_status fail_in_place(const mer__output_folder *folder, mer_status status,
                                const char *reason, const char *aside, mer_error *err) {
  remove_name(folder->work, lock_name); /* so that no later run takes it for unfinished */
  return mer__fail(
      err, status, "%s: cannot put the new folder in its place: %s; it stays in %s%s%s",
      folder->path, reason, folder->work, aside ? ", the earlier one in " : "", aside ? aside : "");
}

/* Needs no memory and no list of names, as what fails here leaves a state in a whole folder.
 */
static void remove_state(int folder, const char *const *state) {
  for (; *state; state++) unlinkat(folder, *state, 0);
  unlinkat(folder, lock_name, 0);
}

mer_status mer__output_folder_commit(mer__output_folder *folder, mer_error *err) {
  const char *earlier = NULL;
  char *aside = NULL;
  mer_error why = {0};
  mer_status status = check_arrived(folder, folder->path, &why);
  int new_folder = open(folder->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (status != MER_OK) fail_in_place(folder, status, why.message, NULL, err);
  else if (new_folder < 0 || exchange(folder, &earlier, &aside) != 0)
    status = fail_in_place(folder, MER_STATUS_IO, strerror(errno), aside, err);
  if (new_folder >= 0) remove_state(new_folder, folder->kind->state); /* also where it stays */
  if (status == MER_OK && earlier) status = carry_over(folder, earlier, err);
  if (new_folder >= 0) close(new_folder);
  mer__free(aside);
  mer__output_folder_abandon(folder, true);
  return status;
}

void mer__output_folder_abandon(mer__output_folder *folder, bool keep) {
  if (!folder->kind) return;
  if (!keep && folder->lock >= 0) {
    remove_all(folder);
    remove_work(folder->work);
  }
  if (folder->lock >= 0) close(folder->lock);
  if (folder->work) remove_way(folder);
  mer__free(folder->path);
  mer__free(folder->work);
  *folder = (mer__output_folder){0};
}
