/* waveform.c: peaks of pieces of a sound. When there is no room for another piece, each two become
 * one. */
#include "timeline/waveform.h"

#include <math.h>
#include <string.h>

static void halve(mer__waveform *w) {
  for (int c = 0; c < MER_TIMELINE_CHANNELS; c++) {
    float *peaks = w->peaks[c];
    for (int i = 0; i < MER_TIMELINE_PEAKS / 2; i++)
      peaks[i] = fmaxf(peaks[2 * i], peaks[2 * i + 1]);
    memset(peaks + MER_TIMELINE_PEAKS / 2, 0,
           (MER_TIMELINE_PEAKS + 1 - MER_TIMELINE_PEAKS / 2) * sizeof *peaks);
  }
  w->n /= 2;
  w->piece *= 2;
}

void mer__waveform_add(mer__waveform *waveform, const float *const *channels, int n_channels,
                       int64_t n) {
  mer__waveform *w = waveform;
  for (int64_t at = 0; at < n;) {
    const int64_t room = w->piece - w->rest, taken = n - at < room ? n - at : room;
    for (int c = 0; c < n_channels; c++)
      for (int64_t i = at; i < at + taken; i++)
        w->peaks[c][w->n] = fmaxf(w->peaks[c][w->n], fabsf(channels[c][i]));
    at += taken;
    w->rest += taken;
    if (w->rest < w->piece) break;
    w->rest = 0;
    if (++w->n == MER_TIMELINE_PEAKS) halve(w);
  }
}
