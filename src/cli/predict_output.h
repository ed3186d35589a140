/* predict_output.h: the answers of `mer predict`: JSON lines, CSV or a table, printed or written to
 * a file that a later run can go on with. */
#ifndef MER_CLI_PREDICT_OUTPUT_H
#define MER_CLI_PREDICT_OUTPUT_H

#include "cli/output_file.h"
#include "mer/predict.h"

#define CLI_ANSWER_FORMATS "jsonl|csv|table"

typedef enum cli_answer_format {
  CLI_ANSWER_JSONL,
  CLI_ANSWER_CSV,
  CLI_ANSWER_TABLE
} cli_answer_format;

/** Where answers go. Zero-initialize. */
typedef struct cli_answer_output {
  cli_answer_format format;
  bool windows; /* they are of windows */
  const mer_model *model;
  mer_part_file *file; /* NULL: standard output */
} cli_answer_output;

/** An answer, of an utterance or of a window of it. Borrowed. */
typedef struct cli_answer_item {
  const char *id;        /* as JSON, or NULL */
  double start_s, end_s; /* of a window; NaN: the whole utterance */
  const mer_answer *answer;
  const mer_contributions *contributions; /* or NULL */
} cli_answer_item;

/** Finds a format by its word, or the ending of a file, capitals or not; false: there is none. */
bool cli_answer_find_format(cli_answer_format *format, const char *word);
/** What a file of the format is known by. */
cli_own_file cli_answer_own_file(cli_answer_format format);

/** What stands before the first answer. */
mer_status cli_answer_begin(cli_answer_output *output, mer_error *err);
/** Writes an answer. MER_STATUS_NO_MEMORY. */
mer_status cli_answer_write(cli_answer_output *output, const cli_answer_item *item, mer_error *err);
/** Hands on what has been printed, or marks how far the file is: `counts` are the utterances that
 * are done, and those of them without an answer. MER_STATUS_IO. */
mer_status cli_answer_flush(cli_answer_output *output, const int64_t counts[MER_PART_COUNTS],
                            mer_error *err);

#endif
