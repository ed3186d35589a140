/* ffmpeg.h: the functions of FFmpeg, loaded at the first decoding.
 *
 * FFmpeg's libraries stand on over a hundred others, which would take longer to load than a
 * whole prediction from text. So nothing is linked with them: the headers say which versions are
 * wanted, and the rest of the module calls through the table. */
#ifndef MER_MEDIA_FFMPEG_H
#define MER_MEDIA_FFMPEG_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/pixdesc.h>

#include "mer/base.h"

/** Every function that is called: X(library, function). */
#define MER__FFMPEG_MAP(X)                  \
  X(AVUTIL, av_dict_get)                    \
  X(AVUTIL, av_frame_alloc)                 \
  X(AVUTIL, av_frame_free)                  \
  X(AVUTIL, av_frame_unref)                 \
  X(AVUTIL, av_free)                        \
  X(AVUTIL, av_freep)                       \
  X(AVUTIL, av_log_get_level)               \
  X(AVUTIL, av_log_set_level)               \
  X(AVUTIL, av_malloc)                      \
  X(AVUTIL, av_pix_fmt_desc_get)            \
  X(AVUTIL, av_read_image_line2)            \
  X(AVUTIL, av_strdup)                      \
  X(AVUTIL, av_strerror)                    \
  X(AVCODEC, av_packet_alloc)               \
  X(AVCODEC, av_packet_free)                \
  X(AVCODEC, av_packet_unref)               \
  X(AVCODEC, avcodec_alloc_context3)        \
  X(AVCODEC, avcodec_default_get_buffer2)   \
  X(AVCODEC, avcodec_free_context)          \
  X(AVCODEC, avcodec_open2)                 \
  X(AVCODEC, avcodec_parameters_to_context) \
  X(AVCODEC, avcodec_receive_frame)         \
  X(AVCODEC, avcodec_send_packet)           \
  X(AVFORMAT, av_find_best_stream)          \
  X(AVFORMAT, av_read_frame)                \
  X(AVFORMAT, av_stream_get_side_data)      \
  X(AVFORMAT, avformat_alloc_context)       \
  X(AVFORMAT, avformat_close_input)         \
  X(AVFORMAT, avformat_find_stream_info)    \
  X(AVFORMAT, avformat_open_input)          \
  X(AVFORMAT, avio_alloc_context)           \
  X(AVFORMAT, avio_context_free)

typedef struct mer__ffmpeg_table {
#define MER__FFMPEG_MEMBER(library, function) __typeof__(&(function)) function;
  MER__FFMPEG_MAP(MER__FFMPEG_MEMBER)
#undef MER__FFMPEG_MEMBER
} mer__ffmpeg_table;

/** The functions: only read, and only after mer__ffmpeg_load has returned MER_OK. */
extern mer__ffmpeg_table mer__ffmpeg;

/** Loads the libraries, once in a process, and silences FFmpeg. MER_STATUS_UNSUPPORTED: one of them
 * is not installed in the version that the program was compiled for, and so in every later call.
 * May be called from several threads. */
mer_status mer__ffmpeg_load(mer_error *err);

#endif
