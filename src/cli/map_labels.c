/* map_labels.c: the option --map-labels. */
#include "cli/map_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "mer/text.h"

enum { MAX_BYTES = 1 << 16 };

mer_status cli_map_labels(char **text, const char *given, mer_error *err) {
  char *read = NULL;
  size_t size;
  const bool is_file = !strchr(given, '=') || access(given, F_OK) == 0;
  mer_status status = is_file ? mer_text_read(&read, &size, given, MAX_BYTES, err) : MER_OK;
  *text = status == MER_OK ? strdup(read ? read : given) : NULL;
  mer_text_free(read);
  return status != MER_OK || *text ? status : cli_no_memory(err);
}

void cli_map_labels_tell(const mer_model *model, const mer_monitor *monitor) {
  char *text = NULL;
  size_t size;
  if (!monitor->log || !mer_model_dropped_label(model, 0)) return;
  FILE *out = open_memstream(&text, &size);
  if (!out) return;
  fputs("label map: labels of the model that are dropped, so that no answer has them: ", out);
  for (int32_t i = 0; mer_model_dropped_label(model, i); i++)
    fprintf(out, "%s%s", i ? ", " : "", mer_model_dropped_label(model, i));
  if (fclose(out) == 0) monitor->log(monitor->user, MER_LOG_INFO, text);
  free(text);
}
