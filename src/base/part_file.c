/* part_file.c: a file that a long run writes part by part. Of a regular file the parts go to
 * `<path>.partial`; `<path>.partial.state` has what the run is of and, in two places in turn, so
 * that one of them is whole at any moment, how far it is: the parts before a mark are on the disk
 * before the mark is written. Who has the lock of the state may write. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/output_folder.h"
#include "base/text_buffer.h"

enum { MAX_STATE_BYTES = 1 << 16, MARK_BYTES = 80, N_MARKS = 2 };

static const double MARK_SECONDS = .2; /* between two marks, as each waits for the disk */
static const char head[] = "mer parts 1\n";

/* How far a run is. */
typedef struct mark {
  int64_t bytes, counts[MER_PART_COUNTS];
} mark;

struct mer_part_file {
  char *path, *target; /* as given, and with links followed */
  char *partial, *state;
  FILE *stream;
  int lock;         /* descriptor of the state; -1: the file is written through */
  size_t at_marks;  /* where the marks begin in the state */
  int turn;         /* the place of the next one */
  int64_t bytes;    /* written */
  double marked_at; /* when, in seconds */
  bool begun;       /* the state is this run's own, not one that it went on with */
  bool marked;      /* there is something to go on with */
  int reason;       /* errno of the first write that failed */
};

static mer_status fail_errno(mer_error *err, const char *verb, const char *path) {
  return mer__fail(err, MER_STATUS_IO, "%s: cannot %s: %s", path, verb, strerror(errno));
}

/* Closes and frees. What has nothing to go on with goes; `is_there`: also the parts. */
static void close_file(mer_part_file *file, bool is_there) {
  if (file->begun && !file->marked) {
    if (is_there) unlink(file->partial);
    unlink(file->state);
  }
  if (file->stream) fclose(file->stream);
  if (file->lock >= 0) close(file->lock);
  mer__free(file->path);
  mer_path_free(file->target);
  mer__free(file->partial);
  mer__free(file->state);
  mer__free(file);
}

/* --- marks --- */

/* Three numbers of 19 digits and their checksum, in a line. */
static void print_mark(char text[MARK_BYTES], const mark *m) {
  char line[MARK_BYTES + 80];
  int n = snprintf(line, sizeof line, "%019lld %019lld %019lld ", (long long)m->bytes,
                   (long long)m->counts[0], (long long)m->counts[1]);
  const unsigned long long sum = mer__checksum(0, line, (size_t)n);
  snprintf(line + n, sizeof line - (size_t)n, "%016llx   \n", sum);
  memcpy(text, line, MARK_BYTES);
}

/* A mark is as it is written, or it says nothing. */
static bool read_mark(mark *m, const char *text) {
  char again[MARK_BYTES];
  int64_t *numbers[] = {&m->bytes, &m->counts[0], &m->counts[1]};
  for (int i = 0; i < 3; i++) {
    char *end;
    *numbers[i] = strtoll(text + 20 * i, &end, 10);
    if (end != text + 20 * i + 19 || *numbers[i] < 0) return false;
  }
  print_mark(again, m);
  return memcmp(again, text, MARK_BYTES) == 0;
}

static mer_status write_mark(mer_part_file *file, const mark *m, mer_error *err) {
  char text[MARK_BYTES];
  print_mark(text, m);
  const off_t at = (off_t)(file->at_marks + (size_t)file->turn * MARK_BYTES);
  if (pwrite(file->lock, text, MARK_BYTES, at) != MARK_BYTES)
    return fail_errno(err, "write", file->state);
  file->turn = 1 - file->turn;
  return MER_OK;
}

/* --- the state --- */

/* What the run is of, in lines, with a blank one after them. */
static mer_status describe(mer__text_buffer *text, const mer_part_key *keys, int n_keys,
                           mer_error *err) {
  mer__text_puts(text, head);
  for (int i = 0; i < n_keys; i++) mer__text_printf(text, "%s %s\n", keys[i].name, keys[i].value);
  mer__text_puts(text, "\n");
  if (text->size > MAX_STATE_BYTES / 2)
    return mer__fail(err, MER_STATUS_LIMIT, "the description of a run is over %d bytes",
                     MAX_STATE_BYTES / 2);
  return text->failed ? mer__fail_memory(err) : MER_OK;
}

/* Reads the state. `*found` is false if it is new, or is not one. */
static mer_status read_state(bool *found, mer__text_buffer *text, const mer_part_file *file,
                             mer_error *err) {
  char bytes[4096];
  ssize_t n;
  while ((n = read(file->lock, bytes, sizeof bytes)) > 0 && text->size < MAX_STATE_BYTES)
    mer__text_append(text, bytes, (size_t)n);
  if (n < 0) return fail_errno(err, "read", file->state);
  if (text->failed) return mer__fail_memory(err);
  *found = text->size > 0 && strncmp(text->data, head, strlen(head)) == 0;
  if (*found || text->size == 0) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: is not of an unfinished run, so it is not replaced", file->state);
}

