/* output_folder.h: a folder that takes the place of an earlier one when it is whole.
 *
 * What is written lies in `<path>.partial` until then, together with a lock file, which also says
 * that the folder is mer's. No name that mer does not write is ever removed: what a user keeps in
 * the earlier folder is found in the new one. */
#ifndef MER_BASE_OUTPUT_FOLDER_H
#define MER_BASE_OUTPUT_FOLDER_H

#include "mer/base.h"

/** The names that are written; both lists end with NULL. */
typedef struct mer__output_kind {
  const char *const *files; /* of a whole folder */
  const char *const *state; /* of an unfinished one alone */
  /** Whether an earlier folder that is not empty is mer's; MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
  mer_status (*is_ours)(bool *ours, const char *path, mer_error *err);
} mer__output_kind;

typedef struct mer__output_folder {
  const mer__output_kind *kind;
  char *path, *work; /* links followed: what will be replaced, and `<path>.partial` */
  size_t way; /* length in `work` of the first folder on its way that was made; 0: none was */
  int lock;   /* descriptor of the lock file in `work` */
  bool found; /* `work` was there already, as it is until it is cleared */
} mer__output_folder;

/** Makes and locks `<path>.partial`, or takes what an interrupted run has left there, untouched.
 * Refuses what cannot be replaced at the end: MER_STATUS_INVALID (not a folder, a mount point, ".",
 * a folder or a `.partial` of somebody else, another process at work), MER_STATUS_IO (it cannot be
 * written). After MER_OK one of commit and abandon must follow; they free. */
mer_status mer__output_folder_begin(mer__output_folder *folder, const char *path,
                                    const mer__output_kind *kind, mer_error *err);
/** MER_STATUS_IO if the file system has no room for `n_bytes` more, or this process may not write a
 * file of `largest_file` bytes (RLIMIT_FSIZE). */
mer_status mer__output_folder_need(const mer__output_folder *folder, uint64_t n_bytes,
                                   uint64_t largest_file, mer_error *err);
/** Whether a file of that name could not outlive the commit, or would stop it: it is `path`,
 * `work`, in `work`, or one of the kind's files in `path`. */
bool mer__output_folder_takes(const mer__output_folder *folder, const char *file);
/** Removes what an earlier run has left in `work`. */
void mer__output_folder_clear(const mer__output_folder *folder);
/** Puts `work` in the place of `path` in one step, then carries over what was in the earlier folder
 * and is not mer's. MER_STATUS_IO, MER_STATUS_INVALID (a folder that is not mer's has come there)
 * or MER_STATUS_NO_MEMORY if `path` cannot be replaced: `work` stays, and the message says so. The
 * same if `path` is the new folder, whole and without state, but the earlier one could not be
 * cleared away: the message says where the rest of it lies. */
mer_status mer__output_folder_commit(mer__output_folder *folder, mer_error *err);
/** Gives up: removes what mer has written in `work`, or keeps it for a later run; the folders that
 * begin has made on the way go too, if nothing is in them. Accepts a zeroed folder and one after
 * commit. */
void mer__output_folder_abandon(mer__output_folder *folder, bool keep);

/** A lock on an existing folder that several runs must not write at once; MER_STATUS_INVALID if
 * another process has it. Released by mer__folder_unlock or with the process. */
mer_status mer__folder_lock(int *lock, const char *path, mer_error *err);
void mer__folder_unlock(int lock, const char *path);
/** The lock of what is written to `path`: the file `file`, made if it is not there and open for
 * reading and writing. Statuses as mer__folder_lock, MER_STATUS_IO. Released by closing it. */
mer_status mer__file_lock(int *lock, const char *file, const char *path, mer_error *err);

#endif
