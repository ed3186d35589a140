/* image_recipe.c: networks for faces of 48 x 48 pixels, as FER2013 and CK+48 have them. */
#include "encoder/image_recipe.h"

#include <stdio.h>
#include <string.h>

/* Grey pictures are three equal channels. The mean and the deviation are about those of FER2013. */
#define FACES                                                                                \
  "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"height\": 48, \"width\": " \
  "48}, \"resample\": 2, \"image_mean\": [0.5, 0.5, 0.5], \"image_std\": [0.25, 0.25, 0.25]}"

static const mer__image_recipe recipes[] = {
    {"cnn", "cnn",
     "{\"model_type\": \"cnn\", \"num_channels\": 3, \"hidden_sizes\": [32, 64, 128, 256], "
     "\"depths\": [2, 2, 2, 2], \"dropout\": 0.2}",
     FACES},
    /* The first convolution keeps all pixels, and the first stage halves the map: a face of 48
     * pixels has 24 of them there, where one of 224 has 56. */
    {"resnet18", "resnet",
     "{\"model_type\": \"resnet\", \"layer_type\": \"basic\", \"hidden_act\": \"relu\", "
     "\"num_channels\": 3, \"embedding_size\": 64, \"hidden_sizes\": [64, 128, 256, 512], "
     "\"depths\": [2, 2, 2, 2], \"downsample_in_first_stage\": true, \"stem_kernel\": 3, "
     "\"stem_stride\": 1, \"stem_pooling\": false}",
     FACES},
};
enum { N_RECIPES = sizeof recipes / sizeof recipes[0] };

const mer__image_recipe *mer__image_recipe_find(const char *name) {
  for (int i = 0; name && i < N_RECIPES; i++)
    if (strcmp(recipes[i].name, name) == 0) return &recipes[i];
  return NULL;
}

void mer__image_recipe_names(char *names, size_t size) {
  size_t used = 0;
  for (int i = 0; i < N_RECIPES && used < size; i++)
    used += (size_t)snprintf(names + used, size - used, "%s%s", i ? ", " : "", recipes[i].name);
}
