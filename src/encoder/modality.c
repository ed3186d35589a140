/* modality.c: the table of encoders, and their instances. */
#include "encoder/modality.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "encoder/bert.h"
#include "encoder/mel_stats.h"
#include "encoder/vector.h"

static const mer__encoder_type *const types[] = {
    &mer__encoder_bert,
    &mer__encoder_vector,
    &mer__encoder_mel_stats,
};

const mer__encoder_type *mer__encoder_type_find(const char *name) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (strcmp(types[i]->name, name) == 0) return types[i];
  return NULL;
}

void mer__encoder_types_of_sound(char *names, size_t size) {
  size_t used = 0;
  names[0] = 0;
  for (size_t i = 0; i < sizeof types / sizeof types[0] && used < size; i++)
    if (types[i]->accept_values)
      used += (size_t)snprintf(names + used, size - used, "%s%s", used ? ", " : "", types[i]->name);
}

mer_status mer__modality_create(mer__modality *modality, const mer__encoder_type *type,
                                mer_error *err) {
  modality->type = type;
  modality->self = mer__calloc(1, type->size);
  return modality->self ? MER_OK : mer__fail_memory(err);
}

void mer__modality_clear(mer__modality *modality) {
  if (modality->self && modality->type->clear) modality->type->clear(modality);
  mer__free(modality->self);
  *modality = (mer__modality){0};
}
