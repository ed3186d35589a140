/* media_folder.c: the utterances of a folder. */
#include "cli/media_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/path_join.h"

static mer_status fail(mer_error *err, mer_status status, const char *path, const char *what) {
  err->status = status;
  snprintf(err->message, sizeof err->message, "%.400s: %s", path, what);
  return status;
}

static mer_status fail_memory(mer_error *err) {
  return fail(err, MER_STATUS_NO_MEMORY, "mer predict", "out of memory");
}

static bool is_transcript(const char *name) {
  size_t n = strlen(name);
  return n > 4 && strcasecmp(name + n - 4, ".txt") == 0;
}

static bool is_video(const char *name) {
  static const char *const endings[] = {"3gp",  "avi", "flv", "m4v", "mkv", "mov",  "mp4", "mpg",
                                        "mpeg", "mts", "ogv", "ts",  "vob", "webm", "wmv"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
    if (strcasecmp(dot + 1, endings[i]) == 0) return true;
  return false;
}

/* A regular file, or what cannot be examined (a link that leads nowhere), whose line will say so.
 */
static bool is_file(const char *path) {
  struct stat info;
  if (stat(path, &info) == 0) return S_ISREG(info.st_mode);
  return lstat(path, &info) == 0 || errno != ENOENT; /* it was removed meanwhile */
}

/* Length of a name without its extension. */
static size_t stem_size(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot && dot > name ? (size_t)(dot - name) : strlen(name);
}

static bool same_stem(const char *a, const char *b) {
  size_t n = stem_size(a);
  return n == stem_size(b) && strncmp(a, b, n) == 0;
}

/* By stem; of equal stems, media files before the transcripts. */
static int compare_files(const void *a, const void *b) {
  const cli_media_file *x = a, *y = b;
  size_t n = stem_size(x->name), m = stem_size(y->name);
  int order = strncmp(x->name, y->name, n < m ? n : m);
  if (order == 0) order = (n > m) - (n < m);
  if (order == 0) order = (x->media == NULL) - (y->media == NULL);
  return order ? order : strcmp(x->name, y->name);
}

static void file_clear(cli_media_file *file) {
  free(file->name);
  free(file->media);
  free(file->transcript);
}

void cli_media_folder_close(cli_media_folder *folder) {
  for (int64_t i = 0; i < folder->n; i++) file_clear(&folder->files[i]);
  free(folder->files);
  *folder = (cli_media_folder){0};
}

static mer_status add_file(cli_media_folder *folder, const char *path, const char *name,
                           mer_error *err) {
  cli_media_file *grown = realloc(folder->files, sizeof *grown * (size_t)(folder->n + 1));
  if (!grown) return fail_memory(err);
  folder->files = grown;
  cli_media_file *file = &grown[folder->n++];
  *file = (cli_media_file){.name = strdup(name), .is_video = is_video(name)};
  char *full = cli_path_join(path, name);
  if (is_transcript(name)) file->transcript = full;
  else file->media = full;
  return file->name && full ? MER_OK : fail_memory(err);
}

/* The media file that a transcript names whole, as "a.wav.txt" does; or NULL. */
static cli_media_file *find_named(cli_media_folder *folder, const char *transcript) {
  char name[NAME_MAX + 1];
  snprintf(name, sizeof name, "%.*s", (int)stem_size(transcript), transcript);
  const cli_media_file key = {.name = name, .media = name};
  return bsearch(&key, folder->files, (size_t)folder->n, sizeof key, compare_files);
}

static mer_status give(cli_media_file *media, const char *transcript, mer_error *err) {
  media->transcript = strdup(transcript);
  return media->transcript ? MER_OK : fail_memory(err);
}

static void warn_shared(const mer_monitor *monitor, const char *transcript, const char *first,
                        const char *second) {
  char message[1024];
  snprintf(message, sizeof message, "%.300s is the transcript of %.300s and of %.300s", transcript,
           first, second);
  if (monitor && monitor->log) monitor->log(monitor->user, MER_LOG_WARNING, message);
}

/* Gives the transcript at `index` to the recordings of its stem that have none, which are sorted
 * before it; `*n` of them. */
static mer_status give_to_stem(int64_t *n, cli_media_folder *folder, int64_t index,
                               const mer_monitor *monitor, mer_error *err) {
  const cli_media_file *file = &folder->files[index];
  const char *first = NULL;
  mer_status status = MER_OK;
  *n = 0;
  for (int64_t i = index - 1; i >= 0 && status == MER_OK; i--) {
    cli_media_file *media = &folder->files[i];
    if (!same_stem(media->name, file->name)) break;
    if (!media->media || media->transcript) continue;
    if ((*n)++ == 0) first = media->name;
    else warn_shared(monitor, file->name, media->name, first);
    status = give(media, file->transcript, err);
  }
  return status;
}

/* Gives each recording its transcript; transcripts without one stay by themselves. */
static mer_status pair(cli_media_folder *folder, const mer_monitor *monitor, mer_error *err) {
  bool *used = calloc((size_t)folder->n, sizeof *used);
  mer_status status = used ? MER_OK : fail_memory(err);
  for (int64_t i = 0; i < folder->n && status == MER_OK; i++) {
    const cli_media_file *file = &folder->files[i];
    cli_media_file *media = file->media ? NULL : find_named(folder, file->name);
    used[i] = media && !media->transcript; /* a second one, "a.wav.TXT", stays by itself */
    if (used[i]) status = give(media, file->transcript, err);
  }
  for (int64_t i = 0; i < folder->n && status == MER_OK; i++) {
    int64_t n = 0;
    if (folder->files[i].media || used[i]) continue;
    status = give_to_stem(&n, folder, i, monitor, err);
    used[i] = n > 0;
  }
  int64_t n = 0;
  for (int64_t i = 0; i < folder->n && status == MER_OK; i++) {
    if (used[i]) file_clear(&folder->files[i]);
    else folder->files[n++] = folder->files[i];
  }
  if (status == MER_OK) folder->n = n;
  free(used);
  return status;
}

static mer_status list_files(cli_media_folder *folder, DIR *dir, const char *path, bool media,
                             bool text, mer_error *err) {
  mer_status status = MER_OK;
  while (status == MER_OK) {
    errno = 0; /* readdir tells a failure from the end by it alone */
    struct dirent *entry = readdir(dir);
    if (!entry) return errno ? fail(err, MER_STATUS_IO, path, strerror(errno)) : MER_OK;
    const char *name = entry->d_name;
    if (name[0] == '.' || !(is_transcript(name) ? text : media)) continue;
    char *full = cli_path_join(path, name);
    if (!full) status = fail_memory(err);
    else if (is_file(full)) status = add_file(folder, path, name, err);
    free(full);
  }
  return status;
}

mer_status cli_media_folder_open(cli_media_folder *folder, const char *path, bool media, bool text,
                                 const mer_monitor *monitor, mer_error *err) {
  DIR *dir = opendir(path);
  if (!dir)
    return fail(err, MER_STATUS_NOT_FOUND, path,
                errno == ENOTDIR ? "not a folder; a file is given with --audio or --jsonl"
                                 : strerror(errno));
  mer_status status = list_files(folder, dir, path, media, text, err);
  closedir(dir);
  if (status == MER_OK && folder->n == 0)
    return fail(err, MER_STATUS_NOT_FOUND, path,
                media && text ? "the folder has no media files and no transcripts (.txt)"
                : media       ? "the folder has no media files"
                              : "the folder has no texts (.txt)");
  if (status != MER_OK) return status;
  qsort(folder->files, (size_t)folder->n, sizeof *folder->files, compare_files);
  return pair(folder, monitor, err);
}
