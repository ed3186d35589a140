/* mer/base.h: status codes, errors, progress and threads: what every other public header uses.
 *
 * Threads: every function of the library may be called from several threads on different objects.
 * One object must not be used from two threads at once unless its header says so.
 * Stable (mer/mer.h). */
#ifndef MER_BASE_H
#define MER_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers; CMakeLists.txt reads it here. */
#define MER_VERSION_MAJOR 0
#define MER_VERSION_MINOR 1
#define MER_VERSION_PATCH 0
#define MER_VERSION_NUMBER (MER_VERSION_MAJOR * 10000 + MER_VERSION_MINOR * 100 + MER_VERSION_PATCH)
#define MER_VERSION "0.1.0"

#if defined(__GNUC__)
#define MER_API __attribute__((visibility("default")))
#else
#define MER_API
#endif

/** What can fail: X(name, description). New ones go to the end. */
#define MER_STATUS_MAP(X)         \
  X(NO_MEMORY, "out of memory")   \
  X(INVALID, "invalid argument")  \
  X(NOT_FOUND, "not found")       \
  X(IO, "input or output failed") \
  X(FORMAT, "malformed input")    \
  X(UNSUPPORTED, "not supported") \
  X(LIMIT, "over a limit")        \
  X(INTERRUPTED, "interrupted")   \
  X(INTERNAL, "internal error")

typedef enum mer_status {
  MER_OK = 0,
#define MER_STATUS_ENUM(name, text) MER_STATUS_##name,
  MER_STATUS_MAP(MER_STATUS_ENUM)
#undef MER_STATUS_ENUM
} mer_status;

/** Caller-owned description of a failure; filled by the function that failed, else untouched.
 * `mer_error err = {0};` is the right initial value. */
typedef struct mer_error {
  mer_status status;
  int64_t position;  /* line (from 1), row or byte offset the message speaks of; 0 if none */
  char message[512]; /* one line, UTF-8: the file, what was expected, what was found */
} mer_error;

/** Name of a status, "NO_MEMORY" for MER_STATUS_NO_MEMORY and "OK" for MER_OK; "?" for an unknown
 * value. */
MER_API const char *mer_status_name(mer_status status);
/** The status in words, "out of memory" for MER_STATUS_NO_MEMORY; "unknown status" for an unknown
 * value. */
MER_API const char *mer_status_text(mer_status status);

/** Version of the library that runs, as in MER_VERSION. */
MER_API const char *mer_version(void);
/** The same, as in MER_VERSION_NUMBER. */
MER_API int mer_version_number(void);

/** What the library was built of, and what it runs on. */
typedef struct mer_build_info {
  const char *version, *compiler, *build_type; /* "0.1.0", "GNU 12.2.0", "Release" */
  const char *instruction_set;                 /* level that the kernels use: "avx2", .. */
  uint64_t reserved[12]; /* zeros; members of later versions take their place here */
} mer_build_info;

MER_API mer_build_info mer_build_describe(void);

/** Whether the processor multiplies bfloat16, and MER_CPU lets it. */
MER_API bool mer_cpu_has_bf16(void);

/** Kernels use the best instructions that the processor has, unless the environment variable
 * MER_CPU names a lower level at the first use: sse, avx2, avx512, avx512_vnni, avx512_bf16 or amx
 * on x86-64. An empty name is none. Another name limits nothing; this is MER_STATUS_INVALID then,
 * and the message has the names. */
MER_API mer_status mer_cpu_check(mer_error *err);

typedef enum mer_log_level { MER_LOG_INFO, MER_LOG_WARNING } mer_log_level;

/** How a long call talks to its caller. Every member may be NULL, and so may a pointer to the
 * whole. The functions are called by the thread that made the call, and must not call back into the
 * same object. */
