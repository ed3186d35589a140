/* many_labels.h: classifiers of more labels than a model can have, some of them by the same name,
 * as those of ImageNet. */
#ifndef MER_TESTS_MANY_LABELS_H
#define MER_TESTS_MANY_LABELS_H

#include <stdio.h>

enum { N_MANY_LABELS = 65 };

/** Labels for a config.json, to stand where "id2label" has stood. */
static inline const char *many_labels(void) {
  static char text[4096];
  size_t used = (size_t)snprintf(text, sizeof text, "\"id2label\": {");
  for (int i = 0; i < N_MANY_LABELS; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%d\": \"crane %d\"",
                             i ? ", " : "", i, i / 2);
  snprintf(text + used, sizeof text - used, "}, \"other\"");
  return text;
}

#endif
