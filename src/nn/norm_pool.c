/* norm_pool.c: threads share chunks of the frames; what they sum is added in the chunks' order. */
#include "nn/norm_pool.h"

#include <string.h>

#include "nn/channel_norm_kernels.h"
#include "nn/norm_pool_kernels.h"
#include "nn/parallel.h"

enum { CHUNK = 8 }; /* frames that are summed at a time: they stay in the cache */

static int64_t n_chunks_of(int64_t n_frames) { return (n_frames + CHUNK - 1) / CHUNK; }

static int64_t n_frames_of(const mer__packing *packing) {
  return packing->offsets[packing->n_utterances];
}

static bool is_shared(const mer__norm_pool *p) {
  return mer__shared(n_frames_of(p->clips) * p->n_bands * p->channels >= MER__PARALLEL_MIN);
}

int64_t mer__norm_pool_scratch(const mer__norm_pool *p) {
  return (2 * n_chunks_of(n_frames_of(p->clips)) + 3) * p->channels;
}

/* The mean of some pixels, and the sum of their squared distances to it. */
static void chunk_moments(float *mean, float *squares, const float *x, int64_t rows, int64_t c) {
  const mer__channel_norm_kernels *kernels = MER__CHOSEN(mer__channel_norm);
  const float zeros[MER__COLUMN_TILE] = {0};
  for (int64_t j = 0; j < c; j += MER__COLUMN_TILE) {
    const int64_t n = mer__chunk_size(c, j, MER__COLUMN_TILE);
    kernels->sums(mean + j, x + j, zeros, false, rows, c, n);
    for (int64_t i = j; i < j + n; i++) mean[i] /= (float)rows;
    kernels->sums(squares + j, x + j, mean + j, true, rows, c, n);
  }
}

/* The moments of all of the moments of the chunks (Chan, Golub and LeVeque, 1979), of channel j. */
static void join_moments(float *mean, float *variance, const float *chunks, int64_t n_frames,
                         int64_t n_bands, int64_t c, int64_t j) {
  const int64_t n_chunks = n_chunks_of(n_frames);
  double sum = 0, squares = 0, n_all = (double)(n_frames * n_bands);
  for (int64_t i = 0; i < n_chunks; i++)
    sum += (double)chunks[2 * i * c + j] *
           (double)(mer__chunk_size(n_frames, i * CHUNK, CHUNK) * n_bands);
  for (int64_t i = 0; i < n_chunks; i++) {
    const double n = (double)(mer__chunk_size(n_frames, i * CHUNK, CHUNK) * n_bands);
    const double d = chunks[2 * i * c + j] - sum / n_all;
    squares += chunks[(2 * i + 1) * c + j] + n * d * d;
  }
  *mean = (float)(sum / n_all);
  *variance = (float)(squares / n_all);
}

void mer__norm_pool_moments(float *mean, float *variance, const float *x, const mer__norm_pool *p,
                            float *scratch) {
  const int64_t n_frames = n_frames_of(p->clips), c = p->channels, row = p->n_bands * c;
#pragma omp parallel for schedule(static) if (is_shared(p))
  for (int64_t t = 0; t < n_frames; t += CHUNK) {
    float *own = scratch + t / CHUNK * 2 * c;
    chunk_moments(own, own + c, x + t * row, mer__chunk_size(n_frames, t, CHUNK) * p->n_bands, c);
  }
  for (int64_t j = 0; j < c; j++)
    join_moments(&mean[j], &variance[j], scratch, n_frames, p->n_bands, c, j);
}

/* What is done with a frame of the result, number t, which is of frames from `first` on. */
typedef struct place {
  int64_t t, first;
  mer__pooled_frame frame;
} place;

/* The place of the result's frame t; `b`: the clip of an earlier one, which becomes its own. */
static place place_of(const mer__norm_pool *p, const float *x, int64_t t, int32_t *b) {
  while (p->pooled->offsets[*b + 1] <= t) ++*b;
  const int64_t first = p->clips->offsets[*b] + (t - p->pooled->offsets[*b]) * p->n_times;
  const int64_t row = p->n_bands * p->channels;
  return (place){t,
                 first,
                 {.x = x + first * row,
                  .x_row = row,
                  .n_frames = mer__min(p->n_times, p->clips->offsets[*b + 1] - first),
                  .n_bands = p->n_pooled_bands,
                  .n = p->n_bands / p->n_pooled_bands,
                  .channels = p->channels}};
}

