/* input_paths.c: names of the command line to a sequence of utterances. */
#include "cli/input_paths.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/fingerprint.h"
#include "cli/grow.h"
#include "cli/output_file.h"
#include "cli/real_path.h"
#include "mer/data.h"

enum { MAX_LINE_BYTES = 64 << 20 };

/* --- names --- */

static bool has_ending(const char *path, const char *const *endings) {
  const char *dot = strrchr(path, '.');
  for (; dot && *endings; endings++)
    if (strcasecmp(dot, *endings) == 0) return true;
  return false;
}

static mer_status add(cli_inputs *inputs, const char *path, cli_path_kind kind, bool is_json,
                      mer_error *err) {
  if (cli_grow(&inputs->paths, &inputs->capacity, inputs->n, sizeof *inputs->paths) != 0)
    return cli_no_memory(err);
  char *copy = strdup(path);
  if (!copy) return cli_no_memory(err);
  inputs->paths[inputs->n++] = (cli_path){.path = copy, .kind = kind, .is_json = is_json};
  return MER_OK;
}

static mer_status add_path(cli_inputs *inputs, const char *path, mer_error *err) {
  static const char *const lines[] = {".jsonl", ".ndjson", NULL};
  static const char *const tables[] = {".csv", ".tsv", NULL};
  struct stat info;
  const bool is_json = has_ending(path, lines), is_table = has_ending(path, tables);
  const bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
  const cli_path_kind kind = strcmp(path, "-") == 0 ? CLI_PATH_OBJECTS
                             : is_folder            ? CLI_PATH_FOLDER
                             : is_json || is_table  ? CLI_PATH_OBJECTS
                                                    : CLI_PATH_FILE;
  return add(inputs, path, kind, is_json, err);
}

static mer_status add_fitting(cli_inputs *inputs, const char *pattern, mer_error *err) {
  glob_t found = {0};
  mer_status status = MER_OK;
  const int code = glob(pattern, 0, NULL, &found);
  if (code == GLOB_NOSPACE) status = cli_no_memory(err);
  for (size_t i = 0; code == 0 && i < found.gl_pathc && status == MER_OK; i++)
    status = add_path(inputs, found.gl_pathv[i], err);
  if (code != 0 && status == MER_OK) {
    snprintf(err->message, sizeof err->message, "%.400s: no file has such a name", pattern);
    status = err->status = MER_STATUS_NOT_FOUND;
  }
  globfree(&found);
  return status;
}

mer_status cli_inputs_add(cli_inputs *inputs, const char *name, mer_error *err) {
  struct stat info;
  const bool is_pattern = name[strcspn(name, "*?[")] && lstat(name, &info) != 0;
  return is_pattern ? add_fitting(inputs, name, err) : add_path(inputs, name, err);
}

mer_status cli_inputs_add_lines(cli_inputs *inputs, const char *path, mer_error *err) {
  return add(inputs, path, CLI_PATH_OBJECTS, true, err);
}

void cli_inputs_clear(cli_inputs *inputs) {
  for (size_t i = 0; i < inputs->n; i++) free(inputs->paths[i].path);
  free(inputs->paths);
  *inputs = (cli_inputs){0};
}

bool cli_inputs_are_files(const cli_inputs *inputs) {
  struct stat info;
  for (size_t i = 0; i < inputs->n; i++) {
    const char *path = inputs->paths[i].path;
    if (inputs->paths[i].kind != CLI_PATH_OBJECTS) continue;
    if (strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode))) return false;
  }
  return true;
}

const char *cli_inputs_find(const cli_inputs *inputs, const char *output) {
  for (size_t i = 0; i < inputs->n; i++)
    if (cli_same_file(output, inputs->paths[i].path)) return inputs->paths[i].path;
  return NULL;
}

/* --- utterances --- */

/* A walk through one input. */
typedef struct walk {
  cli_input_sink *sink;
  void *user;
} walk;

static mer_status give_file(void *user, const cli_media_file *file, mer_error *err) {
  const walk *w = user;
  return w->sink(w->user, &(cli_input_item){.file = file}, err);
}

static mer_status walk_file(const walk *w, const cli_inputs *inputs, const char *path,
                            mer_error *err) {
  cli_media_file file;
  mer_status status = cli_media_file_find(&file, path, inputs->media.text, err);
  if (status != MER_OK) return status;
  status = w->sink(w->user, &(cli_input_item){.file = &file}, err);
  cli_media_file_clear(&file);
  return status;
}

