/* folder_file.h: files of known names in a folder: those that should be there, those written. */
#ifndef MER_BASE_FOLDER_FILE_H
#define MER_BASE_FOLDER_FILE_H

#include "mer/base.h"

/** The path of `name` in `folder`, the caller's. If there is no such file but one of `others` (ends
 * with NULL), which hold the same in a form that is not read: MER_STATUS_UNSUPPORTED, and the
 * message names both. If there is none of them, the path is that of the missing file, and the
 * call that opens it reports it. MER_STATUS_NO_MEMORY. */
mer_status mer__expect_file(char **path, const char *folder, const char *name,
                            const char *const *others, mer_error *err);

/** Writes the file `name` of an existing folder, whole or not at all. */
mer_status mer__folder_write(const char *folder, const char *name, const void *data, size_t size,
                             mer_error *err);

#endif
