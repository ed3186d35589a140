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

/** How the sound of `settings->folder` is pooled. MER_STATUS_INVALID: with `keeps_head`, otherwise
 * than the head was trained upon; else it is said if attention that the model has learned is not
 * used. Other statuses as mer__config_read. */
mer_status mer__trained_pooling_check(const mer__encoder_settings *settings, bool keeps_head,
                                      const mer_monitor *monitor, mer_error *err);

#endif
