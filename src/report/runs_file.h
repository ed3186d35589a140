/* runs_file.h: the text of a file of runs, checked. */
#ifndef MER_REPORT_RUNS_FILE_H
#define MER_REPORT_RUNS_FILE_H

#include "mer/report.h"

/** Reads `text` [size], UTF-8, as mer_runs_file_read reads the file `path`, which messages name. */
mer_status mer__runs_file_parse(mer_runs_file *file, const char *text, size_t size,
                                const char *path, mer_error *err);

#endif
