/* image_recipe.h: encoders of images that are trained from nothing, by name: what the two files of
 * a directory would say of each. */
#ifndef MER_ENCODER_IMAGE_RECIPE_H
#define MER_ENCODER_IMAGE_RECIPE_H

#include "encoder/modality.h"

typedef struct mer__image_recipe {
  const char *name;         /* on the command line */
  const char *type;         /* the encoder's */
  const char *model;        /* config.json */
  const char *preprocessor; /* preprocessor_config.json */
} mer__image_recipe;

/** The recipe of that name, which may be NULL; NULL: there is none. */
const mer__image_recipe *mer__image_recipe_find(const char *name);
/** Their names, separated by commas, for a message. */
void mer__image_recipe_names(char *names, size_t size);

#endif
