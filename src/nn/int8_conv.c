/* int8_conv.c: all threads find the range of each image, then round it, then multiply. */
#include "nn/int8_conv.h"

#include <omp.h>
#include <string.h>

#include "base/alloc.h"
#include "nn/int8_blocks.h"
#include "nn/int8_rounding_kernels.h"
#include "nn/int8_winograd.h"
#include "nn/parallel.h"

enum { COPIED = 32 }; /* bytes that are copied at a time */

typedef struct conv {
  mer__int8_blocks blocks;
  const mer__int8_conv *of;
  const float *x;
  mer__map out;
  mer__map all; /* the map with its padding */
  int64_t most_threads;
  bool winograd;                /* whether it has fewer products */
  int64_t *taken;               /* [most_threads], of the queues of the product */
  mer__int8_range *ranges;      /* [most_threads, images]: of what each thread has seen */
  mer__int8_rounding *rounding; /* [images] */
  void *squares;                /* mer__int8_winograd_scratch */
  uint8_t *bytes;               /* [pixels of all, channels] */
} conv;

static mer__map padded(mer__map map, mer__window2d window) {
  return (mer__map){map.n, map.height + 2 * window.padding, map.width + 2 * window.padding};
}

/* Bytes of what threads share: ranges, how images are rounded, and how much of the threads' queues
 * is taken. */
static int64_t shared_bytes(int64_t n_threads, int64_t n_images) {
  const int64_t of_thread = n_images * (int64_t)sizeof(mer__int8_range) + (int64_t)sizeof(int64_t);
  const int64_t of_images = n_images * (int64_t)sizeof(mer__int8_rounding);
  return (int64_t)mer__align((size_t)(n_threads * of_thread + of_images));
}

int64_t mer__int8_conv_scratch(mer__map in, int64_t channels, mer__window2d window) {
  const int64_t shared = shared_bytes(omp_get_max_threads(), in.n);
  const int64_t pixels = mer__map_pixels(padded(in, window));
  if (window.kernel != 3 || window.stride != 1) return shared + pixels * channels + COPIED;
  const mer__map squares = mer__int8_winograd_map(mer__window2d_map(window, in));
  return shared + mer__int8_winograd_scratch(omp_get_max_threads()) +
         mer__max(pixels, mer__map_pixels(squares)) * channels + COPIED;
}

/* The range of each image, of the pixels that are this thread's. */
static void find_ranges(const conv *c, int64_t thread, int64_t n_threads) {
  const int64_t of_image = c->of->in.height * c->of->in.width;
  const int64_t whole = mer__map_pixels(c->of->in), end = whole * (thread + 1) / n_threads;
  mer__int8_range *ranges = c->ranges + thread * c->of->in.n;
  for (int64_t at = whole * thread / n_threads, n; at < end; at += n) {
    n = mer__min(end, (at / of_image + 1) * of_image) - at;
    MER__CHOSEN(mer__int8_rounding)
        ->widen(&ranges[at / of_image], c->x + at * c->of->channels, n * c->of->channels);
  }
}

/* How image number i is rounded. */
static mer__int8_rounding rounding_of(const conv *c, int64_t i) {
  mer__int8_range range = c->ranges[i];
  for (int64_t t = 1; t < c->most_threads; t++) {
    const mer__int8_range other = c->ranges[t * c->of->in.n + i];
    if (other.smallest < range.smallest) range.smallest = other.smallest;
    if (other.largest > range.largest) range.largest = other.largest;
  }
  return MER__CHOSEN(mer__int8_rounding)->rounding(range, c->blocks.most_x);
}

/* Row y of an image, which may be one of padding. */
static void round_row(uint8_t *to, const conv *c, int64_t image, int64_t y, mer__int8_rounding r) {
  const mer__map in = c->of->in;
  const int64_t border = c->of->window.padding * c->of->channels, n = in.width * c->of->channels;
  const int64_t row = c->all.width * c->of->channels;
  if (y < 0 || y >= in.height) {
    memset(to, r.zero, (size_t)row);
    return;
  }
  memset(to, r.zero, (size_t)border);
  MER__CHOSEN(mer__int8_rounding)
      ->round(to + border, c->x + (image * in.height + y) * n, n, r, c->blocks.most_x);
  memset(to + border + n, r.zero, (size_t)(row - border - n));
}

static void round_rows(const conv *c, int64_t thread, int64_t n_threads) {
  const int64_t n_rows = c->all.n * c->all.height, row = c->all.width * c->of->channels;
  const int64_t end = n_rows * (thread + 1) / n_threads;
  mer__int8_rounding rounding = {0};
  int64_t image = -1;
  for (int64_t i = n_rows * thread / n_threads; i < end; i++) {
    const int64_t y = i % c->all.height;
    if (i / c->all.height != image) rounding = rounding_of(c, image = i / c->all.height);
    if (y == 0) c->rounding[image] = rounding;
    round_row(c->bytes + i * row, c, image, y - c->of->window.padding, rounding);
  }
}

/* n bytes, and up to COPIED - 1 that follow. */
static void copy_run(uint8_t *to, const uint8_t *from, int64_t n) {
  for (int64_t i = 0; i < n; i += COPIED) memcpy(to + i, from + i, COPIED);
}

