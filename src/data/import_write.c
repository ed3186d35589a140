/* import_write.c: the rows of an import as a manifest: CSV with the columns that any row has. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text_buffer.h"
#include "data/import.h"
#include "text/utf8.h"

typedef struct writer {
  const mer__import *import;
  char corpus[3 * PATH_MAX], images[3 * PATH_MAX]; /* folders, from that of the manifest */
  mer__text_buffer text;
} writer;

/* Strings of a row, which are columns where any row has one. */
typedef enum column {
  TEXT,
  AUDIO,
  VIDEO,
  IMAGE,
  SPEAKER,
  DIALOGUE,
  UTTERANCE,
  START,
  END,
  SENTIMENT,
  N_COLUMNS
} column;
static const char *const names[N_COLUMNS] = {"text",    "audio",    "video",     "image",
                                             "speaker", "dialogue", "utterance", "start",
                                             "end",     "sentiment"};

static const char *value(const mer__import_row *row, column c) {
  const char *const values[N_COLUMNS] = {row->text,    row->audio,    row->video,     row->image,
                                         row->speaker, row->dialogue, row->utterance, row->start,
                                         row->end,     row->sentiment};
  return values[c];
}

static mer_status real(char *out, const char *path, mer_error *err) {
  if (realpath(path, out)) return MER_OK;
  return mer__fail(err, errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO, "%s: %s", path,
                   strerror(errno));
}

/* The way from one folder to another, as "../a/" or "". */
static mer_status relative(char *out, const char *from, const char *to, mer_error *err) {
  char a[PATH_MAX + 1], b[PATH_MAX + 1]; /* with a '/' at the end */
  mer_status status = real(a, from, err);
  if (status == MER_OK) status = real(b, to, err);
  if (status != MER_OK) return status;
  if (mer__utf8_valid((const uint8_t *)b, strlen(b)) != strlen(b))
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: the folder's name is not UTF-8, so that no manifest can hold it", b);
  size_t shared = 0; /* up to the last '/' that both have */
  if (strcmp(a, "/") != 0) strcat(a, "/");
  if (strcmp(b, "/") != 0) strcat(b, "/");
  for (size_t i = 0; a[i] && a[i] == b[i]; i++)
    if (a[i] == '/') shared = i + 1;
  *out = 0;
  for (const char *c = a + shared; *c; c++)
    if (*c == '/') strcat(out, "../");
  strcat(out, b + shared);
  return MER_OK;
}

/* What a cell has only between quotes. */
static const char special[] = ",;\t\"\r\n";

