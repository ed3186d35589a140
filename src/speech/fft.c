/* fft.c: Stockham's self-sorting transform of radices 4, 5, 2 and any other (decimation in
 * frequency; C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992,
 * section 1.7), on complex sequences made of the even and odd samples of real ones (section 4.3).
 * The passes are in fft_kernels.c. */
#include "speech/fft.h"

#include <assert.h>
#include <math.h>

#include "base/alloc.h"
#include "base/error.h"
#include "speech/fft_kernels.h"

enum { L = MER__LANES };

static int next_radix(int n) {
  static const int preferred[] = {4, 5, 2, 3};
  for (int i = 0; i < 4; i++)
    if (n % preferred[i] == 0) return preferred[i];
  for (int radix = 7; radix * radix <= n; radix += 2)
    if (n % radix == 0) return radix;
  return n;
}

/* exp(-2 pi j k / n) */
static void put_root(float *out, double k, double n) {
  out[0] = (float)cos(MER__TAU * k / n);
  out[1] = (float)-sin(MER__TAU * k / n);
}

/* Splits `half` into stages; returns the number of floats of their twiddles. */
static size_t plan(mer__fft *fft) {
  size_t n_floats = 0;
  for (int n = fft->half, stride = 1; n > 1;) {
    int radix = next_radix(n);
    n /= radix;
    fft->stages[fft->n_stages++] =
        (mer__fft_stage){.radix = radix, .n_groups = n, .stride = stride};
    n_floats += (size_t)n * (size_t)(radix - 1) * 2 + (size_t)radix * 2;
    stride *= radix;
  }
  return n_floats;
}

mer_status mer__fft_init(mer__fft *fft, int size, mer_error *err) {
  assert(size >= 2 && size <= MER__FFT_MAX_SIZE && size % 2 == 0);
  *fft = (mer__fft){.size = size, .half = size / 2};
  size_t n_floats = plan(fft) + (size_t)(fft->half / 2 + 1) * 2;
  float *at = fft->tables = mer__malloc(n_floats, sizeof *at);
  if (!at) return mer__fail_memory(err);
  for (int s = 0; s < fft->n_stages; s++) {
    mer__fft_stage *stage = &fft->stages[s];
    stage->twiddles = at;
    for (int p = 0; p < stage->n_groups; p++)
      for (int j = 1; j < stage->radix; j++, at += 2)
        put_root(at, (double)p * j, (double)stage->n_groups * stage->radix);
    stage->roots = at;
    for (int j = 0; j < stage->radix; j++, at += 2) put_root(at, j, stage->radix);
  }
  fft->real_twiddles = at;
  for (int k = 0; k <= fft->half / 2; k++, at += 2) put_root(at, k, size);
  return MER_OK;
}

void mer__fft_clear(mer__fft *fft) {
  mer__free(fft->tables);
  *fft = (mer__fft){0};
}

size_t mer__fft_work_size(const mer__fft *fft) { return (size_t)fft->half * 4 * L; }

void mer__fft_power(float *power, float *work, const mer__fft *fft) {
  MER__CHOSEN(mer__fft)->power(power, work, fft);
}
