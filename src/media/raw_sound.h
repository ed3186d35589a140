/* raw_sound.h: samples without a header, as telephone systems store them. Nothing in such a file
 * tells its sampling rate and format, and a guess would be a wrong answer. */
#ifndef MER_MEDIA_RAW_SOUND_H
#define MER_MEDIA_RAW_SOUND_H

#include "media/ffmpeg.h"
#include "mer/base.h"

/** Whether a file's name says that it has no header. */
bool mer__raw_is_named(const char *path);
/** Whether FFmpeg took a file for sound whose rate and format it had to guess. */
bool mer__raw_is_guessed(const AVFormatContext *format, const char *path);
/** MER_STATUS_FORMAT with what is missing. */
mer_status mer__raw_fail(const char *path, mer_error *err);

#endif
