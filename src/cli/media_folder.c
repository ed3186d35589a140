/* media_folder.c: the utterances of a folder. */
#include "cli/media_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_TRANSCRIPT_BYTES = 1 << 20 };

static mer_status fail(mer_error *err, mer_status status, const char *path, const char *what) {
  err->status = status;
  snprintf(err->message, sizeof err->message, "%s: %s", path, what);
  return status;
}

static char *join(const char *folder, const char *name) {
  size_t size = strlen(folder) + strlen(name) + 2;
  char *path = malloc(size);
  if (path) snprintf(path, size, "%s/%s", folder, name);
  return path;
}

static bool is_transcript(const char *name) {
  size_t n = strlen(name);
  return n > 4 && strcmp(name + n - 4, ".txt") == 0;
}

static bool is_file(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Length of a name without its extension. */
static size_t stem_size(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot && dot > name ? (size_t)(dot - name) : strlen(name);
}

/* By stem; of equal stems, media files before the transcript. */
static int compare_files(const void *a, const void *b) {
  const cli_media_file *x = a, *y = b;
  size_t n = stem_size(x->name), m = stem_size(y->name);
  int order = strncmp(x->name, y->name, n < m ? n : m);
  if (order == 0 && n != m) order = n < m ? -1 : 1;
  if (order == 0) order = (x->media == NULL) - (y->media == NULL);
  return order ? order : strcmp(x->name, y->name);
}

static bool same_stem(const cli_media_file *x, const cli_media_file *y) {
  size_t n = stem_size(x->name);
  return n == stem_size(y->name) && strncmp(x->name, y->name, n) == 0;
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
  if (!grown) return fail(err, MER_STATUS_NO_MEMORY, path, "out of memory");
  folder->files = grown;
  cli_media_file *file = &grown[folder->n];
  *file = (cli_media_file){.name = join(".", name)};
  char *full = join(path, name);
  if (is_transcript(name)) file->transcript = full;
  else file->media = full;
  if (!file->name || !full) return fail(err, MER_STATUS_NO_MEMORY, path, "out of memory");
  memmove(file->name, file->name + 2, strlen(name) + 1); /* without the "./" */
  folder->n++;
  return MER_OK;
}

/* Gives each media file the transcript of its stem; transcripts without one stay by themselves. */
static void pair(cli_media_folder *folder) {
  int64_t n = 0;
  for (int64_t i = 0; i < folder->n; i++) {
    cli_media_file *file = &folder->files[i], *last = n ? &folder->files[n - 1] : NULL;
    if (last && file->transcript && !file->media && last->media && !last->transcript &&
        same_stem(last, file)) {
      last->transcript = file->transcript;
      free(file->name);
    } else {
      folder->files[n++] = *file;
    }
  }
  folder->n = n;
}

mer_status cli_media_folder_open(cli_media_folder *folder, const char *path, bool media, bool text,
                                 mer_error *err) {
  DIR *dir = opendir(path);
  if (!dir) return fail(err, MER_STATUS_NOT_FOUND, path, strerror(errno));
  mer_status status = MER_OK;
  for (struct dirent *entry; status == MER_OK && (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (name[0] == '.' || !(is_transcript(name) ? text : media)) continue;
    char *full = join(path, name);
    if (full && is_file(full)) status = add_file(folder, path, name, err);
    free(full);
  }
  closedir(dir);
  if (status == MER_OK && folder->n == 0)
    return fail(err, MER_STATUS_NOT_FOUND, path,
                media && text ? "the folder has no media files and no transcripts (.txt)"
                : media       ? "the folder has no media files"
                              : "the folder has no texts (.txt)");
  if (status != MER_OK) return status;
  qsort(folder->files, (size_t)folder->n, sizeof *folder->files, compare_files);
  pair(folder);
  return MER_OK;
}

char *cli_read_transcript(const char *path, char *error, size_t size) {
  FILE *in = fopen(path, "rb");
  char *text = in ? malloc(MAX_TRANSCRIPT_BYTES + 1) : NULL;
  size_t n = text ? fread(text, 1, MAX_TRANSCRIPT_BYTES, in) : 0;
  if (text) text[n] = 0;
  if (!text || ferror(in)) {
    snprintf(error, size, "%s: cannot read: %s", path, strerror(errno));
    free(text);
    text = NULL;
  }
  if (in) fclose(in);
  return text;
}
