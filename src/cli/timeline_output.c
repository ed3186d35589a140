/* timeline_output.c: an item of a timeline as text. Numbers have a point in every locale, as the
 * program sets none. */
#include "cli/timeline_output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/text_line.h"
#include "mer/report.h"
#include "mer/text.h"

#define VTT_START "WEBVTT - timeline of mer"

bool cli_timeline_find_format(cli_timeline_format *format, const char *word) {
  static const char *const words[] = {"jsonl", "csv", "srt", "vtt", "table", "html"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(word, words[i]) == 0) {
      *format = (cli_timeline_format)i;
      return true;
    }
  return false;
}

cli_own_file cli_timeline_own_file(cli_timeline_format format) {
  cli_own_file own = {.what = "a timeline of mer", .start = ""};
  switch (format) {
    case CLI_TIMELINE_JSONL:
      own.start = "{\"id\":";
      own.holds[0] = "\"channel\":";
      break;
    case CLI_TIMELINE_CSV: own.start = "recording,start,end,channel,"; break;
    case CLI_TIMELINE_SRT: /* the answer stands before the words */
      own.start = "1\n";
      own.holds[0] = "[";
      own.more_lines = 2;
      break;
    case CLI_TIMELINE_VTT: own.start = VTT_START; break;
    case CLI_TIMELINE_HTML: own.start = MER_REPORT_PAGE_START "Timeline of "; break;
    case CLI_TIMELINE_TABLE:
      own.holds[0] = " s  ";
      own.holds[1] = "       -  ";
      break;
  }
  return own;
}

/* Index of the label that is answered; -1: none, or several. */
static int32_t label_of(const mer_timeline_item *item) {
  return item->answer.status == MER_OK ? item->answer.label : -1;
}

static const char *label_text(const cli_timeline_output *o, const mer_timeline_item *item) {
  const int32_t label = label_of(item);
  if (label >= 0) return mer_model_label(o->model, label);
  return item->answer.uncertain ? "uncertain" : "";
}

static const char *text_of(const mer_timeline_item *item) {
  return item->entry ? item->entry->text : "";
}

/* --- JSON lines --- */

static json_t *real(double x, double unit) {
  return isfinite(x) ? json_real(round(x / unit) * unit) : json_null();
}

static json_t *change_of(const cli_timeline_output *o, const mer_timeline_item *item) {
  return json_pack("{s:s,s:s}", "from", mer_model_label(o->model, item->before), "to",
                   mer_model_label(o->model, item->after));
}

/* The members of an item beside those of its answer, without braces; for free(). */
static char *members_of(const cli_timeline_output *o, const mer_timeline_item *item) {
  json_t *object = json_object();
  char *text = NULL;
  bool bad = !object;
  bad |= json_object_set_new(object, "start", real(item->start_s, 1e-3)) != 0;
  bad |= json_object_set_new(object, "end", real(item->end_s, 1e-3)) != 0;
  bad |= json_object_set_new(object, "channel", json_integer(item->channel)) != 0;
  bad |= json_object_set_new(object, "speaker", cli_json_text(item->speaker)) != 0;
  if (item->entry) bad |= json_object_set_new(object, "text", cli_json_text(text_of(item))) != 0;
  if (!isnan(item->intensity))
    bad |= json_object_set_new(object, "intensity", real(item->intensity, 1e-3)) != 0;
  if (item->provisional) bad |= json_object_set_new(object, "provisional", json_true()) != 0;
  if (item->after >= 0) bad |= json_object_set_new(object, "change", change_of(o, item)) != 0;
  if (!bad) text = json_dumps(object, JSON_REAL_PRECISION(9) | JSON_COMPACT);
  json_decref(object);
  if (!text) return NULL;
  const size_t n = strlen(text);
  memmove(text, text + 1, n - 2);
  text[n - 2] = 0;
  return text;
}

/* The same with the contributions after them. */
static char *all_members(const cli_timeline_output *o, const mer_timeline_item *item) {
  char *members = members_of(o, item), *more = NULL, *all = NULL;
  mer_error err;
  if (!members || !item->contributions) return members;
  if (mer_contributions_json(&more, item->contributions, o->model, &err) == MER_OK) {
    const size_t n = strlen(members) + strlen(more) + 2;
    all = malloc(n);
    if (all) snprintf(all, n, "%s,%s", members, more);
  }
  mer_text_free(more);
  free(members);
  return all;
}