/* Floats of a frame of y, and of one without padding. */
static int64_t y_row_of(const mer__norm_pool *p) {
  return (p->n_bands / p->n_pooled_bands + p->padding) * p->channels;
}
static int64_t row_of(const mer__norm_pool *p) {
  return p->n_bands / p->n_pooled_bands * p->channels;
}

void mer__norm_pool_forward(float *y, int32_t *which, const float *x, const float *scale,
                            const float *shift, const mer__norm_pool *p) {
  const mer__norm_pool_kernels *kernels = MER__CHOSEN(mer__norm_pool);
  const int64_t n = n_frames_of(p->pooled);
#pragma omp parallel for schedule(static) if (is_shared(p))
  for (int64_t from = 0; from < n; from += CHUNK) {
    int32_t b = 0;
    for (int64_t t = from; t < mer__min(n, from + CHUNK); t++) {
      const place at = place_of(p, x, t, &b);
      kernels->forward(y + t * y_row_of(p), which ? which + t * row_of(p) : NULL, &at.frame, scale,
                       shift);
    }
  }
}

/* Of the frames of the result from .. to - 1: sums [C], then projections [C]. */
static void sum_chunk(float *sums, const float *dy, const int32_t *which, const float *x,
                      const float *mean, const float *rstd, const mer__norm_pool *p, int64_t from,
                      int64_t to) {
  const mer__norm_pool_kernels *kernels = MER__CHOSEN(mer__norm_pool);
  int32_t b = 0;
  memset(sums, 0, 2 * (size_t)p->channels * sizeof *sums);
  for (int64_t t = from; t < to; t++) {
    const place at = place_of(p, x, t, &b);
    kernels->sums(sums, sums + p->channels, dy + t * row_of(p), which + t * row_of(p), &at.frame,
                  mean, rstd);
  }
}

/* Adds to dgamma and dbeta; constants [3, C]: factor, sum, slope of mer__norm_gradient. */
static void finish_sums(float *dgamma, float *dbeta, float *constants, const float *chunks,
                        int64_t n_chunks, const float *gamma, const float *rstd,
                        const mer__norm_pool *p) {
  const int64_t c = p->channels;
  const double n_pixels = (double)(n_frames_of(p->clips) * p->n_bands);
  for (int64_t j = 0; j < c; j++) {
    double sum = 0, projection = 0;
    for (int64_t i = 0; i < n_chunks; i++) {
      sum += chunks[2 * i * c + j];
      projection += chunks[(2 * i + 1) * c + j];
    }
    dbeta[j] += (float)sum;
    dgamma[j] += (float)projection;
    constants[j] = gamma[j] * rstd[j];
    constants[c + j] = constants[j] * (float)(sum / n_pixels);
    constants[2 * c + j] = constants[j] * rstd[j] * (float)(projection / n_pixels);
  }
}

void mer__norm_pool_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                             const int32_t *which, const float *x, const float *mean,
                             const float *rstd, const float *gamma, const mer__norm_pool *p,
                             float *scratch) {
  const mer__norm_pool_kernels *kernels = MER__CHOSEN(mer__norm_pool);
  const int64_t n = n_frames_of(p->pooled), c = p->channels, dx_row = (p->n_bands + 1) * c;
  float *constants = scratch, *chunks = constants + 3 * c;
#pragma omp parallel for schedule(static) if (is_shared(p))
  for (int64_t t = 0; t < n; t += CHUNK)
    sum_chunk(chunks + t / CHUNK * 2 * c, dy, which, x, mean, rstd, p, t, mer__min(n, t + CHUNK));
  finish_sums(dgamma, dbeta, constants, chunks, n_chunks_of(n), gamma, rstd, p);
  const mer__norm_gradient norm = {mean, constants, constants + c, constants + 2 * c};
#pragma omp parallel for schedule(static) if (is_shared(p))
  for (int64_t from = 0; from < n; from += CHUNK) {
    int32_t b = 0;
    for (int64_t t = from; t < mer__min(n, from + CHUNK); t++) {
      const place at = place_of(p, x, t, &b);
      kernels->backward(dx + at.first * dx_row, dx_row, dy + t * row_of(p), which + t * row_of(p),
                        &at.frame, &norm);
    }
  }
}
