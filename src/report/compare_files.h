/* compare_files.h: the files of a comparison that has ended. */
#ifndef MER_REPORT_COMPARE_FILES_H
#define MER_REPORT_COMPARE_FILES_H

#include "mer/base.h"

/** Writes results.json, whose `text` is freed by free(), and the report.html of it into the folder
 * `out`. NULL: memory is out. Statuses as mer_file_write and mer_report_write_html. */
mer_status mer__compare_write_files(char *text, const char *out, const mer_monitor *monitor,
                                    mer_error *err);

#endif