/* Blank lines are none. */
static bool is_blank(const mer_line *line) {
  return !line->fault && strspn(line->text, " \t") == line->size;
}

static mer_status give_objects(const walk *w, const mer_line *lines, int n, cli_input_item *item,
                               mer_error *err) {
  mer_status status = MER_OK;
  int last = n - 1;
  while (last >= 0 && is_blank(&lines[last])) last--;
  for (int i = 0; i <= last && status == MER_OK; i++) {
    if (is_blank(&lines[i])) continue;
    item->object = &lines[i];
    item->last = i == last;
    status = w->sink(w->user, item, err);
    item->first = false;
  }
  return status;
}

static mer_status walk_objects(const walk *w, const cli_path *input, mer_error *err) {
  const char *path = strcmp(input->path, "-") == 0 ? NULL : input->path;
  mer_object_file *file = NULL;
  const mer_line *lines = NULL;
  int n = 0;
  char *folder = cli_folder_of_lines(path);
  mer_status status = folder ? mer_object_file_open(
                                   &file, path, input->is_json ? MER_OBJECTS_JSON : MER_OBJECTS_ANY,
                                   MAX_LINE_BYTES, err)
                             : cli_no_memory(err);
  cli_input_item item = {.folder = folder, .first = true};
  if (status == MER_OK) item.source = mer_object_file_name(file);
  if (status == MER_OK) status = mer_object_file_next(&lines, &n, file, err);
  while (status == MER_OK && n > 0) {
    status = give_objects(w, lines, n, &item, err);
    if (status == MER_OK) status = mer_object_file_next(&lines, &n, file, err);
  }
  mer_object_file_close(file);
  free(folder);
  return status;
}

static mer_status walk_one(const cli_inputs *inputs, const cli_path *input, walk *w,
                           mer_error *err) {
  cli_media_options media = inputs->media;
  media.whole_names = inputs->n > 1;
  switch (input->kind) {
    case CLI_PATH_FILE: return walk_file(w, inputs, input->path, err);
    case CLI_PATH_FOLDER: return cli_media_folder_walk(input->path, &media, give_file, w, err);
    default: return walk_objects(w, input, err);
  }
}

mer_status cli_inputs_walk(const cli_inputs *inputs, cli_input_sink *sink, void *user,
                           mer_error *err) {
  walk w = {.sink = sink, .user = user};
  mer_status status = MER_OK;
  for (size_t i = 0; i < inputs->n && status == MER_OK; i++)
    status = walk_one(inputs, &inputs->paths[i], &w, err);
  return status;
}

/* --- counting --- */

typedef struct count {
  int64_t n;
  uint64_t fingerprint;
  const mer_monitor *monitor;
} count;

static mer_status count_item(void *user, const cli_input_item *item, mer_error *err) {
  count *c = user;
  if (c->monitor && cli_check_interrupt(c->monitor, err) != MER_OK) return err->status;
  c->n++;
  uint64_t f = c->fingerprint;
  if (item->file) {
    f = cli_fingerprint_text(f, item->file->name);
    f = cli_fingerprint_file(f, item->file->media);
    f = cli_fingerprint_file(f, item->file->transcript);
  } else {
    f = cli_fingerprint_add(f, item->object->text, item->object->size);
    f = cli_fingerprint_text(f, item->object->fault);
  }
  c->fingerprint = f;
  return MER_OK;
}

mer_status cli_inputs_count(int64_t *n, uint64_t *fingerprint, const cli_inputs *inputs,
                            mer_error *err) {
  count c = {.fingerprint = CLI_FINGERPRINT_NONE, .monitor = inputs->media.monitor};
  walk w = {.sink = count_item, .user = &c};
  mer_status status = MER_OK;
  for (size_t i = 0; i < inputs->n && status == MER_OK; i++) {
    const int64_t before = c.n;
    status = walk_one(inputs, &inputs->paths[i], &w, err);
    if (status != MER_OK || c.n > before || inputs->paths[i].kind != CLI_PATH_FOLDER) continue;
    snprintf(err->message, sizeof err->message, "%.400s: %s", inputs->paths[i].path,
             cli_media_nothing(&inputs->media));
    status = err->status = MER_STATUS_NOT_FOUND;
  }
  *n = c.n;
  *fingerprint = c.fingerprint;
  return status;
}
