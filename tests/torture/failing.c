/* failing.c: makes the n-th call of a kind fail. */
#define _GNU_SOURCE /* renameat2, va_list of vfprintf */
#include "failing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/ffmpeg.h"

static atomic_bool armed, goes_on;
static atomic_int armed_kind;
static atomic_long n_calls, n_failing;

static bool fails(failing_kind kind) {
  if (!atomic_load(&armed) || atomic_load(&armed_kind) != (int)kind) return false;
  long call = atomic_fetch_add(&n_calls, 1) + 1, n = atomic_load(&n_failing);
  bool now = n > 0 && (call == n || (call > n && atomic_load(&goes_on)));
  if (now) errno = kind == FAILING_MEMORY ? ENOMEM : EIO;
  return now;
}

void failing_arm(failing_kind kind, long n, bool on) {
  armed_kind = (int)kind;
  n_calls = 0;
  n_failing = n;
  goes_on = on;
  armed = true;
}

long failing_disarm(void) {
  armed = false;
  return n_calls;
}

/* WRAP(kind, what a failure returns, type, name, parameters, arguments): a function in the place of
 * the C library's, which the linker calls __real_<name>. */
#define WRAP(kind, failure, type, name, parameters, arguments) \
  type __real_##name parameters;                               \
  type __wrap_##name parameters;                               \
  type __wrap_##name parameters { return fails(kind) ? (failure) : __real_##name arguments; }

WRAP(FAILING_MEMORY, NULL, void *, aligned_alloc, (size_t alignment, size_t size),
     (alignment, size))
WRAP(FAILING_IO, -1, ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(FAILING_IO, -1, ssize_t, pread, (int fd, void *data, size_t size, off_t at),
     (fd, data, size, at))
WRAP(FAILING_IO, -1, ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at),
     (fd, data, size, at))
WRAP(FAILING_IO, -1, int, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(FAILING_IO, MAP_FAILED, void *, mmap,
     (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset))

/* Nothing needs to survive a power cut here. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) { return (void)fd, fails(FAILING_IO) ? -1 : 0; }

WRAP(FAILING_IO, -1, int, rename, (const char *from, const char *to), (from, to))
WRAP(FAILING_IO, -1, int, renameat2,
     (int from_folder, const char *from, int to_folder, const char *to, unsigned flags),
     (from_folder, from, to_folder, to, flags))
WRAP(FAILING_IO, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(FAILING_IO, -1, int, mkstemp, (char *path), (path))
WRAP(FAILING_IO, NULL, DIR *, opendir, (const char *path), (path))
WRAP(FAILING_IO, NULL, struct dirent *, readdir, (DIR * folder), (folder))
WRAP(FAILING_IO, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(FAILING_MEMORY, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))

/* A stream that could not be written says so from then on. */
static bool stream_fails(FILE *stream) {
  if (!fails(FAILING_IO)) return false;
  stream->_flags |= _IO_ERR_SEEN;
  return true;
}

#define WRAP_STREAM(failure, type, name, parameters, arguments)        \
  type __real_##name parameters;                                       \
  type __wrap_##name parameters;                                       \
  type __wrap_##name parameters {                                      \
    return stream_fails(stream) ? (failure) : __real_##name arguments; \
  }

WRAP_STREAM(0, size_t, fwrite, (const void *data, size_t size, size_t n, FILE *stream),
            (data, size, n, stream))
WRAP_STREAM(EOF, int, fflush, (FILE * stream), (stream))

int __wrap_fprintf(FILE *stream, const char *format, ...);
int __wrap_fprintf(FILE *stream, const char *format, ...) {
  if (stream_fails(stream)) return -1;
  va_list args;
  va_start(args, format);
  int n = vfprintf(stream, format, args);
  va_end(args);
  return n;
}

/* It closes even if it fails. */
int __real_fclose(FILE *stream);
int __wrap_fclose(FILE *stream);
int __wrap_fclose(FILE *stream) {
  bool failed = fails(FAILING_IO);
  int reason = errno, result = __real_fclose(stream);
  if (failed) errno = reason;
  return failed ? EOF : result;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  if (fails(FAILING_IO)) return -1;
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return __real_open(path, flags, mode);
}

/* jansson 2.14 reads and writes beyond the buffer of its lexer after that could not grow. Its sizes
 * are powers of two from 32 on; these never fail here. */
static bool is_lexer_buffer(size_t size) { return size >= 32 && (size & (size - 1)) == 0; }

static void *json_allocate(size_t size) {
  return !is_lexer_buffer(size) && fails(FAILING_MEMORY) ? NULL : malloc(size);
}

/* FFmpeg's functions that allocate, as they stand in the table that the library calls them by. */
#define WRAP_FFMPEG(failure, type, name, parameters, arguments)       \
  static type(*real_##name) parameters;                               \
  static type failing_##name parameters {                             \
    return fails(FAILING_MEMORY) ? (failure) : real_##name arguments; \
  }

WRAP_FFMPEG(NULL, void *, av_malloc, (size_t size), (size))
WRAP_FFMPEG(NULL, char *, av_strdup, (const char *text), (text))
WRAP_FFMPEG(NULL, AVFrame *, av_frame_alloc, (void), ())
WRAP_FFMPEG(NULL, AVPacket *, av_packet_alloc, (void), ())
WRAP_FFMPEG(NULL, AVFormatContext *, avformat_alloc_context, (void), ())
WRAP_FFMPEG(NULL, AVCodecContext *, avcodec_alloc_context3, (const AVCodec *codec), (codec))
WRAP_FFMPEG(AVERROR(ENOMEM), int, avcodec_open2,
            (AVCodecContext * decoder, const AVCodec *codec, AVDictionary **options),
            (decoder, codec, options))
WRAP_FFMPEG(AVERROR(ENOMEM), int, av_read_frame, (AVFormatContext * format, AVPacket *packet),
            (format, packet))
WRAP_FFMPEG(AVERROR(ENOMEM), int, avcodec_send_packet,
            (AVCodecContext * decoder, const AVPacket *packet), (decoder, packet))
WRAP_FFMPEG(AVERROR(ENOMEM), int, avcodec_receive_frame, (AVCodecContext * decoder, AVFrame *frame),
            (decoder, frame))

#define HOOK_FFMPEG(name) \
  (real_##name = mer__ffmpeg.name, mer__ffmpeg.name = failing_##name, (void)0)

void failing_begin(void) {
  mer_error err = {0};
  json_set_alloc_funcs(json_allocate, free);
  if (mer__ffmpeg_load(&err) != MER_OK) return;
  HOOK_FFMPEG(av_malloc);
  HOOK_FFMPEG(av_strdup);
  HOOK_FFMPEG(av_frame_alloc);
  HOOK_FFMPEG(av_packet_alloc);
  HOOK_FFMPEG(avformat_alloc_context);
  HOOK_FFMPEG(avcodec_alloc_context3);
  HOOK_FFMPEG(avcodec_open2);
  HOOK_FFMPEG(av_read_frame);
  HOOK_FFMPEG(avcodec_send_packet);
  HOOK_FFMPEG(avcodec_receive_frame);
}