typedef struct mer_monitor {
  void *user; /* passed to each function */
  /** One-line message: a clip that cannot be read, an epoch's result. */
  void (*log)(void *user, mer_log_level level, const char *message);
  /** `done` of `total` units of `task` ("decode", "train") are finished; `note` may be NULL and
   * says more ("epoch 2/4 loss 0.92"). */
  void (*progress)(void *user, const char *task, int64_t done, int64_t total, const char *note);
  /** True asks the call to stop soon and return MER_STATUS_INTERRUPTED. */
  bool (*should_stop)(void *user);
} mer_monitor;

/** Writes a file as everything is written here: links at the end of `path` are followed; a regular
 * file appears whole or not at all; what is not one (a FIFO, a device) is written through, and
 * never replaced. A FIFO without a reader is waited for, some seconds. `monitor` may be NULL.
 * MER_STATUS_NOT_FOUND (the folder), MER_STATUS_IO, MER_STATUS_INTERRUPTED (during that wait),
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_file_write(const char *path, const void *data, size_t size,
                                  const mer_monitor *monitor, mer_error *err);

/** A file that a long run writes part by part, as mer_file_write writes a whole one. A regular file
 * appears under its name when it is committed; until then its parts are in `<path>.partial`, and a
 * run that was ended in any way, also by a power cut, goes on after its last mark. One thread at a
 * time; two processes never write one file. */
typedef struct mer_part_file mer_part_file;

/** What a run is of ("model", a digest): another value is another run. In one line each; the name
 * is one word. Borrowed. */
typedef struct mer_part_key {
  const char *name, *value;
} mer_part_key;

#define MER_PART_COUNTS 2

/** Begins a file, or with `resume` goes on with what an earlier run of the same keys [n_keys] has
 * left, cut off after its last mark; if there is nothing it begins, too. `counts` are those of the
 * last mark, else 0. What is not a regular file is written through. Without `resume` an earlier
 * run's parts are not replaced. MER_STATUS_INVALID (they are there; they are of other keys; another
 * process is writing; `resume` of what is not a regular file; a file of somebody else has the
 * name), MER_STATUS_IO, MER_STATUS_LIMIT, MER_STATUS_INTERRUPTED, MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_part_file_open(mer_part_file **out, int64_t counts[MER_PART_COUNTS],
                                      const char *path, const mer_part_key *keys, int n_keys,
                                      bool resume, const mer_monitor *monitor, mer_error *err);
/** Adds bytes. A failure is told by the next mark, or by commit. */
MER_API void mer_part_file_write(mer_part_file *file, const void *data, size_t size);
/** From here a later run may go on; the first of the counts says how much is done. Marks that come
 * fast, five in a second, are left out. MER_STATUS_IO. */
MER_API mer_status mer_part_file_mark(mer_part_file *file, const int64_t counts[MER_PART_COUNTS],
                                      mer_error *err);
/** Gives the file its name, and frees. MER_STATUS_IO: what was marked stays. */
MER_API mer_status mer_part_file_commit(mer_part_file *file, mer_error *err);
/** Frees without giving the file its name; true: something is left that a later run can go on with.
 * Accepts NULL. */
MER_API bool mer_part_file_abandon(mer_part_file *file);

/** Where writing to `path` leads: the path without slashes at its end, and with the links at its
 * end followed, also to what does not exist; a descriptor's name is not followed. For
 * mer_path_free; NULL if memory is out. */
MER_API char *mer_path_follow(const char *path);
/** Accepts NULL. */
MER_API void mer_path_free(char *path);
/** Whether a path whose links are followed is the name of an open descriptor, such as standard
 * output, which leads to a file but does not name it. */
MER_API bool mer_path_is_descriptor(const char *path);

/** Number of threads the library and its matrix products use in the calling thread's calls;
 * `n` < 1 chooses the number of processors. It is lowered to what the system lets be made
 * (ulimit -u), and to 4096; mer_threads_get tells it. OpenMP's runtime ends the process when it
 * cannot make a thread: a program that may be short of them calls this before anything else. */
MER_API void mer_threads_set(int n);
MER_API int mer_threads_get(void);

#ifdef __cplusplus
}
#endif
#endif
