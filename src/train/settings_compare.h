/* settings_compare.h: whether what was interrupted had the settings of what goes on. */
#ifndef MER_TRAIN_SETTINGS_COMPARE_H
#define MER_TRAIN_SETTINGS_COMPARE_H

#include "mer/base.h"

/** A setting of this name and that of a data set is the hash of its tables. */
#define MER__TABLE_PREFIX "the table of "
/** A setting of this name and a path is the hash of what is there; room for such a name. */
#define MER__INPUT_PREFIX "input "
enum { MER__INPUT_KEY = 4200 };

/** The setting that is the hash of precomputed vectors. */
#define MER__VECTORS_DIGEST "vectors_digest"

/** Two JSON objects as text, of which `saved` may be NULL. MER_STATUS_INVALID if they differ: the
 * message names `path` and a member that is another one, a hash only if no other member is.
 * Precomputed vectors that differ are no more than a warning: they may have been mended.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__settings_compare(const char *saved, const char *settings, const char *path,
                                 const mer_monitor *monitor, mer_error *err);

#endif
