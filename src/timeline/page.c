/* page.c: collects the items of a timeline and writes them as one page of HTML, which needs nothing
 * but itself, and the recording to be heard. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "report/html.h"
#include "report/report_page.h"
#include "timeline/page_state.h"

mer_status mer_timeline_page_create(mer_timeline_page **out, const mer_model *model,
                                    mer_error *err) {
  *out = mer__calloc(1, sizeof **out);
  if (!*out) return mer__fail_memory(err);
  (*out)->model = model;
  return MER_OK;
}

void mer_timeline_page_free(mer_timeline_page *page) {
  if (!page) return;
  mer__free(page->items);
  mer__text_clear(&page->strings);
  mer__free(page);
}

const char *mer__page_lane(const mer_timeline_page *page, int lane) {
  const char *name = page->strings.data + page->lanes[lane];
  if (page->others && lane == MER__PAGE_LANES - 1) return "others";
  return *name ? name : "speech";
}

const char *mer__page_speaker(const mer_timeline_page *page, const mer__shown *shown) {
  return page->strings.data + shown->speaker;
}

/* Adds a name; its place. */
static size_t add_name(mer_timeline_page *page, const char *name) {
  const size_t place = page->strings.size;
  mer__text_append(&page->strings, name, strlen(name) + 1);
  return place;
}

/* Sets who speaks, and the lane, which may be new. */
static void find_speaker(mer__shown *shown, mer_timeline_page *page,
                         const mer_timeline_item *item) {
  const char *name = item->speaker ? item->speaker : "";
  for (shown->lane = 0; shown->lane < page->n_lanes; shown->lane++) {
    shown->speaker = page->lanes[shown->lane];
    if (strcmp(mer__page_speaker(page, shown), name) == 0) return;
  }
  shown->speaker = add_name(page, name);
  if (page->n_lanes == MER__PAGE_LANES) {
    page->others = true;
    shown->lane = MER__PAGE_LANES - 1;
    return;
  }
  page->lanes[page->n_lanes] = shown->speaker;
  page->channels[page->n_lanes++] = item->channel;
}

/* The text of an entry, its words with their times where these are known. */
static void put_words(mer__text_buffer *out, const mer_transcript_entry *entry) {
  if (entry->n_words == 0) mer__html_text_part(out, entry->text, entry->text_size);
  for (int64_t i = 0; i < entry->n_words; i++) {
    const mer_word *word = &entry->words[i];
    if (i) mer__text_puts(out, " ");
    if (isfinite(word->start_s)) mer__text_printf(out, "<span data-t=\"%.2f\">", word->start_s);
    mer__html_text(out, word->text);
    if (isfinite(word->start_s)) mer__text_puts(out, "</span>");
  }
}

mer_status mer_timeline_page_add(mer_timeline_page *page, const mer_timeline_item *item,
                                 mer_error *err) {
  const mer_answer *a = &item->answer;
  if (mer__grow(&page->items, &page->capacity, page->n_items + 1, sizeof *page->items) != 0)
    return mer__fail_memory(err);
  mer__shown shown = {.start_s = item->start_s,
                      .end_s = item->end_s,
                      .channel = item->channel,
                      .label = a->status == MER_OK ? a->label : -1,
                      .before = item->before,
                      .after = item->after,
                      .prob = NAN,
                      .intensity = item->intensity};
  if (shown.label >= 0) shown.prob = a->probs[shown.label];
  find_speaker(&shown, page, item);
  shown.words = page->strings.size;
  if (item->entry) put_words(&page->strings, item->entry);
  mer__text_append(&page->strings, "", 1);
  if (page->strings.failed) return mer__fail_memory(err);
  if (item->end_s > page->end_s) page->end_s = item->end_s;
  page->items[page->n_items++] = shown;
  return MER_OK;
}

int mer__page_colour(const mer_timeline_page *page, int32_t label) {
  static const struct {
    const char *start;
    int colour;
  } known[] = {{"sad", 0},     {"ang", 1},  {"mad", 1},    {"joy", 2},   {"happ", 2},
               {"excit", 2},   {"fear", 3}, {"scared", 3}, {"surpr", 4}, {"disg", 6},
               {"neutral", 7}, {"calm", 5}, {"peace", 5}};
  const char *name = mer_model_label(page->model, label);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strncasecmp(name, known[i].start, strlen(known[i].start)) == 0) return known[i].colour;
  return label % MER__PAGE_COLOURS;
}

