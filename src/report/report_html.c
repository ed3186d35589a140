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

void mer__page_run_heading(mer__page *page, int32_t index) {
  const mer__results_run *run = &page->results->runs[index];
  if (page->results->n_runs < 2 && run->n_seeds < 2) return;
  mer__text_puts(page->out, "<h3 class=\"of-run\">");
  mer__html_swatch(page->out, mer__html_colour(index));
  mer__html_text(page->out, run->title);
  if (run->n_seeds > 1) mer__text_printf(page->out, ", seed %lld", (long long)run->seeds[0].seed);
  mer__text_puts(page->out, "</h3>\n");
}

/* Trainings that have failed: what the tables lack. */
static void put_failures(mer__text_buffer *out, const mer__results *results) {
  size_t i;
  json_t *failure;
  if (json_array_size(results->failures) == 0) return;
  mer__text_puts(out, "<aside class=\"note\" role=\"note\"><b>Trainings that failed.</b>");
  json_array_foreach(results->failures, i, failure) {
    mer__text_puts(out, "<br>");
    mer__html_text(out, json_string_value(json_object_get(failure, "run")));
    mer__text_puts(out, " on ");
    mer__html_text(out, json_string_value(json_object_get(failure, "data")));
    mer__text_printf(
        out, ", seed %lld: ", (long long)json_integer_value(json_object_get(failure, "seed")));
    mer__html_text(out, json_string_value(json_object_get(failure, "message")));
  }
  mer__text_puts(out, "</aside>\n");
}

static void put_sections(mer__page *page) {
  mer__page_answer(page);
  mer__page_comparison(page);
  mer__page_pairs(page);
  mer__page_learning(page);
  mer__page_curves(page);
  mer__page_confusions(page);
  mer__page_classes(page);
  mer__page_calibration(page);
  mer__page_robustness(page);
  mer__page_examples(page);
  mer__page_data(page);
  mer__page_settings(page);
}

/* The sections of one part, after the heading of the page or of the part. */
static mer_status put_part(mer__page *page, int32_t *n_parts, const char *results_json,
                           int32_t part, mer_error *err) {
  mer__results results;
  mer_status status = mer__results_read(&results, results_json, part, err);
  if (status != MER_OK) return status;
  page->results = &results;
  *n_parts = results.n_parts;
  if (part == 0) {
    mer__page_head(page->out, results.title);
    put_failures(page->out, &results);
  }
  if (results.n_parts > 1) {
    mer__text_puts(page->out, "<h2 class=\"part\">Measured on ");
    mer__html_text(page->out, results.part_name);
    mer__text_puts(page->out, "</h2>\n");
  }
  put_sections(page);
  mer__results_clear(&results);
  return MER_OK;
}

mer_status mer_report_write_html(const char *path, const char *results_json,
                                 const mer_monitor *monitor, mer_error *err) {
  mer__text_buffer out = {0};
  mer__page page = {&out, NULL, 0};
  mer_status status = MER_OK;
  int32_t n_parts = 1;
  for (int32_t part = 0; part < n_parts; part++)
    MER__CHECK(put_part(&page, &n_parts, results_json, part, err));
  mer__text_puts(&out, "</main>\n</body>\n</html>\n");
  MER__CHECK(out.failed ? mer__fail_memory(err)
                        : mer_file_write(path, out.data, out.size, monitor, err));
cleanup:
  mer__text_clear(&out);
  return status;
}
