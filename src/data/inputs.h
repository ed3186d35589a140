/* inputs.h: the rows of a split as a network takes them: a source from which batches pull. */
#ifndef MER_DATA_INPUTS_H
#define MER_DATA_INPUTS_H

#include "base/digest.h"
#include "data/row_turns.h"
#include "data/white_noise.h"
#include "mer/data.h"
#include "mer/text.h"
#include "model/model_state.h"

typedef struct mer__inputs_options {
  mer_features_load_options features; /* `precomputed` is set from the next two */
  const char *const *precomputed;     /* "NAME=PATH" */
  int n_precomputed;
  bool skip_missing;             /* leave out rows that lack a modality */
  const mer__white_noise *noise; /* what modalities that it is in have; or NULL */
  bool noise_alone;              /* the others are not loaded: no row has them */
} mer__inputs_options;

/** What one modality has of all rows. */
typedef struct mer__column {
  mer_tokens *tokens;    /* [n_rows], of texts; n = 0: the row has none */
  mer_features features; /* of values */
  bool images;           /* these are packed images */
  bool removed;          /* no row has it, whatever it has loaded */
  float *vectors; /* [n_rows, width]: what a frozen encoder gives, once it is computed; or NULL */
  int64_t width;
  int64_t *first_vectors; /* [n_rows + 1]: of images that attention joins, where the vectors of each
                             row's begin, one for each image; or NULL: each row has one vector */
  mer__row_turns order; /* of a text whose turns are read by their vectors: that of the dialogues */
  mer__input *turns;    /* [n_rows]: the rows in this order; or NULL */
  int64_t most_past;    /* of them, before a row */
} mer__column;

/** Zero-initialize. */
typedef struct mer__inputs {
  int64_t n, n_skipped;
  int32_t *labels; /* [n]; -1: none, or several, or values */
  float *targets;  /* [n, n_labels of the model]: 1 for each label, else 0; or values; 0: unknown */
  int64_t *rows;   /* [n]: index of the utterance among the rows given */
  int32_t *speakers; /* [n_rows], as mer__row_speakers numbers them; NULL: no encoder asks */
  int n_modalities;
  mer__column columns[MER_MAX_MODALITIES];
  int64_t n_rows; /* given */
} mer__inputs;

/** Prepares the texts and loads the values of `rows` for the modalities of `model`, whose network
 * need not be built yet: a modality whose width is 0 takes that of its values. Statuses as
 * mer_features_load; MER_STATUS_FORMAT if a file's width is not the model's; MER_STATUS_INVALID if
 * an entry of `precomputed` is not that of a modality which takes values. */
mer_status mer__inputs_load(mer__inputs *inputs, mer_model *model, const mer_dataset *dataset,
                            const mer_utterance *rows, int64_t n_rows,
                            const mer__inputs_options *options, mer_error *err);
void mer__inputs_clear(mer__inputs *inputs);

/** What row `row` of those given has of modality `m`; not what a frozen encoder gives for it. */
mer__input mer__inputs_of_row(const mer__inputs *inputs, int m, int64_t row);
/** What it gives the network: the same with these vectors, if they are computed. */
mer__input mer__inputs_get_of_row(const mer__inputs *inputs, int m, int64_t row);
/** Gives the rows of modality `m` the vectors [n_rows, width] of its encoder, which is frozen;
 * takes ownership. */
void mer__inputs_take_vectors(mer__inputs *inputs, int m, float *vectors, int64_t width);

/** Takes these away again. */
void mer__inputs_forget_vectors(mer__inputs *inputs, int m);
/** Vectors that the rows of modality `m` have together. */
int64_t mer__inputs_n_vectors(const mer__inputs *inputs, int m);

/** Fills `out` [n_modalities] with what row `i` of those that are kept gives the network. */
void mer__inputs_get(mer__input *out, const mer__inputs *inputs, int64_t i);
/** Adds to a hash what each row that is kept has, and its tokens or values: not the vectors of
 * frozen encoders, and not precomputed ones, which may be mended between two trainings. */
void mer__inputs_hash(mer__hash *hash, const mer__inputs *inputs);
/** Adds the precomputed ones; false if there are none. */
bool mer__inputs_hash_precomputed(mer__hash *hash, const mer__inputs *inputs);
/** Adds what all rows that were given have, also those that are left out (their speakers are heard
 * all the same), and precomputed values, and which rows are kept. */
void mer__inputs_hash_all(mer__hash *hash, const mer__inputs *inputs);
/** The same as a source; borrows `inputs`. */
mer__source mer__inputs_source(const mer__inputs *inputs);

#endif
