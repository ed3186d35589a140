/* file.h: memory-mapped and whole-file reading, atomic writing, paths and directories. */
#ifndef MER_BASE_FILE_H
#define MER_BASE_FILE_H

#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include "mer/base.h"

/** A file mapped read-only. An empty file has `data` "" and size 0. Zero-initialize. */
typedef struct mer__mapped_file {
  const uint8_t *data;
  size_t size;
  int fd;
  struct timespec modified; /* when it was opened */
  atomic_bool lost;         /* nothing of it is at `data` any more, see mer__file_detach */
} mer__mapped_file;

mer_status mer__file_map(mer__mapped_file *file, const char *path, mer_error *err);
/** MER_STATUS_IO if the file was changed in place since: reading what was cut off would end the
 * process (SIGBUS). MER_STATUS_NO_MEMORY if the mapping is lost. */
mer_status mer__file_check(const mer__mapped_file *file, const char *path, mer_error *err);
/** Puts a copy in private memory in the place of the mapping, at the same address: then nothing
 * that happens to the file matters. Others may read the mapping while the copy is made and put
 * there. MER_STATUS_IO (as mer__file_check): nothing has changed. MER_STATUS_NO_MEMORY: the same,
 * but if the system refuses the very last step, it may have removed the mapping: the file is mapped
 * there again, and whoever reads in between ends the process; if that fails too, the mapping is
 * lost, and all later calls fail. */
mer_status mer__file_detach(mer__mapped_file *file, const char *path, mer_error *err);
/** Gives back the memory of a part of a mapping that is no copy; it is read anew when it is needed.
 * Does nothing if `data` [size] is not a part of it. */
void mer__file_release(const mer__mapped_file *file, const void *data, size_t size);
void mer__file_unmap(mer__mapped_file *file);

/** Tells what is there in the place of a regular file; MER_STATUS_IO. */
mer_status mer__fail_not_regular(mer_error *err, const char *path, mode_t mode);
/** Opens a regular file for reading and tells its size. */
mer_status mer__file_open(int *fd, size_t *size, const char *path, mer_error *err);
/** The same of a file of at most `max_bytes`; MER_STATUS_LIMIT. */
mer_status mer__file_open_within(int *fd, size_t *size, const char *path, size_t max_bytes,
                                 mer_error *err);

/** Reads the next `size` bytes of an open file. MER_STATUS_IO, also if there are fewer. */
mer_status mer__file_read_all(int fd, void *data, size_t size, const char *path, mer_error *err);

/** Reads a whole file of at most `max_bytes`, and a terminating 0; `*data` is the caller's. */
mer_status mer__file_read(char **data, size_t *size, const char *path, size_t max_bytes,
                          mer_error *err);

/** What stands between the name of a file and that of its temporary one. */
#define MER__TEMPORARY ".tmp-"

/** A file that is written: links are followed; a regular file appears under its name only when it
 * is whole (written as `<path>.tmp-<pid>-<n>`, synced and renamed by commit); a FIFO or a device is
 * written through. Write errors are sticky; commit reports them. */
typedef struct mer__atomic_file {
  FILE *stream;
  char *path, *target; /* as given, and with links followed */
  char *temporary;     /* NULL: written through */
  mode_t rights;       /* of a new file, before umask */
  bool unsynced;       /* set after open: a crash may leave a damaged file, which the reader sees */
  int reason;          /* errno of the first write that failed */
} mer__atomic_file;

/** A FIFO without a reader is waited for, some seconds, while `monitor` (or NULL) does not ask to
 * stop: MER_STATUS_INTERRUPTED. */
mer_status mer__atomic_open(mer__atomic_file *file, const char *path, const mer_monitor *monitor,
                            mer_error *err);
/** The same of a file that is its owner's: what is new cannot be read by others, from its first
 * byte on; what is replaced keeps its rights. */
mer_status mer__atomic_open_private(mer__atomic_file *file, const char *path, mer_error *err);
void mer__atomic_write(mer__atomic_file *file, const void *data, size_t size);
mer_status mer__atomic_commit(mer__atomic_file *file, mer_error *err);
/** Removes what was written; does nothing after a commit. Accepts a zeroed file. */
void mer__atomic_abort(mer__atomic_file *file);

/** Opens `target`, a path whose links are followed, for writing, with further `flags` of open(2).
 * An open descriptor of this process (/dev/stdout, /dev/fd/3) is used itself, with its own flags:
 * opened by its name, a file would be written from its beginning, and a socket not at all. Opening
 * does not block, writing does: a FIFO without a reader is waited for, some seconds, while
 * `monitor` (or NULL) does not ask to stop. -1 with errno: ENXIO if nobody reads from the FIFO,
 * EINTR if the wait was ended. */
int mer__open_for_writing(const char *target, int flags, const mer_monitor *monitor);

/** Writes a whole file atomically. */
mer_status mer__file_write(const char *path, const void *data, size_t size, mer_error *err);

/** `folder/name`, or `name` alone if it is absolute or the folder is empty; NULL if memory is out.
 */
char *mer__path_join(const char *folder, const char *name);
/** The folder of a path ("." if it names none); NULL if memory is out. */
char *mer__path_folder(const char *path);
/** The part after the last '/', borrowed. */
const char *mer__path_name(const char *path);
bool mer__path_is_folder(const char *path);
/** Whether both paths name the same existing file or folder. */
bool mer__path_is_same(const char *a, const char *b);
bool mer__path_is_file(const char *path);
/** Whether there is anything of that name, also what cannot be read: a link that leads nowhere, a
 * folder. An optional file is read if it is there, so that such a thing is refused by its name. */
bool mer__path_is_there(const char *path);
/** Whether it is a link to what cannot be reached. */
bool mer__path_leads_nowhere(const char *path);
/** Makes a folder and those above it; an existing one is fine. MER_STATUS_IO, MER_STATUS_NO_MEMORY,
 * MER_STATUS_NOT_FOUND: one was removed meanwhile, or the place takes none. MER_STATUS_INVALID: an
 * empty name, or ".." after what is no folder; once that was made, the path would be another one
 * than its caller has examined. */
mer_status mer__folder_make(const char *path, mer_error *err);
/** The same; `*made`, 0 before, becomes the length in `path` of the first folder that was not there
 * and was made, also if it fails later. A second call for the same path keeps the smaller one. */
mer_status mer__folder_make_counted(size_t *made, const char *path, mer_error *err);
/** Names in a folder, sorted by byte value, without "." and ".."; free with mer__folder_free. */
mer_status mer__folder_list(char ***names, size_t *n_names, const char *path, mer_error *err);
void mer__folder_free(char **names, size_t n_names);

#endif