static void put_cell(mer__text_buffer *out, const char *prefix, const char *text) {
  const size_t size = text ? strlen(text) : 0;
  if (!size) return;
  const bool quoted = strpbrk(prefix, special) || strpbrk(text, special) ||
                      (*prefix ? *prefix : *text) == ' ' || text[size - 1] == ' ';
  if (quoted) mer__text_puts(out, "\"");
  for (int part = 0; part < 2; part++)
    for (const char *c = part ? text : prefix; *c; c++) {
      if (*c == '"') mer__text_puts(out, "\"");
      mer__text_append(out, c, 1);
    }
  if (quoted) mer__text_puts(out, "\"");
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The labels of a row, each once, in the order of the alphabet, joined by bars; "" if it has none.
 */
static void list_labels(mer__text_buffer *out, const writer *w, const mer__import_row *row,
                        bool native) {
  const mer_import_summary *s = w->import->summary;
  const char *found[MER_IMPORT_MAX_LABELS];
  size_t n = 0;
  for (int k = 0; k < s->n_labels; k++) {
    const char *name = native ? s->labels[k].name : s->labels[k].label;
    if ((row->labels >> k & 1) && name) found[n++] = name;
  }
  qsort(found, n, sizeof *found, compare_names);
  for (size_t i = 0; i < n; i++) {
    if (i && strcmp(found[i], found[i - 1]) == 0) continue;
    if (i) mer__text_puts(out, "|");
    mer__text_puts(out, found[i]);
  }
}

static void put_header(writer *w, const bool *has) {
  const mer_import_summary *s = w->import->summary;
  mer__text_puts(&w->text, "split,label,native_label");
  for (int c = 0; c < N_COLUMNS; c++)
    if (has[c]) mer__text_printf(&w->text, ",%s", names[c]);
  for (int k = 0; w->import->corpus->has_votes && k + 1 < s->n_labels; k++)
    mer__text_printf(&w->text, ",votes_%s",
                     s->labels[k].label ? s->labels[k].label : s->labels[k].name);
  mer__text_puts(&w->text, "\n");
}

static const char *prefix_of(const writer *w, const mer__import_row *row, column c) {
  if (c != AUDIO && c != VIDEO && c != IMAGE) return "";
  return c == IMAGE && row->image_is_new ? w->images : w->corpus;
}

static void put_row(writer *w, const bool *has, const mer__import_row *row) {
  mer__text_buffer labels = {0}, native = {0};
  list_labels(&labels, w, row, false);
  list_labels(&native, w, row, true);
  if (labels.size) {
    mer__text_printf(&w->text, "%s,%s,%s", mer_split_name(row->split), labels.data, native.data);
    for (int c = 0; c < N_COLUMNS; c++) {
      if (!has[c]) continue;
      mer__text_puts(&w->text, ",");
      put_cell(&w->text, prefix_of(w, row, (column)c), value(row, (column)c));
    }
    for (int k = 0; w->import->corpus->has_votes && k + 1 < w->import->summary->n_labels; k++)
      mer__text_printf(&w->text, ",%s", row->votes[k]);
    mer__text_puts(&w->text, "\n");
  }
  w->text.failed |= labels.failed || native.failed;
  mer__text_clear(&labels);
  mer__text_clear(&native);
}

static mer_status make_text(writer *w, mer_error *err) {
  const mer__import *import = w->import;
  bool has[N_COLUMNS] = {0};
  for (size_t i = 0; i < import->n_rows; i++)
    for (int c = 0; c < N_COLUMNS; c++) has[c] |= value(&import->rows[i], (column)c) != NULL;
  put_header(w, has);
  for (size_t i = 0; i < import->n_rows; i++) put_row(w, has, &import->rows[i]);
  if (w->text.full)
    return mer__fail(err, MER_STATUS_LIMIT, "the manifest would be over %zu bytes",
                     MER__TEXT_BUFFER_MAX);
  return w->text.failed ? mer__fail_memory(err) : MER_OK;
}

/* A manifest that is there already may have been edited: only one of the same bytes is replaced. */
static mer_status check_earlier(const char *target, const mer__text_buffer *text, const char *path,
                                mer_error *err) {
  struct stat info;
  char *data = NULL;
  size_t size = 0;
  if (mer_path_is_descriptor(target) || stat(target, &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_size == 0)
    return MER_OK;
  mer_status status = mer__file_read(&data, &size, target, MER__TEXT_BUFFER_MAX, err);
  const bool same = status == MER_OK && size == text->size && memcmp(data, text->data, size) == 0;
  mer__free(data);
  if (same || (status != MER_OK && status != MER_STATUS_LIMIT)) return status;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: exists and differs; remove it or choose another name", path);
}

mer_status mer__import_write(const mer__import *import, const char *path, mer_error *err) {
  mer_status status;
  char *target = mer_path_follow(path), *folder = NULL;
  writer *w = mer__calloc(1, sizeof *w);
  if (target) folder = mer__path_folder(mer_path_is_descriptor(target) ? "" : path);
  if (!folder || !w) MER__CHECK(mer__fail_memory(err));
  w->import = import;
  MER__CHECK(relative(w->corpus, folder, import->folder, err));
  if (import->options.images_folder && mer__path_is_folder(import->options.images_folder))
    MER__CHECK(relative(w->images, folder, import->options.images_folder, err));
  MER__CHECK(make_text(w, err));
  MER__CHECK(check_earlier(target, &w->text, path, err));
  MER__CHECK(mer_file_write(path, w->text.data, w->text.size, import->options.monitor, err));
cleanup:
  if (w) mer__text_clear(&w->text);
  mer__free(w);
  mer__free(target);
  mer__free(folder);
  return status;
}
