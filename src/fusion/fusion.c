/* fusion.c: the table of fusions. */
#include "fusion/fusion.h"

#include <stdio.h>
#include <string.h>

#include "fusion/attention_fusion.h"
#include "fusion/concat.h"
#include "fusion/gated.h"
#include "fusion/late.h"

static const mer__fusion_type *const types[] = {&mer__fusion_concat, &mer__fusion_gated,
                                                &mer__fusion_attention, &mer__fusion_late};
enum { N_TYPES = sizeof types / sizeof types[0] };

const mer__fusion_type *mer__fusion_type_find(const char *name) {
  for (int i = 0; i < N_TYPES; i++)
    if (strcmp(types[i]->name, name) == 0) return types[i];
  return NULL;
}

void mer__fusion_types(char *names, size_t size) {
  size_t used = 0;
  for (int i = 0; i < N_TYPES && used < size; i++)
    used += (size_t)snprintf(names + used, size - used, "%s%s", i > 0 ? ", " : "", types[i]->name);
}
