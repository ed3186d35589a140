/* modality.h: the one interface between raw input and fusion: input -> encoder -> vector.
 *
 * A modality is an instance of an encoder in a network. An encoder owns everything about its input:
 * what it takes, how raw input becomes a row of a batch, its parameters, both passes, its part of
 * config.json and the files that it brings into a model directory. Fusion sees vectors and who has
 * one. docs/adding-an-encoder.md shows how to add one. */
#ifndef MER_ENCODER_MODALITY_H
#define MER_ENCODER_MODALITY_H

#include <jansson.h>

#include "encoder/turn_ids.h"
#include "image/image_processor.h"
#include "layers/attention_pool.h"
#include "layers/mlp.h"
#include "layers/pooling.h"
#include "mer/encoder.h"
#include "mer/speech.h"
#include "mer/tensor.h"

/** What an encoder takes. */
typedef enum mer__input_kind {
  MER__INPUT_TEXT,   /* prepared by the encoder: tokens */
  MER__INPUT_SOUND,  /* frames of `features` */
  MER__INPUT_IMAGE,  /* an image, prepared by `images` */
  MER__INPUT_VECTOR, /* precomputed values */
} mer__input_kind;

/** One utterance's input to one modality, ready for its encoder. Borrowed memory. */
typedef struct mer__input {
  bool present;
  int64_t length; /* tokens, or values */
  union {
    struct {
      const int32_t *ids, *type_ids;
    } tokens;            /* [length] */
    const float *values; /* [length]: frames one after the other, an image's [3, height, width], or
                            a vector */
  };
  const float *image;  /* images that are packed (image/packed_image.h), [length] words: the network
                          makes `values` of it for a batch; or NULL */
  const float *vector; /* what a frozen encoder gave before, or NULL: it is not computed again;
                          [mer__modality_frozen_width] */
  const struct mer__input *past; /* [n_past]: the turns of its dialogue before it, the oldest first,
                                    where a layer reads their vectors (turn_layer.h) */
  int64_t n_past;
  int64_t n_vectors; /* of those of images that attention joins: one for each image in `vector` */
} mer__input;

/** The inputs of a data set or of a call, from which batches take their rows. */
typedef struct mer__source {
  int64_t n;
  const void *owner;
  /** Fills `inputs` [n_modalities] with row `row`. */
  void (*get)(mer__input *inputs, const struct mer__source *source, int64_t row);
} mer__source;

/** How the vector of a text is made of the last hidden states. */
typedef enum mer__text_pool {
  MER__TEXT_CLS,  /* the first token's */
  MER__TEXT_MEAN, /* their mean over the utterance's own tokens (encoder/own_tokens.h) */
  MER__TEXT_CNN,  /* convolutions over these, which are trained (layers/token_cnn.h) */
} mer__text_pool;

/** What an encoder of text reads of the dialogue around an utterance; zeros: nothing. */
typedef struct mer__turns {
  int64_t past, future; /* most turns before it and after it */
  bool names;           /* speakers are written by their names, not as A, B, .. */
  bool
      lstm; /* the turns before it are read by their vectors (turn_layer.h), not as one text with it
             */
  mer__text_pool pool;
} mer__turns;

static inline bool mer__turns_any(const mer__turns *turns) {
  return turns->past > 0 || turns->future > 0;
}
/** Whether turns become tokens of the utterance's own input. */
static inline bool mer__turns_are_written(const mer__turns *turns) {
  return mer__turns_any(turns) && !turns->lstm;
}

/** Settings of a training that concern encoders. */
typedef struct mer__encoder_settings {
  const char *folder;                     /* encoder directory, or NULL */
  const struct mer__image_recipe *recipe; /* of images without a directory; or NULL */
  int64_t max_length;                     /* tokens */
  mer__turns turns;                       /* of text */
  bool standardize;             /* values, by the mean and deviation of the training set */
  bool layer_sum;               /* of sound: a learned sum over the layers, not the last alone */
  mer__pool_kind pool;          /* of sound: over time */
  double trim_db;               /* of sound: silence at the ends (mer__speech_stem.trim) */
  bool augment;                 /* inputs are changed at random while training */
  bool attend_frames;           /* of images: attention over those of a video */
  double noise;                 /* of sound, with it: the share that gets loud noise */
  bool padded;                  /* of sound: as long as the encoder was trained with */
  bool classifier;              /* the directory is a classifier's, and says the two itself */
  mer_feature_options features; /* of sound */
} mer__encoder_settings;

