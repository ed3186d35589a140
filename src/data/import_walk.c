/* import_walk.c: rows of a corpus from the names of its files: its folders are walked in the order
 * of their names, links to folders are not followed. Recordings of one name (a sound and its video,
 * a second copy) become one row. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "data/import.h"
#include "text/utf8.h"

enum { MAX_DEPTH = 32, MAX_FILES = 1 << 22 };

typedef enum media_kind { NO_MEDIA, LOSSLESS, LOSSY, VIDEO, IMAGE } media_kind;

static media_kind kind_of(const char *name) {
  static const struct {
    const char *ending;
    media_kind kind;
  } kinds[] = {{".wav", LOSSLESS}, {".flac", LOSSLESS}, {".ogg", LOSSY},  {".opus", LOSSY},
               {".mp3", LOSSY},    {".m4a", LOSSY},     {".mp4", VIDEO},  {".flv", VIDEO},
               {".avi", VIDEO},    {".mov", VIDEO},     {".mkv", VIDEO},  {".webm", VIDEO},
               {".png", IMAGE},    {".jpg", IMAGE},     {".jpeg", IMAGE}, {".bmp", IMAGE}};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && dot != name && i < sizeof kinds / sizeof *kinds; i++)
    if (strcasecmp(dot, kinds[i].ending) == 0) return kinds[i].kind;
  return NO_MEDIA;
}

/* What tells files of one recording: the speaker and the name, with or without the speaker before
 * it, else the whole path; without the ending. */
static const char *make_key(mer__import *import, const char *path, const char *speaker) {
  const char *from = *speaker ? mer__path_name(path) : path;
  const size_t size = strlen(speaker);
  if (size && strncmp(from, speaker, size) == 0 && from[size] == '_') from += size + 1;
  return mer__import_format(import, "%s/%.*s", speaker, (int)(strrchr(from, '.') - from), from);
}

