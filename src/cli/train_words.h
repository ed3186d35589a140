/* train_words.h: the words of `mer train` in a file of runs. */
#ifndef MER_CLI_TRAIN_WORDS_H
#define MER_CLI_TRAIN_WORDS_H

#include "cli/cli.h"
#include "mer/train.h"

/** What the words of one training say. */
typedef struct cli_training cli_training;

/** For free(); NULL if memory is out. */
cli_training *cli_training_create(void);

/** Parses the words of a run (a kind of model and its options) and those of its data, which must
 * stay. Faults are told of the places of `run` and `data`. -1, or the exit code. */
int cli_training_parse(cli_training *training, const cli_command *run, char *const *run_words,
                       int n_run_words, const cli_command *data, char *const *data_words,
                       int n_data_words);

/** The encoder of text (0), sound (1) or images (2) that the words name, to be looked at and
 * replaced; NULL: none. */
const char **cli_training_encoder(cli_training *training, int which);

/** Options of the training, which borrow from it. -1, or the exit code. */
int cli_training_options(mer_train_options *options, cli_training *training,
                         const cli_common *common);

/** Whether the words of the data name a detector of faces. */
bool cli_training_finds_faces(const cli_training *training);

/** Opens the data set. */
mer_status cli_training_open(mer_dataset **dataset, cli_training *training,
                             const mer_monitor *monitor, mer_error *err);
/** The path of its first data set, borrowed. */
const char *cli_training_path(const cli_training *training);

#endif
