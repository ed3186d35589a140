/* media_file.h: a file, or one in memory. */
#ifndef MER_MEDIA_MEDIA_FILE_H
#define MER_MEDIA_MEDIA_FILE_H

#include <stddef.h>

/** Everything is borrowed. */
typedef struct mer__media_file {
  const char *path;  /* of the file; or a name for messages, never NULL */
  const void *bytes; /* [n_bytes] or NULL: they are read from `path` */
  size_t n_bytes;
} mer__media_file;

#endif