/* What a pixel of the result reads, into a tile: runs of `run` bytes, each in a row of the map.
 * Runs that fill whole steps of the kernel go to their place at once. */
static void place_window(uint8_t *to, const conv *c, const uint8_t *from, int64_t line,
                         uint8_t *room) {
  const mer__int8_kernel *kernel = c->blocks.kernel;
  const int64_t size = c->of->window.kernel, run = size * c->of->channels;
  const int64_t groups = run / MER__INT8_GROUP;
  const int64_t placed = groups * kernel->group_bytes * kernel->tile;
  if (run % (kernel->step * MER__INT8_GROUP) == 0) {
    for (int64_t y = 0; y < size; y++) kernel->place(to + y * placed, from + y * line, groups);
    return;
  }
  for (int64_t y = 0; y < size; y++) copy_run(room + y * run, from + y * line, run);
  memset(room + size * run, 0, (size_t)(c->blocks.placed * MER__INT8_GROUP - c->blocks.columns));
  kernel->place(to, room, c->blocks.placed);
}

static void fill(mer__int8_block *block, const mer__int8_blocks *p, int64_t first, int64_t from,
                 int64_t to, uint8_t *room) {
  const conv *c = (const conv *)p;
  const mer__map all = c->all, out = c->out;
  const int64_t line = all.width * c->of->channels, step = c->of->window.stride * c->of->channels;
  int64_t x = (first + from) % out.width, row = (first + from) / out.width;
  int64_t image = row / out.height, y = row % out.height;
  mer__int8_rounding rounding = c->rounding[image];
  for (int64_t i = from; i < to; i++) {
    const int64_t at = (image * all.height + y * c->of->window.stride) * line + x * step;
    place_window(block->x + mer__int8_blocks_place(p, i), c, c->bytes + at, line, room);
    block->scales[i] = rounding.scale;
    block->zeros[i] = rounding.zero;
    if (++x < out.width) continue;
    x = 0;
    if (++y < out.height) continue;
    y = 0;
    if (i + 1 < to) rounding = c->rounding[++image];
  }
}

static void run_winograd(const conv *c, int64_t thread, int64_t n_threads) {
  const mer__int8_winograd w = {.blocks = &c->blocks,
                                .weights = c->of->winograd,
                                .bytes = c->bytes,
                                .roundings = c->rounding,
                                .in = c->all,
                                .out = c->out,
                                .channels = c->of->channels,
                                .taken = c->taken,
                                .scratch = c->squares};
  mer__int8_winograd_run(&w, thread, n_threads);
}

/* `common` is NULL where the product is not a common one. */
static void run(const conv *c, mer__int8_common *common, int64_t thread, int64_t n_threads) {
  find_ranges(c, thread, n_threads);
  if (n_threads > 1) {
#pragma omp barrier
  }
  round_rows(c, thread, n_threads);
  if (n_threads > 1) {
#pragma omp barrier
  }
  if (c->winograd) run_winograd(c, thread, n_threads);
  else if (common) mer__int8_common_run(common, &c->blocks, thread, n_threads);
  else mer__int8_blocks_run_queues(&c->blocks, c->taken, thread, n_threads);
}

static void run_shared(const conv *c) {
  mer__int8_common common;
  const bool fits = !c->winograd && mer__int8_common_fits(&c->blocks, c->most_threads);
  if (fits) mer__int8_common_begin(&common);
#pragma omp parallel
  run(c, fits ? &common : NULL, omp_get_thread_num(), omp_get_num_threads());
  if (fits) mer__int8_common_end(&common);
}

/* Where in the scratch everything is. */
static void set_scratch(conv *c, uint8_t *scratch) {
  const int64_t n = c->most_threads, n_images = c->of->in.n;
  c->taken = (int64_t *)(void *)scratch;
  c->ranges = (mer__int8_range *)(c->taken + n);
  c->rounding = (mer__int8_rounding *)(c->ranges + n * n_images);
  c->bytes = scratch + shared_bytes(n, n_images);
  if (c->winograd) {
    c->squares = c->bytes;
    c->bytes += mer__int8_winograd_scratch(n);
  }
  memset(c->taken, 0, (size_t)n * sizeof *c->taken);
  for (int64_t i = 0; i < n * n_images; i++) c->ranges[i] = MER__INT8_NO_RANGE;
}

void mer__int8_conv_forward(float *y, const float *x, const mer__int8_conv *of, void *scratch) {
  const mer__map out = mer__window2d_map(of->window, of->in);
  conv c = {.blocks = {.y = y,
                       .rows = mer__map_pixels(out),
                       .parts = of->weight,
                       .n_parts = 1,
                       .fill = fill},
            .of = of,
            .x = x,
            .out = out,
            .most_threads = omp_get_max_threads(),
            .winograd = of->winograd && mer__int8_winograd_pays(of->in)};
  c.all = c.winograd ? mer__int8_winograd_map(out) : padded(of->in, of->window);
  if (of->finish) {
    c.blocks.factors = of->finish->scale;
    c.blocks.bias = of->finish->shift;
    c.blocks.residual = of->finish->residual;
    c.blocks.relu = of->finish->relu;
  }
  set_scratch(&c, scratch);
  mer__int8_blocks_begin(&c.blocks);
  if (mer__int8_blocks_shared(&c.blocks)) run_shared(&c);
  else run(&c, NULL, 0, 1);
}
