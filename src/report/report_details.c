/* report_details.c: what is needed to judge and to repeat the results: the data, every setting, the
 * command, versions, the machine. */
#include <math.h>
#include <stdlib.h>

#include "report/html.h"
#include "report/report_page.h"
#include "tensor/json_memory.h"

/* A JSON value as text: strings as they are, others as JSON. */
static void put_value(mer__text_buffer *out, const json_t *value) {
  if (json_is_string(value)) {
    mer__html_text(out, json_string_value(value));
    return;
  }
  if (json_is_null(value)) {
    mer__html_text(out, NULL);
    return;
  }
  mer__json_watch();
  char *text = mer__json_dump(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
  if (text) mer__html_text(out, text);
  else out->failed = true;
  free(text);
}

static void put_pairs(mer__text_buffer *out, const json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    mer__text_puts(out, "<div><dt>");
    mer__html_text(out, key);
    mer__text_puts(out, "</dt><dd>");
    put_value(out, value);
    mer__text_puts(out, "</dd></div>\n");
  }
}

static void put_split_columns(mer__text_buffer *out, const mer__results *results) {
  for (int s = 0; s < MER_N_SPLITS; s++)
    if (results->splits[s].present) mer__html_column(out, mer__results_split_names[s], true);
}

/* "123  12.3 %" with a bar of the share. */
static void put_count(mer__text_buffer *out, int64_t count, int64_t total) {
  double share = total > 0 ? (double)count / (double)total : 0;
  mer__text_printf(out, "<td class=\"share\">%lld <span class=\"aside\">", (long long)count);
  mer__html_percent(out, share);
  mer__text_printf(out,
                   "\u2009%%</span><span class=\"meter\" aria-hidden=\"true\"><span "
                   "style=\"width:%.1f%%\"></span></span></td>",
                   100 * fmin(fmax(share, 0), 1));
}

static int64_t sum_counts(const mer__results_split *split, int32_t n_labels) {
  double sum = 0;
  for (int32_t c = 0; c < n_labels; c++) sum += (double)split->label_counts[c];
  return sum < 9e15 && sum > 0 ? (int64_t)sum : 0;
}

static void put_label_row(mer__text_buffer *out, const mer__results *results, int32_t label) {
  mer__text_puts(out, "<tr>");
  mer__html_row_title(out, results->labels[label], -1);
  for (int s = 0; s < MER_N_SPLITS; s++) {
    const mer__results_split *split = &results->splits[s];
    if (!split->present) continue;
    if (split->has_counts)
      put_count(out, split->label_counts[label], sum_counts(split, results->n_labels));
    else mer__text_puts(out, "<td>\u2013</td>");
  }
  mer__text_puts(out, "</tr>\n");
}

static void put_labels(mer__text_buffer *out, const mer__results *results) {
  mer__html_table_open(out, "Utterances by label");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Label", false);
  put_split_columns(out, results);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int32_t c = 0; c < results->n_labels; c++) put_label_row(out, results, c);
  mer__text_puts(out, "<tr class=\"total\"><th scope=\"row\">All utterances</th>");
  for (int s = 0; s < MER_N_SPLITS; s++)
    if (results->splits[s].present)
      mer__text_printf(out, "<td>%lld</td>", (long long)results->splits[s].utterances);
  mer__text_puts(out, "</tr>\n");
  mer__html_table_close(out);
}

/* States of the clips: the union of the splits' keys, in the order they come. */
static void put_clips(mer__text_buffer *out, const mer__results *results) {
  mer__json_watch();
  json_t *states = json_object();
  const char *state;
  json_t *count;
  for (int s = 0; s < MER_N_SPLITS; s++)
    if (results->splits[s].clips)
      json_object_update_missing(states, (json_t *)results->splits[s].clips);
  if (mer__json_no_memory()) out->failed = true;
  if (json_object_size(states) > 0) {
    mer__html_table_open(out, "Clips and images by state");
    mer__text_puts(out, "<thead><tr>");
    mer__html_column(out, "State", false);
    put_split_columns(out, results);
    mer__text_puts(out, "</tr></thead>\n<tbody>\n");
    json_object_foreach(states, state, count) {
      mer__text_puts(out, "<tr>");
      mer__html_row_title(out, state, -1);
      for (int s = 0; s < MER_N_SPLITS; s++) {
        if (!results->splits[s].present) continue;
        json_t *value = json_object_get(results->splits[s].clips, state);
        mer__text_puts(out, "<td>");
        if (value) put_value(out, value);
        else mer__text_puts(out, results->splits[s].clips ? "0" : "\u2013");
        mer__text_puts(out, "</td>");
      }
      mer__text_puts(out, "</tr>\n");
    }
    mer__html_table_close(out);
  }
  json_decref(states);
}

