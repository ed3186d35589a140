/* trained_before.h: a training that begins with a trained model: what that model was trained with,
 * beside what is asked for now. */
#ifndef MER_TRAIN_TRAINED_BEFORE_H
#define MER_TRAIN_TRAINED_BEFORE_H

#include "encoder/modality.h"
#include "mer/base.h"

/** Says so if a text is read in another way than the model in `folder` was trained to. Statuses as
 * mer__config_read. */
mer_status mer__trained_turns_tell(const char *folder, const mer__turns *turns,
                                   const mer_monitor *monitor, mer_error *err);

/** Compares how the sound of `folder` is pooled, now that `modality` is set up, with what a trained
 * model there was trained with. MER_STATUS_INVALID: they differ and `keeps_head`, as a head fits
 * its own pooling alone. If not, and attention that the model has learned is not used, that is
 * said. Other statuses as mer__config_read and mer__speech_parse. */
mer_status mer__trained_pooling_check(const char *folder, const mer__modality *modality,
                                      bool keeps_head, const mer_monitor *monitor, mer_error *err);

/** Says so if attention over the faces of a video, which the model in `folder` has learned, is not
 * used by `modality`. MER_STATUS_INVALID: the same, and `keeps_head`, as the head fits it. Statuses
 * as mer__config_read. */
mer_status mer__trained_frames_check(const char *folder, const mer__modality *modality,
                                     bool keeps_head, const mer_monitor *monitor, mer_error *err);

#endif
