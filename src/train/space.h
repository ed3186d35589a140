/* space.h: room on a disk, held by a file until it is needed. */
#ifndef MER_TRAIN_SPACE_H
#define MER_TRAIN_SPACE_H

#include <stdbool.h>
#include <stdint.h>

/** Has the file `path` hold `n_bytes` of its disk. False if the disk or a quota has no such room,
 * or files may not be so large; true also where a file system cannot hold room in advance. */
bool mer__space_reserve(const char *path, uint64_t n_bytes);
/** Gives the room back. */
void mer__space_release(const char *path);

#endif