static mer_status add_file(mer__import *import, const char *path, media_kind kind, mer_error *err) {
  const mer__corpus *corpus = import->corpus;
  mer__file_name name = {0};
  const mer__name_kind found = corpus->parse(&name, corpus, path);
  if (found == MER__NAME_OTHER) import->summary->n_other++;
  if (found == MER__NAME_BAD)
    mer__import_fault(import, "%s/%s: the name is not one of %s: expected as %s", import->folder,
                      path, corpus->name, corpus->expected);
  if (found != MER__NAME_GOOD) return MER_OK;
  const char *own = mer__import_format(import, "%s", path);
  const char *speaker = mer__import_format(import, "%s", name.speaker);
  const char *key = make_key(import, path, name.speaker);
  if (!own || !speaker || !key) return mer__fail_memory(err);
  mer__import_row row = {.split = name.split,
                         .labels = 1u << name.label,
                         .key = key,
                         .speaker = *speaker ? speaker : NULL,
                         .audio = kind == LOSSLESS || kind == LOSSY ? own : NULL,
                         .video = kind == VIDEO ? own : NULL,
                         .image = kind == IMAGE ? own : NULL};
  if (import->n_rows >= MAX_FILES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %d files", import->folder, MAX_FILES);
  return mer__import_add(import, &row, err);
}

static mer_status walk(mer__import *import, const char *below, int depth, mer_error *err);

/* What has the name in the folder `below` the corpus' own: a file, or a folder that is walked. */
static mer_status visit(mer__import *import, const char *below, const char *name, int depth,
                        mer_error *err) {
  struct stat info;
  mer_status status = MER_OK;
  char *path = mer__path_join(below, name);
  char *full = path ? mer__path_join(import->folder, path) : NULL;
  if (!full) MER__CHECK(mer__fail_memory(err));
  const bool is_link = lstat(full, &info) == 0 && S_ISLNK(info.st_mode);
  const media_kind kind = kind_of(name);
  if (name[0] == '.' || strcmp(name, "__MACOSX") == 0) { /* what file managers leave */
    import->summary->n_other++;
  } else if (stat(full, &info) != 0) {
    mer__import_fault(import, "%s: %s", full, strerror(errno));
  } else if (S_ISDIR(info.st_mode)) {
    if (is_link) mer__import_fault(import, "%s: a link to a folder, which is not followed", full);
    else status = walk(import, path, depth + 1, err);
  } else if (!S_ISREG(info.st_mode) || kind == NO_MEDIA ||
             (kind == IMAGE) != import->corpus->of_images) {
    import->summary->n_other++;
  } else if (mer__utf8_valid((const uint8_t *)path, strlen(path)) != strlen(path)) {
    mer__import_fault(import, "%s: the name is not UTF-8, so that no manifest can hold it", full);
  } else status = add_file(import, path, kind, err);
cleanup:
  mer__free(path);
  mer__free(full);
  return status;
}

static mer_status walk(mer__import *import, const char *below, int depth, mer_error *err) {
  char **names = NULL, *full = mer__path_join(import->folder, below);
  size_t n_names = 0;
  mer_status status;
  if (!full) return mer__fail_memory(err);
  if (depth > MAX_DEPTH)
    MER__CHECK(
        mer__fail(err, MER_STATUS_LIMIT, "%s: folders in folders, over %d", full, MAX_DEPTH));
  MER__CHECK(mer__import_go_on(import, full, err));
  MER__CHECK(mer__folder_list(&names, &n_names, full, err));
  for (size_t i = 0; i < n_names; i++) MER__CHECK(visit(import, below, names[i], depth, err));
cleanup:
  mer__folder_free(names, n_names);
  mer__free(full);
  return status;
}

static const char *first_path(const mer__import_row *row) {
  return row->audio ? row->audio : row->video ? row->video : row->image;
}

/* Files of one recording side by side: sound without loss, other sound, video. */
static int compare_keys(const void *a, const void *b) {
  const mer__import_row *x = a, *y = b;
  int order = strcmp(x->key, y->key);
  if (order == 0) order = (int)kind_of(first_path(x)) - (int)kind_of(first_path(y));
  return order ? order : strcmp(first_path(x), first_path(y));
}

static int compare_paths(const void *a, const void *b) {
  return strcmp(first_path(a), first_path(b));
}

/* A second file of a recording. Of one with two labels nobody knows which is right: it is left out.
 */
static void join_file(mer__import *import, mer__import_row *first, const mer__import_row *row) {
  if (first->labels != row->labels) {
    mer__import_fault(import, "%s/%s: has another label than %s, which has the same name",
                      import->folder, first_path(row), first_path(first));
    first->labels = 0;
  } else if (row->video && !first->video) first->video = row->video;
  else import->summary->n_repeated++;
}

/* Makes one row of the files of each recording. */
static void join_files(mer__import *import) {
  size_t n = 0;
  for (size_t i = 0; i < import->n_rows; i++) {
    const mer__import_row *row = &import->rows[i];
    mer__import_row *last = n ? &import->rows[n - 1] : NULL;
    if (!last || strcmp(last->key, row->key) != 0) import->rows[n++] = *row;
    else join_file(import, last, row);
  }
  import->n_rows = n;
  for (size_t i = 0; i < n; i++) /* a video has the sound, too */
    if (!import->rows[i].audio) import->rows[i].audio = import->rows[i].video;
}

static bool is_listed(const char *names, const char *name) {
  const size_t size = strlen(name);
  for (const char *at = names; (at = strstr(at, name)); at += size)
    if ((at == names || at[-1] == ' ') && (at[size] == ' ' || !at[size])) return true;
  return false;
}

/* The split of a speaker, where the corpus lists them. */
static void set_splits(mer__import *import) {
  const mer__corpus *corpus = import->corpus;
  for (size_t i = 0; corpus->dev && i < import->n_rows; i++) {
    mer__import_row *row = &import->rows[i];
    row->split = is_listed(corpus->dev, row->speaker)    ? MER_SPLIT_DEV
                 : is_listed(corpus->test, row->speaker) ? MER_SPLIT_TEST
                                                         : MER_SPLIT_TRAIN;
  }
}

mer_status mer__import_files(mer__import *import, mer_error *err) {
  mer_status status = walk(import, "", 0, err);
  if (status != MER_OK || !import->n_rows) return status;
  qsort(import->rows, import->n_rows, sizeof *import->rows, compare_keys);
  join_files(import);
  qsort(import->rows, import->n_rows, sizeof *import->rows, compare_paths);
  set_splits(import);
  return MER_OK;
}
