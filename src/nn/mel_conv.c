/* mel_conv.c: products of frames that are not copied. */
#include "nn/mel_conv.h"

#include <string.h>

#include "nn/parallel.h"
#include "nn/small_matmul.h"

enum {
  CHUNK = 8,         /* frames that a thread takes at a time */
  PARTS = 8,         /* of the frames, whose sums of the weight's gradient are added at last */
  PART_PIXELS = 256, /* that are multiplied at a time: they stay in the first-level cache */
};

static int64_t row_of(int64_t n_bands, int64_t channels) { return (n_bands + 1) * channels; }

int64_t mer__mel_map_size(int64_t n_frames, int64_t n_bands, int64_t channels) {
  return n_frames * row_of(n_bands, channels) + channels;
}

void mer__mel_map_pad(float *map, int64_t n_frames, int64_t n_bands, int64_t channels) {
  for (int64_t t = 0; t <= n_frames; t++)
    memset(map + t * row_of(n_bands, channels) - channels, 0, (size_t)channels * sizeof *map);
}

/* The clip that frame t is of. */
static int32_t clip_at(const mer__packing *clips, int64_t t) {
  int32_t b = 0;
  while (clips->offsets[b + 1] <= t) b++;
  return b;
}

/* Channel `channel` of one frame of the map. */
static void put_channel(float *map, const float *frame, int64_t n_bands, int channel) {
  for (int64_t f = 0; f < n_bands; f++) map[3 * f + channel] = frame ? frame[f] : 0;
}

void mer__mel_map_of_frames(float *map, const float *frames, const mer__packing *clips,
                            int64_t n_bands) {
  const int64_t n_frames = clips->offsets[clips->n_utterances];
  mer__mel_map_pad(map, n_frames, n_bands, 3);
  for (int32_t b = 0; b < clips->n_utterances; b++)
    for (int64_t t = clips->offsets[b]; t < clips->offsets[b + 1]; t++)
      for (int c = 0; c < 3; c++) {
        const int64_t from = t + c - 1;
        const bool is_there = from >= clips->offsets[b] && from < clips->offsets[b + 1];
        put_channel(map + t * row_of(n_bands, 3), is_there ? frames + from * n_bands : NULL,
                    n_bands, c);
      }
}

void mer__mel_conv_transpose(float *to, const float *weight, const mer__mel_conv *conv) {
  const int64_t n = conv->n_times * 3 * conv->in;
  for (int64_t o = 0; o < conv->out; o++)
    for (int64_t k = 0; k < n; k++) to[k * conv->out + o] = weight[o * n + k];
}

void mer__mel_conv_flip(float *to, const float *weight, const mer__mel_conv *conv) {
  const int64_t n = conv->n_times * 3, in = conv->in, out = conv->out;
  for (int64_t k = 0; k < n; k++)
    for (int64_t o = 0; o < out; o++)
      memcpy(to + (k * out + o) * in, weight + (o * n + n - 1 - k) * in, (size_t)in * sizeof *to);
}

/* Frame t of the result, of a clip of the frames first .. last - 1. */
static void forward_frame(float *y, const float *x, const float *transposed, int64_t t,
                          int64_t first, int64_t last, const mer__mel_conv *c) {
  bool begun = false;
  for (int64_t k = 0; k < c->n_times; k++) {
    const int64_t from = t + k - c->n_times / 2;
    if (from < first || from >= last) continue;
    const mer__strided rows = {x + from * row_of(c->n_bands, c->in) - c->in, c->in, 1};
    mer__small_matmul(y + t * c->n_bands * c->out, c->out, rows,
                      transposed + k * 3 * c->in * c->out, c->out, c->n_bands, c->out, 3 * c->in,
                      begun);
    begun = true;
  }
}

void mer__mel_conv_forward(float *y, const float *x, const float *transposed,
                           const mer__packing *clips, const mer__mel_conv *conv) {
  const int64_t n_frames = clips->offsets[clips->n_utterances];
  const int64_t n_products = n_frames * conv->n_bands * mer__mel_conv_weights(conv);
#pragma omp parallel for schedule(static) if (mer__shared(n_products >= MER__PRODUCTS_PARALLEL_MIN))
  for (int64_t from = 0; from < n_frames; from += CHUNK) {
    const int64_t to = mer__min(n_frames, from + CHUNK);
    int32_t b = clip_at(clips, from);
    for (int64_t t = from; t < to; t++) {
      while (clips->offsets[b + 1] <= t) b++;
      forward_frame(y, x, transposed, t, clips->offsets[b], clips->offsets[b + 1], conv);
    }
  }
}

int64_t mer__mel_conv_scratch(const mer__mel_conv *conv) {
  return PARTS * mer__mel_conv_weights(conv);
}

/* The products of frames from .. to - 1 of a clip of the frames first .. last - 1, added to `sum`
 * [n_times, 3 C, O]. */
static void add_frames(float *sum, const float *dy, const float *x, int64_t from, int64_t to,
                       int64_t first, int64_t last, const mer__mel_conv *c) {
  const int64_t row = row_of(c->n_bands, c->in), dy_row = row_of(c->n_bands, c->out);
  for (int64_t k = 0; k < c->n_times; k++) {
    const int64_t shift = k - c->n_times / 2;
    const int64_t begin = mer__max(from, first - shift), end = mer__min(to, last - shift);
    if (begin >= end) continue;
    /* A column of what the pixels read, the zeros between the frames included. */
    const mer__strided columns = {x + (begin + shift) * row - c->in, 1, c->in};
    mer__small_matmul(sum + k * 3 * c->in * c->out, c->out, columns, dy + begin * dy_row, c->out,
                      3 * c->in, c->out, (end - begin) * (c->n_bands + 1) - 1, true);
  }
}

/* The sum of frames from .. to - 1. */
static void sum_part(float *sum, const float *dy, const float *x, int64_t from, int64_t to,
                     const mer__packing *clips, const mer__mel_conv *conv) {
  const int64_t step = mer__max(1, PART_PIXELS / (conv->n_bands + 1));
  memset(sum, 0, (size_t)mer__mel_conv_weights(conv) * sizeof *sum);
  for (int32_t b = 0; b < clips->n_utterances; b++) {
    const int64_t first = clips->offsets[b], last = clips->offsets[b + 1];
    const int64_t end = mer__min(to, last);
    for (int64_t t = mer__max(from, first); t < end; t += step)
      add_frames(sum, dy, x, t, mer__min(end, t + step), first, last, conv);
  }
}

void mer__mel_conv_weight_gradient(float *dweight, const float *dy, const float *x,
                                   const mer__packing *clips, const mer__mel_conv *conv,
                                   float *scratch) {
  const int64_t n_frames = clips->offsets[clips->n_utterances];
  const int64_t size = mer__mel_conv_weights(conv), n = size / conv->out;
  const int64_t n_products = n_frames * conv->n_bands * size;
#pragma omp parallel for schedule(static) if (mer__shared(n_products >= MER__PRODUCTS_PARALLEL_MIN))
  for (int64_t p = 0; p < PARTS; p++)
    sum_part(scratch + p * size, dy, x, n_frames * p / PARTS, n_frames * (p + 1) / PARTS, clips,
             conv);
  for (int64_t p = 1; p < PARTS; p++)
    for (int64_t i = 0; i < size; i++) scratch[i] += scratch[p * size + i];
  for (int64_t o = 0; o < conv->out; o++)
    for (int64_t k = 0; k < n; k++) dweight[o * n + k] += scratch[k * conv->out + o];
}