/** The head that classifiers of an encoder have in Hugging Face's layout: Linear layers with an
 * activation between them, on the encoder's vector. */
typedef struct mer__checkpoint_head {
  const char *prefix;             /* of the encoder's tensors beside it: "bert." */
  int n_layers;                   /* 1 or 2 */
  const char *names[2];           /* of the layers, in full */
  int64_t hidden;                 /* width between two layers */
  mer__mlp_activation activation; /* between them */
  double dropout;                 /* before the last layer, also if it is the only one */
  bool input_dropout;             /* and before the first of two */
} mer__checkpoint_head;

typedef struct mer__modality mer__modality;

/** The functions of an encoder. What is said to be optional may be NULL. */
typedef struct mer__encoder_type {
  const char *name; /* in config.json and on the command line */
  size_t size;      /* of the instance's own state, which is zeroed */
  bool many_rows;   /* each input gives many rows to every product: sound, a ViT, but not a ResNet,
                       whose last maps have few pixels */
  bool augments;    /* heeds `augment` */
  bool trims;       /* of sound without a directory: heeds `trim_db` */
  const struct mer__image_network *image; /* of one that takes images: image_encoder.h; else NULL */

  /** Sets up an instance for training: `input`, for sound `features`, for images `images`. */
  mer_status (*adopt)(mer__modality *modality, const mer__encoder_settings *settings,
                      mer_error *err);
  /** Reads the settings of an instance from its object in config.json, whose whole is `root`, and
   * its files from `folder`. */
  mer_status (*parse)(mer__modality *modality, const json_t *object, const json_t *root,
                      const char *folder, const char *path, mer_error *err);
  /** Adds its settings to its object in config.json; 0 or -1. */
  int (*describe)(const mer__modality *modality, json_t *object);
  /** Optional: the keys of another library that stand at config.json's top level; borrowed. */
  const json_t *(*base_config)(const mer__modality *modality);
  /** Optional: writes its own files into a model directory. */
  mer_status (*write_files)(const mer__modality *modality, const char *folder, mer_error *err);
  /** Optional: frees what `self` holds. */
  void (*clear)(mer__modality *modality);

  /** Optional: what a text becomes, with what is said around it (`context` may be NULL); the ids
   * are borrowed from `tokens`. `kept` has the ids of the turns of a split, whose texts stay, or is
   * NULL. */
  mer_status (*tokenize)(mer__input *input, mer_tokens *tokens, const mer__modality *modality,
                         const char *text, size_t size, const mer_context *context,
                         mer__turn_ids *kept, mer_error *err);
  /** Of sound, images and vectors: checks the values that a data set has, `n_values` in each row
   * (0: as many as a clip is long), computed from media or precomputed; while `width` is 0, it
   * keeps them. MER_STATUS_FORMAT. */
  mer_status (*accept_values)(mer__modality *modality, int64_t n_values, bool precomputed,
                              mer_error *err);
  /** Optional: the tokenizer, borrowed, and what mer_encoder_describe tells of the encoder. */
  const mer_tokenizer *(*tokenizer)(const mer__modality *modality);
  void (*inform)(mer_encoder_info *info, const mer__modality *modality);
  /** Optional: the head of its checkpoints. */
  void (*head)(mer__checkpoint_head *head, const mer__modality *modality);

  /** Declares parameters; sets `width`. */
  mer_status (*declare)(mer__modality *modality, mer__params *params, mer_error *err);
  /** Optional: values of the parameters that do not come from a file. */
  void (*init)(const mer__modality *modality, mer__params *params, mer__rng *rng);
  /** Optional: statistics of the training rows, of which this is modality `m`. */
  mer_status (*fit)(const mer__modality *modality, mer__params *params, const mer__source *source,
                    int m, mer_error *err);
  /** Optional: rows that an input gives to the encoder's Linear layers; without it one. */
  int64_t (*n_rows)(const mer__modality *modality, const mer__input *input);
  /** Vectors [n, width] of inputs [n] that are all present. `*state` is for backward, in the arena.
   */
  mer_status (*forward)(float *vectors, void **state, const mer__modality *modality,
                        const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                        mer_error *err);
  /** Optional, for encoders that are trained: adds the parameters' gradients for `dvectors` [n,
   * width]. */
  mer_status (*backward)(const mer__modality *modality, const void *state, const float *dvectors,
                         const mer__pass *pass, mer_error *err);
  /** Optional, for an encoder that trains a part though it is frozen: what the other part gives,
   * [n, frozen_width], once for all steps; then that is the inputs' vector in `forward`. */
  int64_t (*frozen_width)(const mer__modality *modality);
  mer_status (*encode_frozen)(float *out, const mer__modality *modality,
                              const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                              mer_error *err);
  /** Optional, of such encoders, if what they give is standardized: the mean and deviation
   * [frozen_width] by which it is. */
  void (*constants)(float **mean, float **deviation, const mer__modality *modality,
                    const mer__params *params);
  /** Optional: the table whose rows a batch names by its tokens, for an optimizer that updates only
   * those; its index, or -1. */
  int64_t (*token_table)(const mer__modality *modality);
} mer__encoder_type;

