/* modality.c: the table of encoders, and their instances. */
#include "encoder/modality.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "encoder/cnn.h"
#include "encoder/crnn.h"
#include "encoder/mel_stats.h"
#include "encoder/resnet.h"
#include "encoder/text_encoder.h"
#include "encoder/vector.h"
#include "encoder/vit.h"
#include "encoder/wav2vec.h"
#include "encoder/whisper.h"
#include "image/packed_image.h"

static const mer__encoder_type *const types[] = {
    &mer__encoder_vector,   &mer__encoder_mel_stats, &mer__encoder_crnn,  &mer__encoder_whisper,
    &mer__encoder_wav2vec2, &mer__encoder_hubert,    &mer__encoder_wavlm, &mer__encoder_vit,
    &mer__encoder_resnet,   &mer__encoder_cnn,
};

/* The encoder number i, from 0 on: those above, then the families of text; or NULL. */
static const mer__encoder_type *type_at(size_t i) {
  const size_t n = sizeof types / sizeof types[0];
  if (i < n) return types[i];
  const mer__text_family *family = mer__text_family_at(i - n);
  return family ? &family->type : NULL;
}

const mer__encoder_type *mer__encoder_type_find(const char *name) {
  const mer__encoder_type *type;
  for (size_t i = 0; (type = type_at(i)); i++)
    if (strcmp(type->name, name) == 0) return type;
  return NULL;
}

static bool needs_no_folder(const mer__encoder_type *type) {
  return type && type->accept_values && !type->base_config;
}

const mer__encoder_type *mer__encoder_type_without_folder(const char *name) {
  const mer__encoder_type *type = mer__encoder_type_find(name);
  return needs_no_folder(type) ? type : NULL;
}

void mer__encoder_types_without_folder(char *names, size_t size) {
  size_t used = 0;
  names[0] = 0;
  const mer__encoder_type *type;
  for (size_t i = 0; (type = type_at(i)) && used < size; i++)
    if (needs_no_folder(type))
      used += (size_t)snprintf(names + used, size - used, "%s%s", used ? ", " : "", type->name);
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

int64_t mer__input_images(const mer__input *input) {
  return input->image ? mer__packed_count(input->image, input->length) : 1;
}

int64_t mer__modality_rows(const mer__modality *modality, const mer__input *input) {
  return modality->type->n_rows(modality, input) * mer__input_images(input);
}
