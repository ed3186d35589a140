/* settings_compare.h: whether what was interrupted had the settings of what goes on. */
#ifndef MER_TRAIN_SETTINGS_COMPARE_H
#define MER_TRAIN_SETTINGS_COMPARE_H

#include "mer/base.h"

/** Two JSON objects as text, of which `saved` may be NULL. MER_STATUS_INVALID if they differ: the
 * message names `path` and the first member that is another one. MER_STATUS_NO_MEMORY. */
mer_status mer__settings_compare(const char *saved, const char *settings, const char *path,
                                 mer_error *err);

#endif
