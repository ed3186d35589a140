/* expected_file.h: a file that a folder should hold, and what stands in its place. */
#ifndef MER_BASE_EXPECTED_FILE_H
#define MER_BASE_EXPECTED_FILE_H

#include "mer/base.h"

/** The path of `name` in `folder`, the caller's. If there is no such file but one of `others` (ends
 * with NULL), which hold the same in a form that is not read: MER_STATUS_UNSUPPORTED, and the
 * message names both. If there is none of them, the path is that of the missing file, and whoever
 * opens it says so. MER_STATUS_NO_MEMORY. */
mer_status mer__expect_file(char **path, const char *folder, const char *name,
                            const char *const *others, mer_error *err);

#endif
