/* timeline_output.h: the items of a timeline as lines of JSON, CSV, subtitles, a table or a page.
 */
#ifndef MER_CLI_TIMELINE_OUTPUT_H
#define MER_CLI_TIMELINE_OUTPUT_H

#include <stdio.h>

#include "cli/output_file.h"
#include "mer/timeline.h"

typedef enum cli_timeline_format {
  CLI_TIMELINE_JSONL,
  CLI_TIMELINE_CSV,
  CLI_TIMELINE_SRT,
  CLI_TIMELINE_VTT,
  CLI_TIMELINE_TABLE,
  CLI_TIMELINE_HTML,
} cli_timeline_format;

/** The words of --format. */
#define CLI_TIMELINE_FORMATS "jsonl|csv|srt|vtt|table|html"

typedef struct cli_timeline_output {
  FILE *out;
  cli_timeline_format format;
  const mer_model *model;
  const char *recording;   /* the one at hand; NULL: none */
  int64_t n_written;       /* subtitles */
  mer_timeline_page *page; /* of CLI_TIMELINE_HTML */
} cli_timeline_output;

/** The format of a word, or of the ending of a file's name, capitals or not; false: there is none.
 */
bool cli_timeline_find_format(cli_timeline_format *format, const char *word);
/** How a file of this format is known, so that no other one is replaced. */
cli_own_file cli_timeline_own_file(cli_timeline_format format);
/** Writes what stands before the first item. MER_STATUS_NO_MEMORY. */
mer_status cli_timeline_begin(cli_timeline_output *output, mer_error *err);
/** Writes an item. MER_STATUS_NO_MEMORY. */
mer_status cli_timeline_write(cli_timeline_output *output, const mer_timeline_item *item,
                              mer_error *err);

/** Writes that the recording at hand has failed, in the formats that have a place for that: JSON
 * lines and CSV. MER_STATUS_NO_MEMORY. */
mer_status cli_timeline_write_fault(cli_timeline_output *output, const mer_error *fault,
                                    mer_error *err);
/** Writes what stands after the last one. MER_STATUS_NO_MEMORY. */
mer_status cli_timeline_end(cli_timeline_output *output, const mer_recording *recording,
                            mer_error *err);

#endif
