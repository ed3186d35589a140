/* private_folder.h: a folder for what nobody else may read, which is gone when the program ends. */
#ifndef MER_CLI_PRIVATE_FOLDER_H
#define MER_CLI_PRIVATE_FOLDER_H

#include "mer/base.h"

/** Makes a folder in $TMPDIR, or /tmp, into which nobody else can look; one at a time. The path is
 * absolute, and borrowed until it is removed. MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status cli_private_folder_create(const char **path, mer_error *err);
/** Removes it with all that is in it, and warns if it cannot; does nothing if there is none. Any
 * thread may call it. */
void cli_private_folder_remove(void);

#endif
