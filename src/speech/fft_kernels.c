/* fft_kernels.c: the passes of the transform (fft.c). Real and imaginary parts are apart, and each
 * inner loop runs over adjacent columns and lanes, so that the compiler's vectors are full in every
 * pass. */
#include "speech/fft_kernels.h"

#include <string.h>

enum { L = MER__LANES };

/* A butterfly reads x_k at columns (p + n_groups k) stride, k < radix, and writes
 * y_j = w^(p j) sum_k x_k exp(-2 pi j k / radix) at columns (radix p + j) stride. All columns are
 * `width` = stride * LANES floats. */

typedef struct columns {
  float *re, *im;
} columns;

MER__INLINE void radix_2(columns y, columns x, const float *w, size_t n_groups, size_t width) {
  for (size_t p = 0; p < n_groups; p++, w += 2) {
    const float *restrict xr = x.re + p * width, *restrict xi = x.im + p * width;
    float *restrict yr = y.re + 2 * p * width, *restrict yi = y.im + 2 * p * width;
    const size_t next = n_groups * width;
#pragma omp simd
    for (size_t t = 0; t < width; t++) {
      float dr = xr[t] - xr[t + next], di = xi[t] - xi[t + next];
      yr[t] = xr[t] + xr[t + next];
      yi[t] = xi[t] + xi[t + next];
      yr[t + width] = dr * w[0] - di * w[1];
      yi[t + width] = dr * w[1] + di * w[0];
    }
  }
}

MER__INLINE void radix_4(columns y, columns x, const float *w, size_t n_groups, size_t width) {
  for (size_t p = 0; p < n_groups; p++, w += 6) {
    const float *restrict xr = x.re + p * width, *restrict xi = x.im + p * width;
    float *restrict yr = y.re + 4 * p * width, *restrict yi = y.im + 4 * p * width;
    const size_t next = n_groups * width;
#pragma omp simd
    for (size_t t = 0; t < width; t++) {
      float ar = xr[t] + xr[t + 2 * next], ai = xi[t] + xi[t + 2 * next];
      float br = xr[t] - xr[t + 2 * next], bi = xi[t] - xi[t + 2 * next];
      float cr = xr[t + next] + xr[t + 3 * next], ci = xi[t + next] + xi[t + 3 * next];
      float dr = xr[t + next] - xr[t + 3 * next], di = xi[t + next] - xi[t + 3 * next];
      float er = br + di, ei = bi - dr, fr = ar - cr, fi = ai - ci, gr = br - di, gi = bi + dr;
      yr[t] = ar + cr;
      yi[t] = ai + ci;
      yr[t + width] = er * w[0] - ei * w[1];
      yi[t + width] = er * w[1] + ei * w[0];
      yr[t + 2 * width] = fr * w[2] - fi * w[3];
      yi[t + 2 * width] = fr * w[3] + fi * w[2];
      yr[t + 3 * width] = gr * w[4] - gi * w[5];
      yi[t + 3 * width] = gr * w[5] + gi * w[4];
    }
  }
}

MER__INLINE void radix_5(columns y, columns x, const float *w, size_t n_groups, size_t width) {
  const float c1 = 0.309016994f, c2 = -0.809016994f; /* cos of 72 and 144 degrees */
  const float s1 = 0.951056516f, s2 = 0.587785252f;  /* sin of them */
  for (size_t p = 0; p < n_groups; p++, w += 8) {
    const float *restrict xr = x.re + p * width, *restrict xi = x.im + p * width;
    float *restrict yr = y.re + 5 * p * width, *restrict yi = y.im + 5 * p * width;
    const size_t next = n_groups * width;
#pragma omp simd
    for (size_t t = 0; t < width; t++) {
      float ar = xr[t + next] + xr[t + 4 * next], ai = xi[t + next] + xi[t + 4 * next];
      float br = xr[t + next] - xr[t + 4 * next], bi = xi[t + next] - xi[t + 4 * next];
      float cr = xr[t + 2 * next] + xr[t + 3 * next], ci = xi[t + 2 * next] + xi[t + 3 * next];
      float dr = xr[t + 2 * next] - xr[t + 3 * next], di = xi[t + 2 * next] - xi[t + 3 * next];
      float er = xr[t] + c1 * ar + c2 * cr, ei = xi[t] + c1 * ai + c2 * ci;
      float fr = xr[t] + c2 * ar + c1 * cr, fi = xi[t] + c2 * ai + c1 * ci;
      float gr = s1 * br + s2 * dr, gi = s1 * bi + s2 * di;
      float hr = s2 * br - s1 * dr, hi = s2 * bi - s1 * di;
      yr[t] = xr[t] + ar + cr;
      yi[t] = xi[t] + ai + ci;
      yr[t + width] = (er + gi) * w[0] - (ei - gr) * w[1];
      yi[t + width] = (er + gi) * w[1] + (ei - gr) * w[0];
      yr[t + 2 * width] = (fr + hi) * w[2] - (fi - hr) * w[3];
      yi[t + 2 * width] = (fr + hi) * w[3] + (fi - hr) * w[2];
      yr[t + 3 * width] = (fr - hi) * w[4] - (fi + hr) * w[5];
      yi[t + 3 * width] = (fr - hi) * w[5] + (fi + hr) * w[4];
      yr[t + 4 * width] = (er - gi) * w[6] - (ei + gr) * w[7];
      yi[t + 4 * width] = (er - gi) * w[7] + (ei + gr) * w[6];
    }
  }
}