struct mer__modality {
  const mer__encoder_type *type;
  void *self;    /* the encoder's own state */
  char name[32]; /* "text", "audio", "image", or that of precomputed values */
  mer__input_kind input;
  mer_feature_options features;       /* of sound */
  const mer__image_processor *images; /* of images, in `self` */
  mer__attention_pool frames;         /* of images: over those of a video; `hidden` 0: their mean */
  mer__turns turns;                   /* of text */
  int64_t width;                      /* of its vectors; 0: not known yet */
  size_t first_param, last_param;
  size_t prefix_size;    /* of the names of its parameters: "image." where two encoders of a network
                            could have the same names */
  bool from_nothing;     /* of a training: there is no directory that its weights come from */
  bool frozen;           /* no gradients, no dropout; an input may bring its vector */
  bool by_speaker;       /* what the frozen encoder gives is without its speaker's own mean and
                            deviation (speaker.h), in the place of which its constants are */
  bool has_trained_part; /* set by declare: something is trained though it is frozen */
  bool has_constants;    /* set by declare: what encode_frozen gives is standardized by constants */
  int64_t first_site;    /* of its dropout */
};

/** The files that encoders write into a model directory, by name: nothing else of it is replaced.
 */
#define MER__ENCODER_FILES                                                            \
  "vocab.txt", "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", \
      "added_tokens.json", "special_tokens_map.json", "preprocessor_config.json"

/** The encoder of that name, or NULL. */
const mer__encoder_type *mer__encoder_type_find(const char *name);

/** The encoder of values or sound that has that name and needs no directory, or NULL. */
const mer__encoder_type *mer__encoder_type_without_folder(const char *name);
/** The names of all of these, separated by commas, for a message. */
void mer__encoder_types_without_folder(char *names, size_t size);

/** Makes the instance's own state; the modality is zeroed but for its name. MER_STATUS_NO_MEMORY.
 */
mer_status mer__modality_create(mer__modality *modality, const mer__encoder_type *type,
                                mer_error *err);
/** Accepts a zeroed modality. */
void mer__modality_clear(mer__modality *modality);

/** Images of an input: of a video several, each of which is encoded by itself; else 1. */
int64_t mer__input_images(const mer__input *input);

/** Rows that an input gives to the Linear layers of an encoder that has `n_rows`. */
int64_t mer__modality_rows(const mer__modality *modality, const mer__input *input);

/** Whether it computes its vector from sound or an image, so that nobody else can give it one. */
static inline bool mer__modality_perceives(const mer__modality *modality) {
  return modality->input == MER__INPUT_IMAGE ||
         (modality->input == MER__INPUT_SOUND && modality->type->backward);
}

/** Whether attention over the images of an input makes its vector, not their mean. */
static inline bool mer__modality_attends(const mer__modality *modality) {
  return modality->frames.hidden > 0;
}

/** Whether its parameters, or some of them, are trained. */
static inline bool mer__modality_is_trained(const mer__modality *modality) {
  return modality->type->backward && (!modality->frozen || modality->has_trained_part);
}

/** Floats of what a frozen encoder gives once for an input. */
static inline int64_t mer__modality_frozen_width(const mer__modality *modality) {
  return modality->type->frozen_width ? modality->type->frozen_width(modality) : modality->width;
}

#endif
