/* predict_speakers.h: the speakers of lines and rows, for models that adapt to who speaks: those
 * that spoke last, by name. */
#ifndef MER_CLI_PREDICT_SPEAKERS_H
#define MER_CLI_PREDICT_SPEAKERS_H

#include "mer/predict.h"

enum { CLI_MOST_SPEAKERS = 1000 }; /* that are remembered from one batch to the next */

typedef struct cli_speaker {
  char *name;
  mer_speaker *heard;
  int64_t file; /* the number of the file that names the speaker */
  int64_t used; /* when: the number of the utterance */
} cli_speaker;

/** Zero-initialize. */
typedef struct cli_speakers {
  cli_speaker *items; /* [n] */
  size_t n, capacity;
  int64_t file, n_uses;
} cli_speakers;

/** Another file begins: its speakers are others, whatever their names are. */
void cli_speakers_begin_file(cli_speakers *speakers);
/** The speaker of that name, who may be new. MER_STATUS_NO_MEMORY. */
mer_status cli_speakers_find(mer_speaker **out, cli_speakers *speakers,
                             const mer_predictor *predictor, const char *name, mer_error *err);
/** Forgets the speakers of files that have ended, and of the others those who spoke least recently,
 * where there are too many. No request may still have one. */
void cli_speakers_forget(cli_speakers *speakers);
void cli_speakers_clear(cli_speakers *speakers);

#endif
