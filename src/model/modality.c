/* modality.c: the table of modality types. */
#include "model/modality.h"

#include <string.h>

static const mer__modality_type *const types[] = {&mer__modality_bert, &mer__modality_vector};

const mer__modality_type *mer__modality_type_find(const char *name) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (strcmp(types[i]->name, name) == 0) return types[i];
  return NULL;
}
