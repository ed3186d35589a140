/* data_options.h: the options that say which data a command works on. */
#ifndef MER_CLI_DATA_OPTIONS_H
#define MER_CLI_DATA_OPTIONS_H

#include "cli/cli.h"
#include "mer/data.h"
#include "mer/eval.h"
#include "mer/model.h"

typedef struct cli_data {
  const char *path, *media, *labels, *cache, *face_detector;
  cli_list paths; /* of a command that takes several data sets, in the place of `path` */
  bool no_cache, skip_missing;
  double max_duration_s;                       /* 0: the default */
  cli_list precomputed;                        /* "NAME=PATH" */
  const char *label_names[MER_MAX_LABELS + 1]; /* [n_labels]; 0: the seven emotions */
  int32_t n_labels;
  mer_target target;     /* what rows have; default one label */
  bool soft_labels;      /* training rows have shares of votes */
  char label_text[4096]; /* the labels, cut at the commas */
} cli_data;

/* Rows of an option table; `d` is a cli_data. */
#define CLI_DATA_OPTIONS(d)                                                     \
  {CLI_NAME,  0, "data", "PATH",                                                \
   &(d).path, 0, 0,      "data set: a folder in MELD's layout, or a manifest"}, \
      CLI_DATA_FURTHER_OPTIONS(d)

/* The same of several data sets. */
#define CLI_DATA_SETS_OPTIONS(d)                                                           \
  {CLI_LIST,                                                                               \
   0,                                                                                      \
   "data",                                                                                 \
   "PATH",                                                                                 \
   &(d).paths,                                                                             \
   0,                                                                                      \
   0,                                                                                      \
   "data set: a folder in MELD's layout, or a manifest; several are trained on together"}, \
      CLI_DATA_FURTHER_OPTIONS(d)

#define CLI_DATA_FURTHER_OPTIONS(d)                                                                \
  {CLI_NAME, 0, "media", "DIR", &(d).media, 0, 0, "folder of the clips of MELD's layout"},         \
      {CLI_NAME,    0,                                                                             \
       "labels",    "A,B,..",                                                                      \
       &(d).labels, 0,                                                                             \
       0,           "labels in order (default: the seven emotions; of eval the model's)"},         \
      {CLI_LIST,         0, "features", "NAME=PATH",                                               \
       &(d).precomputed, 0, 0,          "precomputed vectors of a modality, .npy"},                \
      {CLI_FLAG,                                                                                   \
       0,                                                                                          \
       "skip-missing",                                                                             \
       NULL,                                                                                       \
       &(d).skip_missing,                                                                          \
       0,                                                                                          \
       0,                                                                                          \
       "leave out utterances that lack a modality"},                                               \
      {CLI_REAL,                                                                                   \
       0,                                                                                          \
       "max-duration",                                                                             \
       "S",                                                                                        \
       &(d).max_duration_s,                                                                        \
       0.1,                                                                                        \
       86400,                                                                                      \
       "longest clip in seconds (default 60)"},                                                    \
      {CLI_ENCODER,                                                                                \
       0,                                                                                          \
       "face-detector",                                                                            \
       "DIR|NAME",                                                                                 \
       &(d).face_detector,                                                                         \
       0,                                                                                          \
       0,                                                                                          \
       "what finds faces in videos (default: centerface, if it is there)"},                        \
      {CLI_NAME, 0, "cache", "DIR", &(d).cache, 0, 0, "cache of features (default ~/.cache/mer)"}, \
  {                                                                                                \
    CLI_FLAG, 0, "no-cache", NULL, &(d).no_cache, 0, 0, "neither read nor write the cache"         \
  }

/* Rows of an option table: what a model of texts reads of the dialogue, and its vector. */
#define CLI_CONTEXT_OPTIONS(past, future, names, pool)                                        \
  {                                                                                           \
      CLI_INT,   0,                                                                           \
      "context", "N",                                                                         \
      &(past),   0,                                                                           \
      64,        "read the N turns before an utterance in its dialogue, too (default 0)"},    \
      {CLI_INT, 0, "future", "N", &(future), 0, 64, "read the N turns after it (default 0)"}, \
      {CLI_FLAG,                                                                              \
       0,                                                                                     \
       "speaker-names",                                                                       \
       NULL,                                                                                  \
       &(names),                                                                              \
       0,                                                                                     \
       0,                                                                                     \
       "write who speaks by name, not as A, B, .."},                                          \
  {                                                                                           \
    CLI_CHOICE, 0, "text-pool", "cls|utterance", &(pool), 0, 0,                               \
        "the vector of a text: its first token's (default), or the mean over its own tokens"  \
  }

/** Defaults; fill before the options are parsed. */
cli_data cli_data_default(void);

/** Labels to use where the command line names none, such as a model's; borrowed, at most
 * MER_MAX_LABELS. */
void cli_data_default_labels(cli_data *data, const char *const *names, int32_t n);

/** What the command line alone shows to be wrong, labels and "NAME=PATH", is reported: -1, or the
 * exit code. */
int cli_data_check(const cli_command *command, cli_data *data);

/** What of the data the model does not take, so that it would not be heeded: -1, or the exit code.
 */
int cli_data_check_model(const cli_command *command, const cli_data *data, const mer_model *model);

/** Opens the data set. */
mer_status cli_data_open(mer_dataset **dataset, cli_data *data, bool need_labels,
                         const mer_monitor *monitor, mer_error *err);

/** The part of features' options that the command line sets. */
mer_features_load_options cli_data_features(const cli_data *data, const cli_common *common);

/** How a model is asked for the rows of a data set: as the command line says, else clips as long as
 * those of its training. */
mer_predict_options cli_predict_options(const cli_data *data, const mer_model *model,
                                        const cli_common *common);

/** "train", "dev" or "test" to its split. */
mer_split cli_split(const char *name);

#endif
