/* many_labels.h: classifiers of more labels than a model can have, some of them by the same name,
 * as those of ImageNet. */
#ifndef MER_TESTS_MANY_LABELS_H
#define MER_TESTS_MANY_LABELS_H

#include "train/train_support.h"

enum { N_MANY_LABELS = 65 };

/* Labels for a config.json, to stand where "id2label" has stood. */
static inline const char *many_labels(void) {
  static char text[4096];
  size_t used = (size_t)snprintf(text, sizeof text, "\"id2label\": {");
  for (int i = 0; i < N_MANY_LABELS; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%d\": \"crane %d\"",
                             i ? ", " : "", i, i / 2);
  snprintf(text + used, sizeof text - used, "}, \"other\"");
  return text;
}

/* Writes the config.json of the classifier in `from`, but with many labels, to the test's folder
 * "many". */
static inline void put_many_config(const char *from) {
  static const char key[] = "\"id2label\"";
  char *config, text[8192];
  size_t size;
  read_whole(&config, &size, from, "config.json");
  const char *at = strstr(config, key);
  assert_non_null(at);
  const int n = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - config), config, many_labels(),
                         at + strlen(key));
  assert_in_range(n, 1, (int)sizeof text - 1);
  put("many/config.json", text);
  mer__free(config);
}

#endif
