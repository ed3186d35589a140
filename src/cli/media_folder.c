/* media_folder.c: the utterances of a folder and those in it. A folder is listed whole, by names
 * alone, and what is in it is given before the next one is listed. */
#include "cli/media_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/grow.h"
#include "cli/path_join.h"
#include "cli/real_path.h"

/* A name in a folder. */
typedef struct entry {
  char *name;
  const char *transcript; /* the name of its transcript, an entry, or NULL */
  bool is_media, used;    /* used: it is the transcript of another entry */
} entry;

/* The names in a folder. */
typedef struct listing {
  entry *files; /* [n_files], sorted by name */
  char **folders;
  size_t n_files, files_capacity, n_folders, folders_capacity;
} listing;

/* A walk, and the output that is left out: the folder and the name of it. */
typedef struct walk {
  const cli_media_options *options;
  cli_media_sink *sink;
  void *user;
  size_t n_root; /* bytes of the path before the names below it */
  bool has_output;
  struct stat output_folder;
  char output_name[NAME_MAX + 1];
} walk;

/* A folder that is being walked, and those above it. */
typedef struct level {
  const struct level *above;
  dev_t device;
  ino_t inode;
} level;

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
  const entry *x = a, *y = b;
  size_t n = stem_size(x->name), m = stem_size(y->name);
  int order = strncmp(x->name, y->name, n < m ? n : m);
  if (order == 0) order = (n > m) - (n < m);
  if (order == 0) order = y->is_media - x->is_media;
  return order ? order : strcmp(x->name, y->name);
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* --- listing --- */

static void listing_clear(listing *list) {
  for (size_t i = 0; i < list->n_files; i++) free(list->files[i].name);
  for (size_t i = 0; i < list->n_folders; i++) free(list->folders[i]);
  free(list->files);
  free(list->folders);
}

static mer_status add_file(listing *list, const char *name, mer_error *err) {
  if (cli_grow(&list->files, &list->files_capacity, list->n_files, sizeof *list->files) != 0)
    return cli_no_memory(err);
  entry *e = &list->files[list->n_files];
  *e = (entry){.name = strdup(name), .is_media = !is_transcript(name)};
  if (!e->name) return cli_no_memory(err);
  list->n_files++;
  return MER_OK;
}

static mer_status add_folder(listing *list, const char *name, mer_error *err) {
  if (cli_grow(&list->folders, &list->folders_capacity, list->n_folders, sizeof *list->folders) !=
      0)
    return cli_no_memory(err);
  char *copy = strdup(name);
  if (!copy) return cli_no_memory(err);
  list->folders[list->n_folders++] = copy;
  return MER_OK;
}

static bool is_output(const walk *w, const level *at, const char *name) {
  const size_t n = strlen(w->output_name);
  return w->has_output && at->device == w->output_folder.st_dev &&
         at->inode == w->output_folder.st_ino && strncmp(name, w->output_name, n) == 0 &&
         (!name[n] || strcmp(name + n, ".partial") == 0 || strcmp(name + n, ".partial.state") == 0);
}

/* Adds a name: a folder; a regular file, or what cannot be examined (a link that leads nowhere),
 * whose answer will say so; neither a FIFO nor a device. */
static mer_status add_name(listing *list, const walk *w, const level *at, const char *path,
                           const char *name, mer_error *err) {
  struct stat info;
  if (name[0] == '.' || is_output(w, at, name)) return MER_OK;
  char *full = cli_path_join(path, name);
  if (!full) return cli_no_memory(err);
  const bool known = stat(full, &info) == 0;
  const bool is_file =
      known ? S_ISREG(info.st_mode) : lstat(full, &info) == 0 || errno != ENOENT; /* removed */
  free(full);
  if (known && S_ISDIR(info.st_mode)) return add_folder(list, name, err);
  const bool wanted = is_transcript(name) ? w->options->text : w->options->media;
  return is_file && wanted ? add_file(list, name, err) : MER_OK;
}

