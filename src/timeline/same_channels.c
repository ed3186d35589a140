/* same_channels.c: the correlation of two channels over what is not silence. Two microphones in one
 * room reach .5 to .9, speakers of a call some hundredths, a copy 1. */
#include "timeline/same_channels.h"

#include <math.h>

enum { PIECE = 512 };
static const double LOUD = 1e-5; /* mean square of -50 dB */

static void add_piece(mer__same_channels *sums, const float *left, const float *right, int64_t n) {
  double l = 0, r = 0, both = 0;
  for (int64_t i = 0; i < n; i++) {
    l += (double)left[i] * left[i];
    r += (double)right[i] * right[i];
    both += (double)left[i] * right[i];
  }
  if (!(l + r > LOUD * (double)n)) return;
  sums->left += l;
  sums->right += r;
  sums->both += both;
  sums->n_loud += n;
}

void mer__same_channels_add(mer__same_channels *sums, const float *left, const float *right,
                            int64_t n) {
  for (int64_t at = 0; at < n; at += PIECE)
    add_piece(sums, left + at, right + at, n - at < PIECE ? n - at : PIECE);
}

double mer__same_channels_correlation(const mer__same_channels *sums) {
  const double scale = sqrt(sums->left) * sqrt(sums->right);
  return scale > 0 ? sums->both / scale : 0;
}