void mer__page_clock(mer__text_buffer *out, double seconds) {
  const long long s = llround(seconds);
  if (s >= 3600) mer__text_printf(out, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else mer__text_printf(out, "%lld:%02lld", s / 60, s % 60);
}

void mer__page_label(mer__text_buffer *out, const mer_timeline_page *page, int32_t label) {
  mer__html_text(out, label < 0 ? NULL : mer_model_label(page->model, label));
}

/* The first words of the page: how long, how many, who. */
static void put_summary(const mer__page_view *v) {
  const mer_timeline_page *page = v->page;
  double speech = 0;
  for (size_t i = 0; i < page->n_items; i++)
    if (isfinite(page->items[i].start_s)) speech += page->items[i].end_s - page->items[i].start_s;
  mer__text_puts(v->out, "<p class=\"answer\">");
  mer__page_clock(v->out, v->duration_s);
  mer__text_printf(v->out, " long; segments of speech: %zu, together ", page->n_items);
  mer__page_clock(v->out, speech);
  mer__text_puts(v->out,
                 ".</p>\n<p class=\"note\">What is shown is expression, as it is labelled "
                 "in the data that the model was trained on, not what anybody feels. In the "
                 "EU, inferring the emotions of employees from their voice is "
                 "prohibited.</p>\n");
}

static void put_player(mer__text_buffer *out, const char *sound) {
  mer__text_puts(out, "<div id=\"player\">\n<audio id=\"sound\" controls preload=\"metadata\"");
  if (sound) {
    mer__text_puts(out, " src=\"");
    mer__html_text(out, sound);
    mer__text_puts(out, "\"");
  }
  mer__text_puts(out,
                 "></audio>\n<label class=\"open\">The recording, if it is not beside this page "
                 "<input id=\"file\" "
                 "type=\"file\" accept=\"audio/*,video/*\"></label>\n"
                 "<p id=\"now\" aria-live=\"off\">Space plays, the arrows go from segment to "
                 "segment, a click on a segment plays it.</p>\n</div>\n");
}

/* The labels that occur, with their colours. */
static void put_legend(const mer__page_view *v) {
  const mer_timeline_page *page = v->page;
  mer__text_puts(v->out, "<p class=\"keys\">");
  for (int32_t k = 0; k < mer_model_n_labels(page->model); k++) {
    bool occurs = false;
    for (size_t i = 0; i < page->n_items; i++) occurs |= page->items[i].label == k;
    if (!occurs) continue;
    mer__text_printf(v->out, "<span><span class=\"swatch c%d\"></span>", mer__page_colour(page, k));
    mer__page_label(v->out, page, k);
    mer__text_puts(v->out, "</span>\n");
  }
  mer__text_puts(v->out, "<span>&#9670; another emotion prevails from here on</span></p>\n");
}

static void put_sections(const mer__page_view *v) {
  mer__html_section(v->out, "Who speaks when, and how");
  if (v->page->n_items == 0) {
    mer__text_puts(v->out, "<p>There is no speech to show.</p>\n</section>\n");
    return;
  }
  put_legend(v);
  mer__page_lanes(v);
  mer__text_puts(v->out, "</section>\n");
  mer__page_rollup(v);
  mer__page_segments(v);
}

mer_status mer_timeline_page_write(char **html, size_t *size, const mer_timeline_page *page,
                                   const mer_recording *recording, const char *title,
                                   const char *sound, mer_error *err) {
  mer__text_buffer out = {0};
  double duration = recording->duration_s > 0 ? recording->duration_s : page->end_s;
  const mer__page_view view = {&out, page, recording, duration};
  mer__page_head(&out, title);
  mer__text_puts(&out, "<style>\n");
  mer__text_puts(&out, mer__timeline_style);
  mer__text_puts(&out, "</style>\n");
  put_summary(&view);
  if (recording->duration_s > 0) put_player(&out, sound);
  put_sections(&view);
  mer__text_puts(&out, "<script>\n");
  mer__text_puts(&out, mer__timeline_script);
  mer__text_puts(&out, "</script>\n</main>\n</body>\n</html>\n");
  *html = out.data;
  *size = out.size;
  if (!out.failed) return MER_OK;
  mer__text_clear(&out);
  *html = NULL;
  return out.full ? mer__fail(err, MER_STATUS_LIMIT, "a page of more than 1 GiB")
                  : mer__fail_memory(err);
}
