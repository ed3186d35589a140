/* row_turns.c: the rows of a split as turns of their dialogues. */
#include "data/row_turns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* A row that is sorted. */
typedef struct sorted_row {
  int64_t dialogue, utterance, row;
} sorted_row;

static int order_of(int64_t x, int64_t y) { return (x > y) - (x < y); }

static int compare(const void *a, const void *b) {
  const sorted_row *x = a, *y = b;
  int order = order_of(x->dialogue, y->dialogue);
  if (order == 0) order = order_of(x->utterance, y->utterance);
  return order ? order : order_of(x->row, y->row);
}

/* The turns in the order of `places`, and where each dialogue begins and ends. Rows that are in
 * none (-1) are one after the other, each by itself. */
static void fill(mer__row_turns *turns, const sorted_row *places, const mer_utterance *rows,
                 int64_t n) {
  for (int64_t begin = 0, end; begin < n; begin = end) {
    const int64_t dialogue = places[begin].dialogue;
    end = begin + 1;
    while (dialogue >= 0 && end < n && places[end].dialogue == dialogue) end++;
    for (int64_t i = begin; i < end; i++) {
      const mer_utterance *row = &rows[places[i].row];
      turns->turns[i] = (mer_turn){.speaker = row->speaker,
                                   .text = row->text,
                                   .text_size = row->text ? strlen(row->text) : 0};
      turns->places[places[i].row] = i;
      turns->begins[places[i].row] = begin;
      turns->ends[places[i].row] = end;
    }
  }
}

mer_status mer__row_turns_sort(mer__row_turns *turns, const mer_utterance *rows, int64_t n,
                               mer_error *err) {
  sorted_row *places = mer__malloc((size_t)n, sizeof *places);
  turns->turns = mer__malloc((size_t)n, sizeof *turns->turns);
  turns->places = mer__malloc((size_t)n, sizeof *turns->places);
  turns->begins = mer__malloc((size_t)n, sizeof *turns->begins);
  turns->ends = mer__malloc((size_t)n, sizeof *turns->ends);
  const bool complete = places && turns->turns && turns->places && turns->begins && turns->ends;
  for (int64_t i = 0; complete && i < n; i++)
    places[i] = (sorted_row){rows[i].dialogue, rows[i].utterance, i};
  if (complete) {
    qsort(places, (size_t)n, sizeof *places, compare);
    fill(turns, places, rows, n);
  }
  mer__free(places);
  return complete ? MER_OK : mer__fail_memory(err);
}

void mer__row_turns_clear(mer__row_turns *turns) {
  mer__free(turns->turns);
  mer__free(turns->places);
  mer__free(turns->begins);
  mer__free(turns->ends);
  *turns = (mer__row_turns){0};
}

mer_context mer__row_turns_around(const mer__row_turns *turns, const mer_utterance *row,
                                  int64_t i) {
  mer_context context = {.speaker = row->speaker};
  if (!turns->turns) return context;
  const int64_t place = turns->places[i];
  context.past = turns->turns + turns->begins[i];
  context.n_past = place - turns->begins[i];
  context.future = turns->turns + place + 1;
  context.n_future = turns->ends[i] - place - 1;
  return context;
}
