/* report_examples.c: rows that a model was most sure of, and wrong: what was said, heard and seen.
 */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/report_page.h"

static const char *text_of(const json_t *example, const char *key) {
  return json_string_value(json_object_get(example, key));
}

/* `address` if it is one of data of the kind, so that a page never asks for anything from outside.
 */
static const char *embedded(const char *address, const char *kind) {
  return address && strncmp(address, "data:", 5) == 0 &&
                 strncmp(address + 5, kind, strlen(kind)) == 0
             ? address
             : NULL;
}

static void put_media(mer__text_buffer *out, const char *address, const char *before,
                      const char *after) {
  if (!address) return;
  mer__text_puts(out, before);
  mer__html_text(out, address);
  mer__text_puts(out, after);
}

static void put_example(mer__text_buffer *out, const json_t *example) {
  const char *sound = text_of(example, "sound"), *text = text_of(example, "text");
  const json_t *probability = json_object_get(example, "probability");
  mer__text_puts(out, "<div class=\"example\">\n<p><b>");
  mer__html_text(out, text_of(example, "label"));
  mer__text_puts(out, "</b> taken for <b>");
  mer__html_text(out, text_of(example, "predicted"));
  mer__text_puts(out, "</b> ");
  mer__html_percent(out,
                    json_is_number(probability) ? json_number_value(probability) : (double)NAN);
  mer__text_puts(out, "\u00a0%</p>\n");
  if (text) {
    mer__text_puts(out, "<p>");
    if (text_of(example, "speaker")) {
      mer__html_text(out, text_of(example, "speaker"));
      mer__text_puts(out, ": ");
    }
    mer__text_puts(out, "\u201c");
    mer__html_text(out, text);
    mer__text_puts(out, "\u201d</p>\n");
  }
  put_media(out, embedded(sound, "audio/"), "<audio controls=\"controls\" preload=\"none\" src=\"",
            "\"></audio>\n");
  put_media(out, embedded(sound, "video/"), "<video controls=\"controls\" preload=\"none\" src=\"",
            "\"></video>\n");
  put_media(out, embedded(text_of(example, "image"), "image/"), "<img alt=\"\" src=\"", "\">\n");
  mer__text_puts(out, "<p class=\"aside legend\">");
  mer__html_text(out, text_of(example, "id"));
  mer__text_puts(out, "</p>\n</div>\n");
}

static void put_examples(mer__text_buffer *out, const json_t *examples) {
  size_t i;
  json_t *example;
  mer__text_puts(out, "<div class=\"examples\">\n");
  json_array_foreach(examples, i, example) put_example(out, example);
  mer__text_puts(out, "</div>\n");
}

void mer__page_examples(mer__page *page) {
  const mer__results *results = page->results;
  mer__text_buffer *out = page->out;
  bool any = false;
  for (int32_t r = 0; r < results->n_runs; r++) {
    const json_t *examples = results->runs[r].seeds[0].examples;
    if (!examples) continue;
    if (!any) {
      mer__html_section(out, "Surest mistakes, test split");
      mer__text_puts(
          out,
          "<p class=\"legend\">The label, what the model has answered, and its probability. "
          "This page holds what people have said: mind whom you give it to.</p>\n");
    }
    any = true;
    mer__page_run_heading(page, r);
    put_examples(out, examples);
  }
  if (any) mer__text_puts(out, "</section>\n");
}
