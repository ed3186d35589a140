/* predict_batch.h: utterances of `mer predict`: some are answered in one call, and written in their
 * order. */
#ifndef MER_CLI_PREDICT_BATCH_H
#define MER_CLI_PREDICT_BATCH_H

#include "cli/input_paths.h"
#include "cli/predict_output.h"
#include "cli/predict_speakers.h"
#include "mer/text.h"
#include "mer/timeline.h"

enum { CLI_BATCH_FILES = 64 }; /* media of a batch, at most */

/** Zero-initialize; the first members are the caller's to set. */
typedef struct cli_batch {
  mer_predictor *predictor;
  cli_answer_output output;
  mer_window_options windows; /* window_s 0: there are none */
  bool explains;              /* with contributions */
  bool waits;                 /* more may take its time: what is there is answered */
  bool stops;                 /* the monitor may end the work between two batches */
  bool adapts;                /* who speaks in lines is heard beside what he or she has said */
  const mer_monitor *monitor;
  int64_t total;                   /* utterances, for the bar; 0: not known */
  int64_t skip;                    /* so many have been answered by an earlier run */
  int64_t counts[MER_PART_COUNTS]; /* utterances that are done, and those without an answer */

  mer_dialogues *dialogues; /* of objects */
  cli_speakers speakers;    /* of objects */
  int n, n_files;
  mer_request requests[MER_MAX_LINES];
  mer_answer answers[MER_MAX_LINES];
  mer_contributions contributions[MER_MAX_LINES];
  /* Own what the requests borrow, of an object or of files. */
  mer_json_request read[MER_MAX_LINES];
  char *ids[MER_MAX_LINES], *texts[MER_MAX_LINES], *media[MER_MAX_LINES];
  mer_error faults[MER_MAX_LINES]; /* what could not be read */
  char where[MER_MAX_LINES][300];  /* "FILE:LINE: " or "FILE: ", of what an utterance is from */
  bool of_lines[MER_MAX_LINES];    /* it is an object */
  bool answered[MER_MAX_LINES];    /* by an earlier run */
  bool told[MER_MAX_LINES];        /* the fault has been, on standard error */
} cli_batch;

/** Takes an utterance, and answers a batch when there is one. A cli_input_sink, whose `user` is a
 * cli_batch. Statuses of cli_batch_answer. */
mer_status cli_batch_take(void *batch, const cli_input_item *item, mer_error *err);
/** Takes one whose parts are named each; `id` is a name, or NULL. */
mer_status cli_batch_take_request(cli_batch *batch, const mer_request *request, const char *id,
                                  mer_error *err);
/** Answers what has been taken. MER_STATUS_NO_MEMORY, MER_STATUS_IO, MER_STATUS_INTERRUPTED. */
mer_status cli_batch_answer(cli_batch *batch, mer_error *err);
void cli_batch_clear(cli_batch *batch);

#endif
