/* compare_files.c: the files of a comparison that has ended. */
#include "report/compare_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/report.h"

mer_status mer__compare_write_files(char *text, const char *out, const mer_monitor *monitor,
                                    mer_error *err) {
  char *json = mer__path_join(out, "results.json");
  char *html = mer__path_join(out, "report.html");
  mer_status status = text && json && html ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) status = mer_file_write(json, text, strlen(text), monitor, err);
  if (status == MER_OK) status = mer_report_write_html(html, text, monitor, err);
  free(text);
  mer__free(json);
  mer__free(html);
  return status;
}
