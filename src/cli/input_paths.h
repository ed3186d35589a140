/* input_paths.h: what `mer predict` is given: files, folders, patterns of names, lines of JSON
 * and tables, as one sequence of utterances. */
#ifndef MER_CLI_INPUT_PATHS_H
#define MER_CLI_INPUT_PATHS_H

#include "cli/media_folder.h"
#include "mer/text.h"

typedef enum cli_path_kind {
  CLI_PATH_FILE,    /* one utterance: a media file or a text */
  CLI_PATH_FOLDER,  /* one for each of its files */
  CLI_PATH_OBJECTS, /* one for each line of JSON, or row of a table */
} cli_path_kind;

typedef struct cli_path {
  char *path;
  cli_path_kind kind;
  bool is_json; /* of objects: JSON lines, whatever is in them */
} cli_path;

/** Zero-initialize. */
typedef struct cli_inputs {
  cli_path *paths; /* [n] */
  size_t n, capacity;
  cli_media_options media;
} cli_inputs;

/** An utterance. Borrowed while it is given. */
typedef struct cli_input_item {
  const cli_media_file *file; /* NULL: it is an object */
  const mer_line *object;     /* of `source`, whose paths are relative to `folder` */
  const char *source, *folder;
  bool first; /* of the objects of its source */
  bool last;  /* nothing follows at once: more must be waited for, or there is no more */
} cli_input_item;

/** Takes the utterances in their order; a status other than MER_OK ends the walk with it. */
typedef mer_status cli_input_sink(void *user, const cli_input_item *item, mer_error *err);

/** Adds what a name of the command line stands for: a folder, a file, of the endings .jsonl,
 * .ndjson, .csv and .tsv one of objects, "-" for those of standard input; or, if nothing has
 * that name, a pattern (*, ?, [..]) for the names that fit. MER_STATUS_NOT_FOUND: none fits;
 * MER_STATUS_NO_MEMORY. */
mer_status cli_inputs_add(cli_inputs *inputs, const char *name, mer_error *err);
/** Adds a file of JSON lines. */
mer_status cli_inputs_add_lines(cli_inputs *inputs, const char *path, mer_error *err);
void cli_inputs_clear(cli_inputs *inputs);

/** Whether they can be read twice: none is standard input or a pipe. */
bool cli_inputs_are_files(const cli_inputs *inputs);
/** The one of them that is the same file as `output`, or NULL. */
const char *cli_inputs_find(const cli_inputs *inputs, const char *output);

/** Gives all utterances. MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_FORMAT (a folder or a file
 * of objects that cannot be read), MER_STATUS_NO_MEMORY; those of the sink. */
mer_status cli_inputs_walk(const cli_inputs *inputs, cli_input_sink *sink, void *user,
                           mer_error *err);
/** Counts them, and tells whether they are those of another run. MER_STATUS_NOT_FOUND, too: a
 * folder with none; MER_STATUS_INTERRUPTED, by the monitor of `inputs`. */
mer_status cli_inputs_count(int64_t *n, uint64_t *fingerprint, const cli_inputs *inputs,
                            mer_error *err);

#endif
