/* winograd_squares.c: a square within the map is read where it lies. */
#include "nn/winograd_squares.h"

#include <string.h>

#include "nn/parallel.h"

enum { IN = MER__WINOGRAD_IN, POINTS = MER__WINOGRAD_POINTS };

/* The pixels of the square at p of the map, with zeros around the map, to `to` [IN, IN, channels].
 */
static void copy_square(float *to, const mer__square_source *s, mer__square_place p) {
  const mer__map in = s->in;
  const int64_t channels = s->channels;
  const int64_t from = mer__max(p.x, 0), end = mer__min(p.x + IN, in.width);
  memset(to, 0, (size_t)(POINTS * channels) * sizeof *to);
  if (from >= end) return;
  for (int64_t i = mer__max(p.y, 0); i < mer__min(p.y + IN, in.height); i++)
    memcpy(to + ((i - p.y) * IN + from - p.x) * channels,
           s->x + ((p.image * in.height + i) * in.width + from) * channels,
           (size_t)((end - from) * channels) * sizeof *to);
}

void mer__square_points(float *to, int64_t step, const mer__square_source *s, mer__square_place p,
                        float *edge) {
  const mer__map in = s->in;
  const float *from = edge;
  int64_t row = IN * s->channels;
  p.y -= s->padding, p.x -= s->padding;
  if (p.y >= 0 && p.x >= 0 && p.y + IN <= in.height && p.x + IN <= in.width) {
    from = s->x + ((p.image * in.height + p.y) * in.width + p.x) * s->channels;
    row = in.width * s->channels;
  } else {
    copy_square(edge, s, p);
  }
  MER__CHOSEN(mer__winograd)->input(to, step, from, row, s->channels);
}