/* The last mark whose parts are all there; false: none. Sets where the next one goes. */
static bool find_mark(mark *last, mer_part_file *file, const mer__text_buffer *text,
                      int64_t n_there) {
  const char *end = strstr(text->data, "\n\n");
  bool found = false;
  if (!end) return false;
  const size_t at = (size_t)(end - text->data) + 2;
  for (int i = 0; i < N_MARKS && at + (size_t)(i + 1) * MARK_BYTES <= text->size; i++) {
    mark m;
    if (!read_mark(&m, text->data + at + (size_t)i * MARK_BYTES) || m.bytes > n_there) continue;
    if (found && (m.bytes < last->bytes || m.counts[0] < last->counts[0])) continue;
    *last = m;
    found = true;
    file->turn = 1 - i;
  }
  return found;
}

/* Names what another run was of: its first line that is not the same. */
static mer_status fail_other(const mer_part_file *file, const char *found, const char *wanted,
                             mer_error *err) {
  size_t line = 0;
  for (size_t i = 0; wanted[i] && found[i] == wanted[i]; i++)
    if (wanted[i] == '\n') line = i + 1;
  const int n = (int)strcspn(wanted + line, " \n");
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: is of a run that differs in its %.*s; remove it to begin anew",
                   file->partial, n ? n : 3, n ? wanted + line : "end");
}

/* --- opening --- */

static mer_status open_stream(mer_part_file *file, int flags, mer_error *err) {
  struct stat old;
  const int fd = open(file->partial, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
  if (fd < 0 && errno == EEXIST)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is not of an unfinished run, so it is not replaced", file->partial);
  if (fd < 0) return fail_errno(err, "write", file->partial);
  if (stat(file->target, &old) == 0) fchmod(fd, old.st_mode & 0777);
  file->stream = fdopen(fd, "wb");
  if (file->stream) return MER_OK;
  close(fd);
  if (flags & O_CREAT) unlink(file->partial);
  return mer__fail_memory(err);
}

/* Begins anew: the state says so before there is anything else. */
static mer_status begin(mer_part_file *file, const mer__text_buffer *description, bool is_ours,
                        mer_error *err) {
  const mark none = {0};
  file->at_marks = description->size;
  file->turn = 0;
  file->begun = true;
  if (ftruncate(file->lock, 0) != 0 ||
      pwrite(file->lock, description->data, description->size, 0) != (ssize_t)description->size)
    return fail_errno(err, "write", file->state);
  mer_status status = write_mark(file, &none, err);
  return status == MER_OK ? open_stream(file, O_CREAT | (is_ours ? O_TRUNC : O_EXCL), err) : status;
}

/* Goes on after the last mark; what was written after it is cut off. */
static mer_status go_on(mer_part_file *file, const mark *last, mer_error *err) {
  mer_status status = open_stream(file, 0, err);
  if (status != MER_OK) return status;
  const int fd = fileno(file->stream);
  if (ftruncate(fd, (off_t)last->bytes) != 0 || lseek(fd, (off_t)last->bytes, SEEK_SET) < 0)
    return fail_errno(err, "write", file->partial);
  file->bytes = last->bytes;
  file->marked = true;
  return MER_OK;
}

static mer_status open_parts(mer_part_file *file, mark *last, const mer_part_key *keys, int n_keys,
                             bool resume, mer_error *err) {
  mer__text_buffer wanted = {0}, found = {0};
  struct stat there;
  bool is_state = false;
  mer_status status;
  MER__CHECK(describe(&wanted, keys, n_keys, err));
  MER__CHECK(mer__file_lock(&file->lock, file->state, file->path, err));
  MER__CHECK(read_state(&is_state, &found, file, err));
  const bool is_there = lstat(file->partial, &there) == 0 && S_ISREG(there.st_mode);
  if (!is_state || !is_there || !find_mark(last, file, &found, there.st_size)) {
    *last = (mark){0};
    status = begin(file, &wanted, is_state, err);
  } else if (last->counts[0] == 0 && last->bytes == 0) {
    status = begin(file, &wanted, true, err);
  } else if (!resume) {
    status = mer__fail(err, MER_STATUS_INVALID,
                       "%s: an unfinished run has left it: --resume goes on; remove it to begin "
                       "anew",
                       file->partial);
  } else if (strncmp(found.data, wanted.data, wanted.size) != 0) {
    status = fail_other(file, found.data, wanted.data, err);
  } else {
    file->at_marks = wanted.size;
    status = go_on(file, last, err);
  }
cleanup:
  mer__text_clear(&wanted);
  mer__text_clear(&found);
  return status;
}

static mer_status open_through(mer_part_file *file, bool resume, const mer_monitor *monitor,
                               mer_error *err) {
  if (resume)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is not a regular file, so that no run can go on with it", file->path);
  const int fd = mer__open_for_writing(file->target, 0, monitor);
  if (fd < 0 && errno == ENXIO)
    return mer__fail(err, MER_STATUS_IO, "%s: cannot write: no program reads from it", file->path);
  if (fd < 0 && errno == EINTR)
    return mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted", file->path);
  if (fd < 0) return fail_errno(err, "write", file->path);
  file->stream = fdopen(fd, "wb");
  if (file->stream) return MER_OK;
  mer_status status =
      errno == EINVAL ? fail_errno(err, "write", file->path) : mer__fail_memory(err);
  close(fd);
  return status;
}

static char *with_ending(const char *path, const char *ending) {
  const size_t n = strlen(path), size = n + strlen(ending) + 1;
  char *text = mer__malloc(size, 1);
  if (text) snprintf(text, size, "%s%s", path, ending);
  return text;
}

mer_status mer_part_file_open(mer_part_file **out, int64_t counts[MER_PART_COUNTS],
                              const char *path, const mer_part_key *keys, int n_keys, bool resume,
                              const mer_monitor *monitor, mer_error *err) {
  struct stat info;
  mark last = {0};
  *out = NULL;
  mer_part_file *file = mer__calloc(1, sizeof *file);
  if (!file) return mer__fail_memory(err);
  file->lock = -1;
  file->path = mer__strdup(path);
  file->target = mer_path_follow(path);
  if (file->target) file->partial = with_ending(file->target, ".partial");
  if (file->partial) file->state = with_ending(file->partial, ".state");
  mer_status status = file->path && file->state ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) {
    const bool through = mer_path_is_descriptor(file->target) ||
                         (stat(file->target, &info) == 0 && !S_ISREG(info.st_mode));
    status = through ? open_through(file, resume, monitor, err)
                     : open_parts(file, &last, keys, n_keys, resume, err);
  }
  memcpy(counts, last.counts, sizeof last.counts);
  if (status == MER_OK) *out = file;
  else close_file(file, file->stream != NULL);
  return status;
}

