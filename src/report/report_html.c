/* report_html.c: results.json -> one self-contained page: no scripts, nothing from outside. */
#include "base/error.h"
#include "base/file.h"
#include "mer/report.h"
#include "report/html.h"
#include "report/report_page.h"

void mer__page_head(mer__text_buffer *out, const char *title) {
  mer__text_puts(out, MER_REPORT_PAGE_START);
  mer__html_text(out, title);
  mer__text_puts(out, "</title>\n<style>\n");
  mer__text_puts(out, mer__report_style);
  mer__text_puts(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
  mer__html_text(out, title);
  mer__text_puts(out, "</h1>\n");
}

static void put_page(mer__page *page) {
  mer__page_head(page->out, page->results->title);
  mer__page_answer(page);
  mer__page_comparison(page);
  mer__page_curves(page);
  mer__page_confusions(page);
  mer__page_classes(page);
  mer__page_calibration(page);
  mer__page_data(page);
  mer__page_settings(page);
  mer__text_puts(page->out, "</main>\n</body>\n</html>\n");
}

mer_status mer_report_write_html(const char *path, const char *results_json,
                                 const mer_monitor *monitor, mer_error *err) {
  mer__results results;
  mer_status status = mer__results_read(&results, results_json, err);
  if (status != MER_OK) return status;
  mer__text_buffer out = {0};
  mer__page page = {&out, &results, 0};
  put_page(&page);
  status =
      out.failed ? mer__fail_memory(err) : mer_file_write(path, out.data, out.size, monitor, err);
  mer__text_clear(&out);
  mer__results_clear(&results);
  return status;
}
