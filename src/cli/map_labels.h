/* map_labels.h: the option --map-labels, "happy=joy,calm=" or a file of such entries. */
#ifndef MER_CLI_MAP_LABELS_H
#define MER_CLI_MAP_LABELS_H

#include "mer/model.h"

/** The text for mer_model_map_labels in `*text`, for free(): `given` itself if it has '=' and is
 * no file, else what the file holds. Statuses as mer_text_read. */
mer_status cli_map_labels(char **text, const char *given, mer_error *err);
/** Tells which labels of the model are dropped, if some are. */
void cli_map_labels_tell(const mer_model *model, const mer_monitor *monitor);

#endif
