/* bleed.c: a frame is bleed where the other channel is louder by 12 dB and correlates with it: one
 * who speaks softly while another speaks loudly is not like that. */
#include "timeline/bleed.h"

#include <stddef.h>

static const double LOUDER = 15.8;    /* power of 12 dB */
static const double CORRELATED = .25; /* the square of the correlation, from which on */

void mer__bleed_remove(mer__lane *a, mer__lane *b) {
  for (size_t f = 0; f < a->probs.n; f++) {
    double aa = 0, bb = 0, ab = 0;
    int64_t n;
    const float *x = mer__lane_frame(a, a->n_searched + (int64_t)f, &n);
    const float *y = mer__lane_frame(b, b->n_searched + (int64_t)f, &n);
    for (int64_t i = 0; i < n; i++) {
      aa += (double)x[i] * x[i];
      bb += (double)y[i] * y[i];
      ab += (double)x[i] * y[i];
    }
    if (ab * ab < CORRELATED * aa * bb) continue;
    if (bb > LOUDER * aa) a->probs.data[f] = 0;
    if (aa > LOUDER * bb) b->probs.data[f] = 0;
  }
}