void mer__page_data(mer__page *page) {
  const mer__results *results = page->results;
  mer__text_buffer *out = page->out;
  bool any = false;
  for (int s = 0; s < MER_N_SPLITS; s++) any |= results->splits[s].present;
  mer__html_section(out, "Data");
  mer__text_puts(out, "<dl>\n");
  mer__html_pair(out, "path", results->data_path);
  mer__html_pair(out, "digest", results->data_digest);
  mer__text_puts(out, "</dl>\n");
  if (any) {
    put_labels(out, results);
    put_clips(out, results);
  }
  mer__text_puts(out, "</section>\n");
}

/* The train loss summed over the batches of the first and the last epoch, as some papers have it.
 */
static void put_loss_sums(mer__text_buffer *out, const mer__results_seed *seed) {
  mer__text_puts(out, "<td>");
  if (seed->n_epochs > 0) {
    mer__html_number(out, seed->epochs[0].loss_sum, 2);
    mer__text_puts(out, " \u2192 ");
    mer__html_number(out, seed->epochs[seed->n_epochs - 1].loss_sum, 2);
  } else mer__text_puts(out, "\u2013");
  mer__text_puts(out, "</td>");
}

static void put_seed(mer__text_buffer *out, const mer__results_seed *seed) {
  const mer_metrics *test = &seed->splits[MER_SPLIT_TEST].values;
  mer__text_printf(out, "<tr><th scope=\"row\">%lld</th><td>", (long long)seed->seed);
  mer__html_percent(out, test->accuracy);
  mer__text_puts(out, "</td><td>");
  mer__html_percent(out, test->weighted_f1);
  mer__text_puts(out, "</td>");
  put_loss_sums(out, seed);
  if (seed->best_epoch > 0) mer__text_printf(out, "<td>%lld</td>", (long long)seed->best_epoch);
  else mer__text_puts(out, "<td>\u2013</td>");
  mer__text_puts(out, "<td>");
  mer__html_number(out, seed->seconds, 1);
  mer__text_puts(out, "</td></tr>\n");
}

static void put_run(mer__text_buffer *out, const mer__results_run *run, int32_t index) {
  static const char *const columns[] = {"Test accuracy, %", "Test weighted F1, %",
                                        "Train loss, summed, first \u2192 last epoch", "Epoch kept",
                                        "Seconds"};
  mer__text_puts(out, "<div class=\"run\">\n<h3>");
  mer__html_swatch(out, mer__html_colour(index));
  mer__html_text(out, run->title);
  mer__text_puts(out, "</h3>\n");
  if (json_object_size(run->settings) > 0) {
    mer__text_puts(out, "<dl class=\"settings\">\n");
    put_pairs(out, run->settings);
    mer__text_puts(out, "</dl>\n");
  }
  mer__html_table_open(out, "Seeds");
  mer__text_puts(out, "<thead><tr>");
  mer__html_column(out, "Seed", false);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    mer__html_column(out, columns[i], true);
  mer__text_puts(out, "</tr></thead>\n<tbody>\n");
  for (int32_t s = 0; s < run->n_seeds; s++) put_seed(out, &run->seeds[s]);
  mer__html_table_close(out);
  mer__text_puts(out, "</div>\n");
}

static void put_origin(mer__text_buffer *out, const mer__results *results) {
  mer__html_command(out, results->command);
  mer__text_puts(out, "<dl class=\"settings\">\n");
  mer__html_pair(out, "mer", results->version);
  mer__html_pair(out, "created", results->created);
  put_pairs(out, results->machine);
  put_pairs(out, results->settings);
  mer__text_puts(out, "</dl>\n");
}

void mer__page_settings(mer__page *page) {
  mer__text_buffer *out = page->out;
  mer__html_section(out, "Settings");
  put_origin(out, page->results);
  for (int32_t r = 0; r < page->results->n_runs; r++) put_run(out, &page->results->runs[r], r);
  mer__text_puts(out, "</section>\n");
}
