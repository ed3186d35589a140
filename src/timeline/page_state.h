/* page_state.h: what a page of a timeline shows. Times are seconds; widths are pixels of a nominal
 * size that the browser scales. */
#ifndef MER_TIMELINE_PAGE_STATE_H
#define MER_TIMELINE_PAGE_STATE_H

#include "base/text_buffer.h"
#include "mer/timeline.h"

enum {
  MER__PAGE_LANES = 16, /* at most; of more speakers the others share the last one */
  MER__PAGE_COLOURS = 8,
};

/** A segment. */
typedef struct mer__shown {
  double start_s, end_s; /* NaN: not known */
  int lane, channel;
  int32_t label; /* -1: none */
  int32_t before, after;
  float prob, intensity;
  size_t speaker; /* in `strings`; "": not known */
  size_t words;   /* in `strings`: its text as HTML, 0-terminated */
} mer__shown;

struct mer_timeline_page {
  const mer_model *model;
  mer__shown *items; /* [n_items] */
  size_t n_items, capacity;
  mer__text_buffer strings;
  size_t lanes[MER__PAGE_LANES]; /* their speakers, in `strings` */
  int channels[MER__PAGE_LANES]; /* of the first item of each */
  int n_lanes;
  bool others;  /* the last lane is that of several speakers */
  double end_s; /* of the last item that has times */
};

/** What a page is written with. */
typedef struct mer__page_view {
  mer__text_buffer *out;
  const mer_timeline_page *page;
  const mer_recording *recording;
  double duration_s;
} mer__page_view;

/** The name of a lane: its speaker, "others", or "speech" where who speaks is not known. */
const char *mer__page_lane(const mer_timeline_page *page, int lane);
/** Who speaks in a segment; "": not known. */
const char *mer__page_speaker(const mer_timeline_page *page, const mer__shown *shown);
/** Index of a label's colour, class c<index>: those of known emotions are always the same. */
int mer__page_colour(const mer_timeline_page *page, int32_t label);
/** "1:02:03", or "2:03" of less than an hour. */
void mer__page_clock(mer__text_buffer *out, double seconds);
/** The label as HTML; a dash if there is none. */
void mer__page_label(mer__text_buffer *out, const mer_timeline_page *page, int32_t label);

/** The parts of the page. */
void mer__page_lanes(const mer__page_view *view);
void mer__page_rollup(const mer__page_view *view);
void mer__page_segments(const mer__page_view *view);
extern const char mer__timeline_style[], mer__timeline_script[];

#endif