/* Lists a folder; `*reason` is errno where it cannot be read. */
static mer_status list_folder(listing *list, int *reason, const walk *w, const level *at,
                              const char *path, mer_error *err) {
  mer_status status = MER_OK;
  DIR *dir = opendir(path);
  *reason = dir ? 0 : errno;
  while (dir && status == MER_OK) {
    errno = 0; /* readdir tells a failure from the end by it alone */
    struct dirent *item = readdir(dir);
    if (!item) {
      *reason = errno;
      break;
    }
    status = add_name(list, w, at, path, item->d_name, err);
  }
  if (dir) closedir(dir);
  if (list->n_files) qsort(list->files, list->n_files, sizeof *list->files, compare_files);
  if (list->n_folders) qsort(list->folders, list->n_folders, sizeof *list->folders, compare_names);
  return status;
}

/* --- transcripts --- */

/* The media file that a transcript names whole, as "a.wav.txt" does; or NULL. */
static entry *find_named(const listing *list, const char *transcript) {
  char name[NAME_MAX + 1];
  snprintf(name, sizeof name, "%.*s", (int)stem_size(transcript), transcript);
  const entry key = {.name = name, .is_media = true};
  return bsearch(&key, list->files, list->n_files, sizeof key, compare_files);
}

/* Gives the transcript at `index` to the recordings of its stem that have none, which are sorted
 * before it. */
static void give_to_stem(const listing *list, size_t index, const mer_monitor *monitor) {
  entry *transcript = &list->files[index];
  const char *first = NULL;
  for (size_t i = index; i-- > 0;) {
    entry *e = &list->files[i];
    if (!same_stem(e->name, transcript->name)) break;
    if (!e->is_media || e->transcript) continue;
    if (first)
      cli_warn(monitor, "%s is the transcript of %s and of %s", transcript->name, e->name, first);
    else first = e->name;
    e->transcript = transcript->name;
    transcript->used = true;
  }
}

/* Gives each recording its transcript; transcripts without one stay by themselves. */
static void pair(const listing *list, const mer_monitor *monitor) {
  for (size_t i = 0; i < list->n_files; i++) {
    entry *e = &list->files[i], *media = e->is_media ? NULL : find_named(list, e->name);
    if (!media || media->transcript) continue; /* a second one, "a.wav.TXT", stays by itself */
    media->transcript = e->name;
    e->used = true;
  }
  for (size_t i = 0; i < list->n_files; i++)
    if (!list->files[i].is_media && !list->files[i].used) give_to_stem(list, i, monitor);
}

/* --- the walk --- */

static mer_status give_file(const walk *w, const char *path, const entry *e, mer_error *err) {
  char *full = cli_path_join(path, e->name);
  char *transcript = e->transcript ? cli_path_join(path, e->transcript) : NULL;
  mer_status status = MER_OK;
  if (!full || (e->transcript && !transcript)) status = cli_no_memory(err);
  if (status == MER_OK) {
    const cli_media_file file = {.name = full + w->n_root,
                                 .media = e->is_media ? full : NULL,
                                 .transcript = e->is_media ? transcript : full,
                                 .is_video = is_video(e->name)};
    status = w->sink(w->user, &file, err);
  }
  free(full);
  free(transcript);
  return status;
}

static mer_status give_fault(const walk *w, const char *path, const char *fault, mer_error *err) {
  const cli_media_file file = {.name = strlen(path) <= w->n_root ? path : path + w->n_root,
                               .fault = fault};
  return w->sink(w->user, &file, err);
}

static bool is_above(const level *at, const struct stat *info) {
  for (; at; at = at->above)
    if (at->device == info->st_dev && at->inode == info->st_ino) return true;
  return false;
}