/* --- writing --- */

void mer_part_file_write(mer_part_file *file, const void *data, size_t size) {
  errno = 0;
  if (size && fwrite(data, 1, size, file->stream) != size && !file->reason)
    file->reason = errno ? errno : EIO;
  file->bytes += (int64_t)size;
}

/* Hands what was written to the system. */
static mer_status flush(mer_part_file *file, mer_error *err) {
  if (!file->reason && fflush(file->stream) != 0) file->reason = errno;
  if (!file->reason) return MER_OK;
  errno = file->reason;
  return fail_errno(err, "write", file->lock < 0 ? file->path : file->partial);
}

mer_status mer_part_file_mark(mer_part_file *file, const int64_t counts[MER_PART_COUNTS],
                              mer_error *err) {
  const bool due = mer__clock_seconds() - file->marked_at >= MARK_SECONDS;
  if (file->lock >= 0 && !due && !file->reason) return MER_OK;
  mer_status status = flush(file, err);
  if (status != MER_OK || file->lock < 0) return status;
  if (fdatasync(fileno(file->stream)) != 0) return fail_errno(err, "write", file->partial);
  mark now = {.bytes = file->bytes};
  memcpy(now.counts, counts, sizeof now.counts);
  status = write_mark(file, &now, err);
  file->marked |= status == MER_OK;
  file->marked_at = mer__clock_seconds();
  return status;
}

/* Ends the writing: what a regular file has is on the disk. */
static mer_status end_stream(mer_part_file *file, mer_error *err) {
  const char *path = file->lock < 0 ? file->path : file->partial;
  mer_status status = flush(file, err);
  if (status == MER_OK && file->lock >= 0 && fsync(fileno(file->stream)) != 0)
    status = fail_errno(err, "write", path);
  const bool failed = fclose(file->stream) != 0;
  file->stream = NULL;
  return failed && status == MER_OK ? fail_errno(err, "write", path) : status;
}

mer_status mer_part_file_commit(mer_part_file *file, mer_error *err) {
  mer_status status = end_stream(file, err);
  if (status == MER_OK && file->lock >= 0) {
    if (rename(file->partial, file->target) != 0) status = fail_errno(err, "replace", file->path);
    else unlink(file->state);
  }
  if (status == MER_OK) file->begun = false;
  close_file(file, true);
  return status;
}

bool mer_part_file_abandon(mer_part_file *file) {
  const bool kept = file && file->marked;
  if (file) close_file(file, true);
  return kept;
}
