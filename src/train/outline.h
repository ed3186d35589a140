/* outline.h: the network that options ask for, before the data have told its widths. */
#ifndef MER_TRAIN_OUTLINE_H
#define MER_TRAIN_OUTLINE_H

#include "mer/train.h"
#include "model/model_state.h"

/** Gives a zeroed model the labels of the data, and the modalities, encoders and head that the
 * options, which are checked, ask for; the directories of encoders are opened, but their weights
 * are not read. Widths that come from data are 0. Statuses as mer_train_run. */
mer_status mer__outline(mer_model *model, const mer_dataset *dataset,
                        const mer_train_options *options, mer_error *err);

/** The directory from which the encoder of the modality `name` is loaded, borrowed from the
 * options; NULL: none. */
const char *mer__outline_folder(const mer_train_options *options, const char *name);
/** The same of sound; NULL if its encoder is given by a name, and is trained from nothing. */
const char *mer__outline_speech_folder(const mer_train_options *options);

/** Whether the network is the classifier of a sound as Hugging Face lays it out, which hears as it
 * was trained to. */
bool mer__outline_hears_by_itself(const mer__network *network, const mer_train_options *options);

#endif
