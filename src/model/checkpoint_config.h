/* checkpoint_config.h: classifiers that others have trained, in Hugging Face's layout: what their
 * config.json says as the object "mer" says it, and back. */
#ifndef MER_MODEL_CHECKPOINT_CONFIG_H
#define MER_MODEL_CHECKPOINT_CONFIG_H

#include <jansson.h>

#include "model/model_state.h"

/** Whether config.json is that of a classifier with the head of its encoder's checkpoints: by its
 * architecture or, of a model that mer wrote, by what the object "mer" says. */
bool mer__checkpoint_is_classifier(const json_t *root);

/** How many labels such a classifier has, if others have trained it for more than a model can have
 * (ImageNet's 1000): it is not asked, and all but its last layer is used in training. Else 0. */
size_t mer__checkpoint_excess_labels(const json_t *root);

/** The object "mer" for the checkpoint's own labels (id2label) and target (problem_type). `*ours`
 * is the caller's. MER_STATUS_FORMAT (labels), MER_STATUS_UNSUPPORTED (an encoder or a problem that
 * is not known), MER_STATUS_NO_MEMORY. */
mer_status mer__checkpoint_describe(json_t **ours, const json_t *root, const char *path,
                                    mer_error *err);

/** Sets labels and target of a model with such a head in its config.json; 0 or -1. */
int mer__checkpoint_update(json_t *root, const mer_model *model);

/** Reads the head of a training that begins with the classifier in `folder`. Its last layer is
 * taken if it has the model's target and labels, these in any order, else it keeps its first
 * values; `*same` says which. Statuses as mer_model_open. */
mer_status mer__checkpoint_load_head(bool *same, mer_model *model, const char *folder,
                                     mer_error *err);

#endif
