/* folder_digest.h: tells whether the directory of an encoder or a model holds what it held. */
#ifndef MER_ENCODER_FOLDER_DIGEST_H
#define MER_ENCODER_FOLDER_DIGEST_H

#include "base/digest.h"

/** The hash of what is read of such a directory: its weights, whatever files they lie in, and the
 * files of its configuration and its tokenizer. What is not there, or is no such file, counts as
 * empty: who opens the directory tells of it. `monitor` (may be NULL) is asked at intervals whether
 * to stop. MER_STATUS_INTERRUPTED, MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__folder_digest(char hex[MER__HASH_BYTES], const char *folder,
                              const mer_monitor *monitor, mer_error *err);

#endif