static mer_status write_json(const cli_timeline_output *o, const mer_timeline_item *item,
                             mer_error *err) {
  char *json = NULL, *members = all_members(o, item);
  char *id = o->recording ? cli_json_name(o->recording) : strdup("null");
  const mer_status status = id && members
                                ? mer_answer_json(&json, &item->answer, o->model, id, members, err)
                                : cli_no_memory(err);
  if (json) fprintf(o->out, "%s\n", json);
  mer_text_free(json);
  free(id);
  free(members);
  return status;
}

/* --- CSV --- */

static void put_cell(FILE *out, const char *text) {
  fputc('"', out);
  for (; text && *text; text++) {
    if (*text == '"') fputc('"', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

/* The name of a file, which need not be UTF-8, as the table must be. */
static void put_name(FILE *out, const char *name) {
  char *text = cli_utf8_name(name);
  put_cell(out, text ? text : name);
  free(text);
}

static void put_number(FILE *out, double x, int digits) {
  if (isfinite(x)) fprintf(out, "%.*f", digits, x);
}

static void write_csv(const cli_timeline_output *o, const mer_timeline_item *item) {
  const bool answered = item->answer.status == MER_OK;
  put_name(o->out, o->recording);
  fputc(',', o->out);
  put_number(o->out, item->start_s, 3);
  fputc(',', o->out);
  put_number(o->out, item->end_s, 3);
  fprintf(o->out, ",%d,", item->channel);
  put_cell(o->out, item->speaker);
  fputc(',', o->out);
  put_cell(o->out, label_text(o, item));
  fputc(',', o->out);
  put_number(o->out, item->intensity, 3);
  fputc(',', o->out);
  put_cell(o->out, text_of(item));
  for (int32_t k = 0; k < mer_model_n_labels(o->model); k++) {
    fputc(',', o->out);
    if (answered) put_number(o->out, item->answer.probs[k], 6);
  }
  fputc(',', o->out);
  put_cell(o->out, answered ? "" : item->answer.message);
  fputc('\n', o->out);
}

static void begin_csv(const cli_timeline_output *o) {
  fprintf(o->out, "recording,start,end,channel,speaker,label,intensity,text");
  for (int32_t k = 0; k < mer_model_n_labels(o->model); k++) {
    fputc(',', o->out);
    put_cell(o->out, mer_model_label(o->model, k));
  }
  fprintf(o->out, ",error\n");
}

/* --- subtitles and the table --- */

static void put_clock(FILE *out, double seconds, char point) {
  const long long ms = llround(seconds * 1000);
  fprintf(out, "%02lld:%02lld:%02lld%c%03lld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, point,
          ms % 1000);
}

/* What is answered: "joy 87 %", "surprise, joy", "arousal 0.61". */
static void put_answer(const cli_timeline_output *o, const mer_timeline_item *item) {
  const mer_answer *a = &item->answer;
  const mer_target target = mer_model_target(o->model);
  const char *before = "";
  if (a->status != MER_OK) fprintf(o->out, "no answer");
  else if (a->uncertain) fprintf(o->out, "uncertain");
  else if (target == MER_TARGET_LABEL)
    fprintf(o->out, "%s %.0f %%", label_text(o, item), 100.0 * a->probs[a->label]);
  else
    for (int32_t k = 0; k < a->n_labels; k++) {
      if (target == MER_TARGET_LABELS && a->probs[k] < .5f) continue;
      fprintf(o->out, "%s%s", before, mer_model_label(o->model, k));
      if (target == MER_TARGET_VALUES) fprintf(o->out, " %.2f", (double)a->probs[k]);
      before = ", ";
    }
}

/* A text in which nothing is markup. */
static void put_vtt_text(FILE *out, const char *text) {
  for (; *text; text++)
    if (*text == '&') fputs("&amp;", out);
    else if (*text == '<') fputs("&lt;", out);
    else if (*text == '>') fputs("&gt;", out);
    else fputc(*text, out);
}

/* Subtitles without times cannot be. */
static void write_subtitle(cli_timeline_output *o, const mer_timeline_item *item, bool vtt) {
  if (!isfinite(item->start_s)) return;
  if (!vtt) fprintf(o->out, "%lld\n", (long long)++o->n_written);
  put_clock(o->out, item->start_s, vtt ? '.' : ',');
  fputs(" --> ", o->out);
  put_clock(o->out, item->end_s, vtt ? '.' : ',');
  fputc('\n', o->out);
  if (item->speaker && vtt) {
    fputs("<v ", o->out);
    put_vtt_text(o->out, item->speaker);
    fputc('>', o->out);
  } else if (item->speaker) {
    fprintf(o->out, "%s: ", item->speaker);
  }
  fputc('[', o->out);
  put_answer(o, item);
  fputc(']', o->out);
  if (*text_of(item)) fputc(' ', o->out);
  if (vtt) put_vtt_text(o->out, text_of(item));
  else fputs(text_of(item), o->out);
  fputs("\n\n", o->out);
}

static void write_row(const cli_timeline_output *o, const mer_timeline_item *item) {
  if (isfinite(item->start_s)) {
    put_clock(o->out, item->start_s, '.');
    fprintf(o->out, " %6.1f s", item->end_s - item->start_s);
  } else {
    fprintf(o->out, "%12s %8s", "-", "-");
  }
  fputs("  ", o->out);
  cli_put_line(o->out, item->speaker ? item->speaker : "-", 12);
  fputc(' ', o->out);
  put_answer(o, item);
  if (item->after >= 0)
    fprintf(o->out, " (from %s to %s)", mer_model_label(o->model, item->before),
            mer_model_label(o->model, item->after));
  if (*text_of(item)) fputs("  ", o->out);
  cli_put_line(o->out, text_of(item), 0);
  fputc('\n', o->out);
}

mer_status cli_timeline_begin(cli_timeline_output *output, mer_error *err) {
  if (output->format == CLI_TIMELINE_CSV) begin_csv(output);
  if (output->format == CLI_TIMELINE_VTT) fputs(VTT_START "\n\n", output->out);
  if (output->format != CLI_TIMELINE_HTML) return MER_OK;
  return mer_timeline_page_create(&output->page, output->model, err);
}

/* --- the page --- */

static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The recording as a link of a page: its name alone, so that it is found beside the page; where it
 * lies is not for those who get the page. */
static char *link_of(const char *recording) {
  static const char hex[] = "0123456789ABCDEF";
  const char *name = name_of(recording);
  char *link = malloc(3 * strlen(name) + 1), *out = link;
  for (; link && *name; name++) {
    const unsigned char c = (unsigned char)*name;
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       strchr("._-~", c);
    if (plain) *out++ = (char)c;
    else out += sprintf(out, "%%%c%c", hex[c >> 4], hex[c & 15]);
  }
  if (link) *out = 0;
  return link;
}

mer_status cli_timeline_end(cli_timeline_output *output, const mer_recording *recording,
                            mer_error *err) {
  char title[300], *html = NULL;
  size_t size;
  if (output->format != CLI_TIMELINE_HTML) return MER_OK;
  snprintf(title, sizeof title, "Timeline of %.200s",
           output->recording ? name_of(output->recording) : "a transcript");
  mer_text_make_utf8(title);
  char *link = output->recording ? link_of(output->recording) : NULL;
  const mer_status status =
      mer_timeline_page_write(&html, &size, output->page, recording, title, link, err);
  if (status == MER_OK) fwrite(html, 1, size, output->out);
  mer_text_free(html);
  free(link);
  mer_timeline_page_free(output->page);
  output->page = NULL;
  return status;
}

mer_status cli_timeline_write(cli_timeline_output *output, const mer_timeline_item *item,
                              mer_error *err) {
  switch (output->format) {
    case CLI_TIMELINE_JSONL: return write_json(output, item, err);
    case CLI_TIMELINE_CSV: write_csv(output, item); break;
    case CLI_TIMELINE_SRT: write_subtitle(output, item, false); break;
    case CLI_TIMELINE_VTT: write_subtitle(output, item, true); break;
    case CLI_TIMELINE_TABLE: write_row(output, item); break;
    case CLI_TIMELINE_HTML: return mer_timeline_page_add(output->page, item, err);
  }
  return MER_OK;
}

mer_status cli_timeline_write_fault(cli_timeline_output *output, const mer_error *fault,
                                    mer_error *err) {
  mer_timeline_item item = {.start_s = NAN,
                            .end_s = NAN,
                            .answer = {.status = fault->status, .label = -1},
                            .intensity = NAN,
                            .before = -1,
                            .after = -1};
  if (output->format != CLI_TIMELINE_JSONL && output->format != CLI_TIMELINE_CSV) return MER_OK;
  memcpy(item.answer.message, fault->message, sizeof item.answer.message);
  return cli_timeline_write(output, &item, err);
}
