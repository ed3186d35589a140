/* bank.c: window, mel bands and cosines. The edges of HTK's bands are computed in f32 in
 * torchaudio's order of operations, so that a bin that lies on an edge is in a band here if it is
 * there; those of Slaney's (Auditory Toolbox, 1998) in f64, as transformers does. */
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

/* Edge `i` of HTK's bands, in Hz: band b rises from edge b to b + 1 and falls to b + 2. */
static float edge_hz(int i, int n_bands, int top_hz) {
  double mel_max = 2595.0 * log10(1.0 + top_hz / 700.0);
  float mel = linspace((float)mel_max, n_bands + 2, i);
  return 700.0f * (powf(10.0f, mel / 2595.0f) - 1.0f);
}

/* Slaney's scale: 3 mel for 200 Hz up to 1 kHz, from there a factor of 6.4 for 27 mel. */
enum { KNEE_HZ = 1000, KNEE_MEL = 15 };

static double slaney_mel(double hz) {
  return hz < KNEE_HZ ? 3 * hz / 200 : KNEE_MEL + log(hz / KNEE_HZ) * (27 / log(6.4));
}

static double slaney_hz(double mel) {
  return mel < KNEE_MEL ? 200 * mel / 3 : KNEE_HZ * exp(log(6.4) / 27 * (mel - KNEE_MEL));
}

double mer__mel_of_hz(mer__bank_scale scale, double hz) {
  return scale == MER__BANK_SLANEY ? slaney_mel(hz) : 2595 * log10(1 + hz / 700);
}

double mer__hz_of_mel(mer__bank_scale scale, double mel) {
  return scale == MER__BANK_SLANEY ? slaney_hz(mel) : 700 * (pow(10, mel / 2595) - 1);
}

static double slaney_edge_hz(int i, int n_bands, double top_hz) {
  return slaney_hz(slaney_mel(top_hz) * i / (n_bands + 1));
}

/* Weight of a bin at `hz` in the band between the three edges, whose area is 1. */
static float slaney_weight(double hz, const double edges[3]) {
  const double rise = (hz - edges[0]) / (edges[1] - edges[0]);
  const double fall = (edges[2] - hz) / (edges[2] - edges[1]);
  const double least = rise < fall ? rise : fall;
  return least > 0 ? (float)(least * 2 / (edges[2] - edges[0])) : 0;
}

/* Weight of a bin at `hz` in the band between the three edges. */
static float weight(float hz, const float edges[3]) {
  float rise = -(edges[0] - hz) / (edges[1] - edges[0]);
  float fall = (edges[2] - hz) / (edges[2] - edges[1]);
  float least = rise < fall ? rise : fall;
  return least > 0 ? least : 0;
}

/* What a bank is made of. */
typedef struct shape {
  mer__bank_scale scale;
  int n_bands, n_bins, rate_hz;
} shape;

/* Weight of bin k in band b. */
static float weight_of(const shape *s, int b, int k) {
  const int top_hz = s->rate_hz / 2;
  float edges[3];
  double exact[3];
  if (s->scale == MER__BANK_SLANEY) {
    for (int i = 0; i < 3; i++) exact[i] = slaney_edge_hz(b + i, s->n_bands, s->rate_hz / 2.0);
    return slaney_weight(s->rate_hz / 2.0 * k / (s->n_bins - 1), exact);
  }
  for (int i = 0; i < 3; i++) edges[i] = edge_hz(b + i, s->n_bands, top_hz);
  return weight(linspace((float)top_hz, s->n_bins, k), edges);
}

/* Appends the weights of band b at `at` and returns their number. */
static int fill_band(mer__band *band, float *at, const shape *s, int b) {
  *band = (mer__band){.weights = at};
  for (int k = 0; k < s->n_bins; k++) {
    float w = weight_of(s, b, k);
    if (!(w > 0)) continue;
    if (!band->n) band->first = k;
    band->n = k - band->first + 1;
    at[k - band->first] = w;
  }
  return band->n;
}

mer_status mer__bank_init(mer__bank *bank, mer__bank_scale scale, int n_bands, int n_fft,
                          int rate_hz, mer_error *err) {
  const shape s = {scale, n_bands, n_fft / 2 + 1, rate_hz};
  *bank = (mer__bank){.n_bands = n_bands};
  bank->bands = mer__malloc((size_t)n_bands, sizeof *bank->bands);
  /* A bin lies in two bands; one more of room for each band whose edges round towards each other.
   */
  bank->weights = mer__calloc((size_t)s.n_bins * 2 + (size_t)n_bands, sizeof *bank->weights);
  if (!bank->bands || !bank->weights) {
    mer__bank_clear(bank);
    return mer__fail_memory(err);
  }
  float *at = bank->weights;
  for (int b = 0; b < n_bands; b++) at += fill_band(&bank->bands[b], at, &s, b);
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
