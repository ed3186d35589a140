/* ffmpeg.c: loads FFmpeg's libraries by their names with the major version of the headers, which
 * stands for one binary interface, and fills the table of functions. */
#include "media/ffmpeg.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"

mer__ffmpeg_table mer__ffmpeg;

/* A library comes after those that it stands on. */
typedef enum library { AVUTIL, AVCODEC, AVFORMAT, N_LIBRARIES } library;

#define SONAME(name, version) "lib" name ".so." AV_STRINGIFY(version)
static const char *const sonames[N_LIBRARIES] = {
    [AVUTIL] = SONAME("avutil", LIBAVUTIL_VERSION_MAJOR),
    [AVCODEC] = SONAME("avcodec", LIBAVCODEC_VERSION_MAJOR),
    [AVFORMAT] = SONAME("avformat", LIBAVFORMAT_VERSION_MAJOR),
};

static const struct {
  library library;
  const char *name;
  size_t offset; /* in the table */
} functions[] = {
#define FUNCTION_ROW(library, function) {library, #function, offsetof(mer__ffmpeg_table, function)},
    MER__FFMPEG_MAP(FUNCTION_ROW)
#undef FUNCTION_ROW
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

/* What the one attempt has come to. The libraries stay until the process ends. */
static pthread_once_t attempted = PTHREAD_ONCE_INIT;
static mer_error failure;

static mer_status open_libraries(void *handles[N_LIBRARIES], mer_error *err) {
  for (int i = 0; i < N_LIBRARIES; i++) {
    handles[i] = dlopen(sonames[i], RTLD_LAZY | RTLD_LOCAL);
    if (!handles[i])
      return mer__fail(err, MER_STATUS_UNSUPPORTED, "cannot load FFmpeg, which decodes media: %s",
                       dlerror());
  }
  return MER_OK;
}

static mer_status find_functions(void *handles[N_LIBRARIES], mer_error *err) {
  for (int i = 0; i < N_FUNCTIONS; i++) {
    void *function = dlsym(handles[functions[i].library], functions[i].name);
    if (!function)
      return mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "cannot load FFmpeg, which decodes media: %s has no function %s",
                       sonames[functions[i].library], functions[i].name);
    memcpy((char *)&mer__ffmpeg + functions[i].offset, &function, sizeof function);
  }
  return MER_OK;
}

/* FFmpeg prints to standard error at a level that is global to the process; the library may not
 * print. A program that has chosen a level itself keeps it. */
static void silence(void) {
  if (mer__ffmpeg.av_log_get_level() == AV_LOG_INFO) mer__ffmpeg.av_log_set_level(AV_LOG_QUIET);
}

static void attempt(void) {
  void *handles[N_LIBRARIES];
  if (open_libraries(handles, &failure) != MER_OK) return;
  if (find_functions(handles, &failure) == MER_OK) silence();
}

mer_status mer__ffmpeg_load(mer_error *err) {
  pthread_once(&attempted, attempt);
  if (failure.status == MER_OK) return MER_OK;
  return mer__fail(err, failure.status, "%s", failure.message);
}