/* Gives what is in a folder below the one at the beginning, which is `above` NULL. */
static mer_status walk_folder(const walk *w, const char *path, const level *above, mer_error *err) {
  struct stat info;
  listing list = {0};
  int reason = 0;
  if (stat(path, &info) != 0) return give_fault(w, path, strerror(errno), err);
  if (is_above(above, &info)) return give_fault(w, path, "leads back to a folder above it", err);
  const level here = {.above = above, .device = info.st_dev, .inode = info.st_ino};
  mer_status status = list_folder(&list, &reason, w, &here, path, err);
  pair(&list, w->options->monitor);
  for (size_t i = 0; i < list.n_files && status == MER_OK; i++)
    if (!list.files[i].used) status = give_file(w, path, &list.files[i], err);
  if (status == MER_OK && reason) status = give_fault(w, path, strerror(reason), err);
  for (size_t i = 0; i < list.n_folders && status == MER_OK; i++) {
    char *below = cli_path_join(path, list.folders[i]);
    status = below ? walk_folder(w, below, &here, err) : cli_no_memory(err);
    free(below);
  }
  listing_clear(&list);
  return status;
}

/* Where the output is, so that it is not taken for a file of the folder. */
static void find_output(walk *w) {
  char *target = w->options->output ? mer_path_follow(w->options->output) : NULL;
  char *folder = target ? cli_folder_of(target) : NULL;
  if (folder && stat(folder, &w->output_folder) == 0) {
    const char *slash = strrchr(target, '/');
    snprintf(w->output_name, sizeof w->output_name, "%.255s", slash ? slash + 1 : target);
    w->has_output = w->output_name[0];
  }
  mer_path_free(target);
  free(folder);
}

mer_status cli_media_folder_walk(const char *path, const cli_media_options *options,
                                 cli_media_sink *sink, void *user, mer_error *err) {
  const size_t n = strlen(path), n_root = n + !(n > 0 && path[n - 1] == '/');
  walk w = {
      .options = options, .sink = sink, .user = user, .n_root = options->whole_names ? 0 : n_root};
  DIR *dir = opendir(path);
  if (!dir) {
    snprintf(err->message, sizeof err->message, "%.400s: %s", path, strerror(errno));
    return err->status = MER_STATUS_NOT_FOUND;
  }
  closedir(dir);
  find_output(&w);
  return walk_folder(&w, path, NULL, err);
}

const char *cli_media_nothing(const cli_media_options *options) {
  return options->media && options->text ? "the folder has no media files and no transcripts (.txt)"
         : options->media                ? "the folder has no media files"
                                         : "the folder has no texts (.txt)";
}

/* --- a file by itself --- */

/* The path with its ending, of `keep` bytes without it, replaced, if there is such a file; else
 * NULL. */
static char *beside(const char *path, size_t keep, const char *ending) {
  struct stat info;
  const size_t size = keep + strlen(ending) + 1;
  char *other = malloc(size);
  if (other) snprintf(other, size, "%.*s%s", (int)keep, path, ending);
  if (other && stat(other, &info) == 0 && S_ISREG(info.st_mode)) return other;
  free(other);
  return NULL;
}

mer_status cli_media_file_find(cli_media_file *file, const char *path, bool text, mer_error *err) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const size_t whole = strlen(path), stem = (size_t)(name - path) + stem_size(name);
  const bool is_text = is_transcript(name);
  *file = (cli_media_file){.name = strdup(path), .is_video = is_video(name)};
  if (is_text) file->transcript = strdup(path);
  else file->media = strdup(path);
  if (!file->name || !(is_text ? file->transcript : file->media)) {
    cli_media_file_clear(file);
    return cli_no_memory(err);
  }
  static const char *const endings[] = {".txt", ".TXT"};
  for (int i = 0; i < 4 && text && !file->transcript; i++)
    file->transcript = beside(path, i < 2 ? whole : stem, endings[i % 2]);
  return MER_OK;
}

void cli_media_file_clear(cli_media_file *file) {
  free((char *)file->name);
  free((char *)file->media);
  free((char *)file->transcript);
  *file = (cli_media_file){0};
}
