/* fusion.c: the table of fusions. */
#include "fusion/fusion.h"

#include <string.h>

#include "fusion/concat.h"

static const mer__fusion_type *const types[] = {&mer__fusion_concat};

const mer__fusion_type *mer__fusion_type_find(const char *name) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (strcmp(types[i]->name, name) == 0) return types[i];
  return NULL;
}
