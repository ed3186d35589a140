/* inputs.h: the rows of a split as a network takes them: tokens and vectors, all in memory. */
#ifndef MER_DATA_INPUTS_H
#define MER_DATA_INPUTS_H

#include "mer/data.h"
#include "mer/text.h"
#include "model/model_state.h"

typedef struct mer__inputs_options {
  mer_features_load_options features; /* `precomputed` is set from the next two */
  const char *const *precomputed;     /* "NAME=PATH" */
  int n_precomputed;
  bool skip_missing; /* leave out rows that lack a modality */
} mer__inputs_options;

/** Zero-initialize. */
typedef struct mer__inputs {
  mer__input *items; /* [n, n_modalities] */
  int32_t *labels;   /* [n] */
  int64_t *rows;     /* [n]: index of the utterance among the rows given */
  int64_t n, n_skipped;
  int n_modalities;
  mer_tokens *tokens; /* [n_rows] or NULL; owns the ids */
  int64_t n_rows;
  mer_features features[MER_MAX_MODALITIES]; /* owns the vectors */
} mer__inputs;

/** Tokenizes the texts and loads the vectors of `rows` for the modalities of `model`, whose network
 * need not be built yet: the width of a precomputed modality that is 0 is set from its file.
 * Statuses as mer_features_load; MER_STATUS_FORMAT if a file's width is not the model's. */
mer_status mer__inputs_load(mer__inputs *inputs, mer_model *model, const mer_dataset *dataset,
                            const mer_utterance *rows, int64_t n_rows,
                            const mer__inputs_options *options, mer_error *err);
void mer__inputs_clear(mer__inputs *inputs);

#endif
