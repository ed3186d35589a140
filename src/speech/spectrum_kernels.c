/* spectrum_kernels.c: windowing, mel bands, decibels and cosine transform. */
#include "speech/spectrum_kernels.h"

#include <string.h>

enum { L = MER__LANES };

/* Vectors of adjacent lanes (GCC's and Clang's vector extension): of 4, and of as many as a
 * register has; wider ones would lie in memory. Not for arguments: their passing depends on the
 * target. */
typedef float vec4 __attribute__((vector_size(16), may_alias));
#if defined(__AVX2__)
typedef float vec __attribute__((vector_size(32), may_alias));
#else
typedef float vec __attribute__((vector_size(16), may_alias));
#endif
typedef float loose4 __attribute__((vector_size(16), may_alias, aligned(4)));
typedef int32_t mask4 __attribute__((vector_size(16)));
enum { N_VECS = L * sizeof(float) / sizeof(vec) }; /* of all lanes */

#if defined(__clang__)
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (mask4){i, j, k, l})
#endif

/* Samples i .. i + 3 of the frames of four lanes, windowed and transposed, to rows i/2 and i/2 + 1.
 */
MER__INLINE void window_block(float *even, float *odd, const float *const *frames,
                              const float *window, size_t i) {
  const vec4 w = *(const loose4 *)(window + i);
  const vec4 a = *(const loose4 *)(frames[0] + i) * w, b = *(const loose4 *)(frames[1] + i) * w;
  const vec4 c = *(const loose4 *)(frames[2] + i) * w, d = *(const loose4 *)(frames[3] + i) * w;
  const vec4 ab_low = SHUFFLE(a, b, 0, 4, 1, 5), ab_high = SHUFFLE(a, b, 2, 6, 3, 7);
  const vec4 cd_low = SHUFFLE(c, d, 0, 4, 1, 5), cd_high = SHUFFLE(c, d, 2, 6, 3, 7);
  float *row = even + i / 2 * L, *odd_row = odd + i / 2 * L;
  *(vec4 *)row = SHUFFLE(ab_low, cd_low, 0, 1, 4, 5);
  *(vec4 *)odd_row = SHUFFLE(ab_low, cd_low, 2, 3, 6, 7);
  *(vec4 *)(row + L) = SHUFFLE(ab_high, cd_high, 0, 1, 4, 5);
  *(vec4 *)(odd_row + L) = SHUFFLE(ab_high, cd_high, 2, 3, 6, 7);
}

static void window_frames(float *out, const float *const frames[MER__LANES], const float *window,
                          int n) {
  float *even = out, *odd = out + (size_t)(n / 2) * L;
  size_t whole = (size_t)n / 4 * 4;
  for (size_t l = 0; l < L; l += 4) {
    for (size_t i = 0; i < whole; i += 4) window_block(even + l, odd + l, frames + l, window, i);
    if (whole == (size_t)n) continue;
    for (size_t k = l; k < l + 4; k++) {
      even[whole / 2 * L + k] = frames[k][whole] * window[whole];
      odd[whole / 2 * L + k] = frames[k][whole + 1] * window[whole + 1];
    }
  }
}

static float apply_mel(float *mel, const float *power, const mer__bank *bank) {
  float result = 0;
  for (int m = 0; m < bank->n_bands; m++) {
    const mer__band *band = &bank->bands[m];
    const vec *p = (const vec *)(power + (size_t)band->first * L);
    vec sum[N_VECS] = {{0}};
    for (int k = 0; k < band->n; k++, p += N_VECS)
      for (int v = 0; v < N_VECS; v++) sum[v] += band->weights[k] * p[v];
    for (int v = 0; v < N_VECS; v++) ((vec *)(mel + m * L))[v] = sum[v];
  }
#pragma omp simd reduction(max : result)
  for (int i = 0; i < bank->n_bands * L; i++) result = mel[i] > result ? mel[i] : result;
  return result;
}

/* Natural logarithm of a normal positive f32, given by its bits, by the polynomial of logf in S.
 * Moshier's Cephes library: x = 2^e m with m from sqrt(1/2) to sqrt(2), ln m = z - z^2 / 2 + z^3
 * P(z), z = m - 1. */
MER__INLINE float natural_log(int32_t bits) {
  int32_t shifted = bits - 0x3f3504f3; /* sqrt(1/2) */
  int32_t exponent = shifted >> 23;
  bits -= (int32_t)((uint32_t)exponent << 23);
  float m, e = (float)exponent;
  memcpy(&m, &bits, sizeof m);
  float z = m - 1, p = 7.0376836292e-2f;
  p = p * z - 1.1514610310e-1f;
  p = p * z + 1.1676998740e-1f;
  p = p * z - 1.2420140846e-1f;
  p = p * z + 1.4249322787e-1f;
  p = p * z - 1.6668057665e-1f;
  p = p * z + 2.0000714765e-1f;
  p = p * z - 2.4999993993e-1f;
  p = p * z + 3.3333331174e-1f;
  p = p * z * z * z - 0.5f * z * z;
  return z + p + e * 0.693147181f;
}

/* The clamps are on the bits, which are ordered as the numbers are, and do not branch. A NaN may
 * have a sign; power has none. */
static void decibel(float *x, size_t n, float floor_db) {
  const int32_t least = 0x2edbe6ff, most = 0x7f7fffff; /* 1e-10, the largest f32 */
#pragma omp simd
  for (size_t i = 0; i < n; i++) {
    int32_t bits;
    memcpy(&bits, &x[i], sizeof bits);
    bits &= 0x7fffffff;
    bits = bits > least ? bits : least;
    bits = bits < most ? bits : most;
    float db = 4.34294482f * natural_log(bits);
    x[i] = db > floor_db ? db : floor_db;
  }
}

/* ROWS coefficients at once, so that a vector of x is loaded once for all and the sums stay in
 * registers. */
enum { ROWS = MER__COSINE_ROWS };

static void apply_cosines(float *out, const float *x, const float *cosines, int n_rows, int n_bands,
                          size_t stride, int n_lanes) {
  for (int c = 0; c < n_rows; c += ROWS, cosines += ROWS * n_bands) {
    vec sums[ROWS][N_VECS] = {{{0}}};
    for (int m = 0; m < n_bands; m++)
      for (int v = 0; v < N_VECS; v++) {
        const vec value = ((const vec *)(x + m * L))[v];
        for (int r = 0; r < ROWS; r++) sums[r][v] += cosines[m * ROWS + r] * value;
      }
    for (int r = 0; r < ROWS && c + r < n_rows; r++)
      memcpy(out + (size_t)(c + r) * stride, sums[r], (size_t)n_lanes * sizeof *out);
  }
}

const mer__spectrum_kernels MER__VERSION(mer__spectrum) = {window_frames, apply_mel, decibel,
                                                           apply_cosines};
