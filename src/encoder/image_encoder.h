/* image_encoder.h: an encoder of images from a directory of Hugging Face's: its configuration, what
 * is done to an image before (preprocessor_config.json), and the functions of mer__encoder_type
 * that all of them have in common.
 *
 * A network that sees begins its own state with a mer__image_encoder, describes itself by a
 * mer__image_network, and has in its table of functions
 *   .image, that description,
 *   .head, .declare, .forward, .backward, .clear (and .init, .n_rows, .., as modality.h has them),
 *   MER__IMAGE_FUNCTIONS.
 * An input of .forward has `values` [3, height, width], planar, as transformers' image processor
 * gives them; height and width are those of `processor`, and `length` is 3 * height * width. */
#ifndef MER_ENCODER_IMAGE_ENCODER_H
#define MER_ENCODER_IMAGE_ENCODER_H

#include "encoder/image_config.h"
#include "encoder/media_config.h"
#include "encoder/modality.h"

/** The first member of each such encoder's own state. */
typedef struct mer__image_encoder {
  mer__media_config config; /* config.json in `model`, preprocessor_config.json */
  mer__image_processor processor;
  bool augment; /* images are changed at random while training */
} mer__image_encoder;

/** What a network says of itself. */
typedef struct mer__image_network {
  mer__image_processor_kind processor; /* where preprocessor_config.json names none */
  /** Reads the network's shape from `config.model`, and checks it against the size of `processor`;
   * both are read before. `path` is that of config.json, for messages. */
  mer_status (*read)(mer__modality *modality, const char *path, mer_error *err);
} mer__image_network;

mer_status mer__image_adopt(mer__modality *modality, const mer__encoder_settings *settings,
                            mer_error *err);
mer_status mer__image_parse(mer__modality *modality, const json_t *object, const json_t *root,
                            const char *folder, const char *path, mer_error *err);
int mer__image_describe(const mer__modality *modality, json_t *object);
const json_t *mer__image_base_config(const mer__modality *modality);
mer_status mer__image_write_files(const mer__modality *modality, const char *folder,
                                  mer_error *err);
void mer__image_encoder_clear(mer__modality *modality);
/** MER_STATUS_INVALID for values that are precomputed: images are seen. */
mer_status mer__image_accept(mer__modality *modality, int64_t n_values, bool precomputed,
                             mer_error *err);

/** `num_channels` of config.json, which must be 3 if it is there. MER_STATUS_UNSUPPORTED. */
mer_status mer__image_channels(int64_t *n, const json_t *model, const char *path, mer_error *err);
/** The values of inputs [n], or while training, if so asked for, what they are changed to, in the
 * arena; NULL: memory is out. */
const float **mer__image_inputs(const mer__image_encoder *encoder, const mer__input *const *inputs,
                                int64_t n, const mer__pass *pass);

/** These, in an encoder's table. `.clear` is mer__image_encoder_clear, or a function that calls it.
 */
#define MER__IMAGE_FUNCTIONS                                                             \
  .adopt = mer__image_adopt, .parse = mer__image_parse, .describe = mer__image_describe, \
  .base_config = mer__image_base_config, .write_files = mer__image_write_files,          \
  .accept_values = mer__image_accept

#endif