/* y += x * (cr + j ci), a column. */
MER__INLINE void add_rotated(float *restrict yr, float *restrict yi, const float *restrict xr,
                             const float *restrict xi, float cr, float ci, size_t width) {
#pragma omp simd
  for (size_t t = 0; t < width; t++) {
    yr[t] += xr[t] * cr - xi[t] * ci;
    yi[t] += xr[t] * ci + xi[t] * cr;
  }
}

/* Any radix, by the definition: for 3 and the rare sizes with larger prime factors. */
MER__INLINE void radix_any(columns y, columns x, const mer__fft_stage *stage, size_t width) {
  const size_t radix = (size_t)stage->radix, n_groups = (size_t)stage->n_groups;
  const float *w = stage->twiddles;
  for (size_t p = 0; p < n_groups; p++)
    for (size_t j = 0; j < radix; j++) {
      const float wr = j ? *w++ : 1, wi = j ? *w++ : 0;
      float *yr = y.re + (radix * p + j) * width, *yi = y.im + (radix * p + j) * width;
      memset(yr, 0, width * sizeof *yr);
      memset(yi, 0, width * sizeof *yi);
      for (size_t k = 0; k < radix; k++) {
        const float *root = stage->roots + 2 * (j * k % radix);
        size_t from = (p + n_groups * k) * width;
        add_rotated(yr, yi, x.re + from, x.im + from, root[0] * wr - root[1] * wi,
                    root[0] * wi + root[1] * wr, width);
      }
    }
}

/* The power spectra of the real frames from the transforms z of their halves:
 * X_k = E + w^k O, X_(half-k) = conj(E - w^k O) with E = z_k + conj z_(half-k),
 * O = -j (z_k - conj z_(half-k)). */
MER__INLINE void real_power(float *power, columns z, const float *w, size_t half) {
  for (size_t k = 0; k <= half / 2; k++, w += 2) {
    size_t mirror = half - k, from = mirror % half;
    const float *restrict ar = z.re + k * L, *restrict ai = z.im + k * L;
    const float *restrict br = z.re + from * L, *restrict bi = z.im + from * L;
    float *low = power + k * L, *high = power + mirror * L;
#pragma omp simd
    for (size_t t = 0; t < L; t++) {
      float er = ar[t] + br[t], ei = ai[t] - bi[t], o_re = ai[t] + bi[t], o_im = br[t] - ar[t];
      float pr = o_re * w[0] - o_im * w[1], pi = o_re * w[1] + o_im * w[0];
      low[t] = (er + pr) * (er + pr) + (ei + pi) * (ei + pi);
      high[t] = (er - pr) * (er - pr) + (ei - pi) * (ei - pi);
    }
  }
}

static void power_spectra(float *power, float *work, const mer__fft *fft) {
  const size_t plane = (size_t)fft->half * L;
  columns x = {work, work + plane}, y = {work + 2 * plane, work + 3 * plane};
  for (int s = 0; s < fft->n_stages; s++) {
    const mer__fft_stage *stage = &fft->stages[s];
    const size_t n_groups = (size_t)stage->n_groups, width = (size_t)stage->stride * L;
    const float *w = stage->twiddles;
    if (stage->radix == 5) radix_5(y, x, w, n_groups, width);
    else if (stage->radix == 4) radix_4(y, x, w, n_groups, width);
    else if (stage->radix == 2) radix_2(y, x, w, n_groups, width);
    else radix_any(y, x, stage, width);
    columns swap = x;
    x = y;
    y = swap;
  }
  real_power(power, x, fft->real_twiddles, (size_t)fft->half);
}

const mer__fft_kernels MER__VERSION(mer__fft) = {power_spectra};
