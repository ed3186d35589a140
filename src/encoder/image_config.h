/* image_config.h: preprocessor_config.json of an encoder of images. */
#ifndef MER_ENCODER_IMAGE_CONFIG_H
#define MER_ENCODER_IMAGE_CONFIG_H

#include <jansson.h>

#include "image/image_processor.h"

/** The image processors of transformers that are known. Their names may also end in
 * "FeatureExtractor", as older releases had them, or in "Fast". */
typedef enum mer__image_processor_kind {
  MER__IMAGE_PROCESSOR_VIT,      /* ViTImageProcessor */
  MER__IMAGE_PROCESSOR_CONVNEXT, /* ConvNextImageProcessor: that of ResNet */
} mer__image_processor_kind;

/** Reads the object of preprocessor_config.json, `path`. What it does not say is as transformers
 * has it for that processor, or for `kind`, if it does not name one. MER_STATUS_UNSUPPORTED
 * (another processor, a setting that is not known or not built, images of different sizes),
 * MER_STATUS_FORMAT. */
mer_status mer__image_config_read(mer__image_processor *processor, const json_t *object,
                                  mer__image_processor_kind kind, const char *path, mer_error *err);

#endif
