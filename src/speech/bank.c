/* bank.c: window, mel bands and cosines. The bands' edges are computed in f32 in torchaudio's order
 * of operations, so that a bin that lies on an edge is in a band here if it is there. */
#include "speech/bank.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

static const double PI = 3.14159265358979323846;

/* Element `i` of torch.linspace(0, end, n) in f32: counted from the nearer end. */
static float linspace(float end, int n, int i) {
  float step = end / (float)(n - 1);
  return i < n / 2 ? step * (float)i : end - step * (float)(n - 1 - i);
}

/* Edge `i` of the bands, in Hz: band b rises from edge b to b + 1 and falls to b + 2. */
static float edge_hz(int i, int n_bands, int top_hz) {
  double mel_max = 2595.0 * log10(1.0 + top_hz / 700.0);
  float mel = linspace((float)mel_max, n_bands + 2, i);
  return 700.0f * (powf(10.0f, mel / 2595.0f) - 1.0f);
}

/* Weight of a bin at `hz` in the band between the three edges. */
static float weight(float hz, const float edges[3]) {
  float rise = -(edges[0] - hz) / (edges[1] - edges[0]);
  float fall = (edges[2] - hz) / (edges[2] - edges[1]);
  float least = rise < fall ? rise : fall;
  return least > 0 ? least : 0;
}

/* Appends the band's weights at `at` and returns their number. */
static int fill_band(mer__band *band, float *at, const float edges[3], int n_bins, int top_hz) {
  *band = (mer__band){.weights = at};
  for (int k = 0; k < n_bins; k++) {
    float w = weight(linspace((float)top_hz, n_bins, k), edges);
    if (!(w > 0)) continue;
    if (!band->n) band->first = k;
    band->n = k - band->first + 1;
    at[k - band->first] = w;
  }
  return band->n;
}

mer_status mer__bank_init(mer__bank *bank, int n_bands, int n_fft, int rate_hz, mer_error *err) {
  int n_bins = n_fft / 2 + 1, top_hz = rate_hz / 2;
  *bank = (mer__bank){.n_bands = n_bands};
  bank->bands = mer__malloc((size_t)n_bands, sizeof *bank->bands);
  /* A bin lies in two bands; one more of room for each band whose edges round towards each other.
   */
  bank->weights = mer__calloc((size_t)n_bins * 2 + (size_t)n_bands, sizeof *bank->weights);
  if (!bank->bands || !bank->weights) {
    mer__bank_clear(bank);
    return mer__fail_memory(err);
  }
  float *at = bank->weights;
  for (int b = 0; b < n_bands; b++) {
    float edges[3];
    for (int i = 0; i < 3; i++) edges[i] = edge_hz(b + i, n_bands, top_hz);
    at += fill_band(&bank->bands[b], at, edges, n_bins, top_hz);
  }
  return MER_OK;
}

void mer__bank_clear(mer__bank *bank) {
  mer__free(bank->bands);
  mer__free(bank->weights);
  *bank = (mer__bank){0};
}

void mer__window_fill(float *out, int n, double scale) {
  for (int i = 0; i < n; i++) out[i] = (float)(scale * (0.5 - 0.5 * cos(2 * PI * i / n)));
}

size_t mer__cosines_size(int n_rows, int n_bands) {
  size_t blocks = (size_t)(n_rows + MER__COSINE_ROWS - 1) / MER__COSINE_ROWS;
  return blocks * MER__COSINE_ROWS * (size_t)n_bands;
}

void mer__cosines_fill(float *out, int n_rows, int n_bands) {
  memset(out, 0, mer__cosines_size(n_rows, n_bands) * sizeof *out);
  for (int c = 0; c < n_rows; c++) {
    float *block = out + (size_t)(c / MER__COSINE_ROWS) * MER__COSINE_ROWS * (size_t)n_bands;
    double scale = sqrt((c ? 2.0 : 1.0) / n_bands);
    for (int m = 0; m < n_bands; m++)
      block[m * MER__COSINE_ROWS + c % MER__COSINE_ROWS] =
          (float)(cos(PI / n_bands * (m + 0.5) * c) * scale);
  }
}
