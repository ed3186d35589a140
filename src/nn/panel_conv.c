/* panel_conv.c: rows of a product are what windows over a rounded map read. The gradient of the
 * input is such a product, too, over the map of dy; with a stride, of each residue of the pixels'
 * places by itself, as another part of the kernel meets them. */
#include "nn/panel_conv.h"

#include <omp.h>
#include <string.h>

#include "base/cpu.h"
#include "nn/parallel.h"
#if MER__X86
#include "nn/conv_amx.h"
#endif

enum {
  PANEL = MER__PANEL,
  LINE = MER__CONV_LINE,
  REGISTER = 16 * PANEL, /* floats of a line of 16 rows, or of 16 columns */
  TILE = 16,             /* rows of a tile */
  COLUMNS = 2 * PANEL,   /* that are multiplied at a time */
  BLOCK_ROWS = 96,       /* of a product */
  PAIRED_LINES = 8,      /* of a row, of which panels are made at a time */
  PAIRED_ROWS = 512,     /* of one part */
};

const mer__conv_kernels *mer__conv_kernels_of(mer__product_dtype dtype) {
#if MER__X86
  if (mer__cpu_best() >= MER__CPU_AMX)
    return dtype == MER__PRODUCT_BF16 ? &mer__conv_amx : &mer__conv_split_amx;
#endif
  (void)dtype;
  return NULL;
}

/* A map in bfloat16, with zeros around it. */
typedef struct source {
  const mer__conv_kernels *kernels;
  uint16_t *values; /* [parts, images, height, width, channels] */
  int64_t part, channels;
  mer__map map;   /* with the zeros */
  int64_t before; /* rows and columns of zeros above and to the left */
  mer__map inner; /* without */
} source;

static source source_of(const mer__conv_kernels *kernels, mer__map map, int64_t channels,
                        int64_t before, int64_t below, int64_t behind) {
  source s = {.kernels = kernels, .channels = channels, .before = before, .inner = map};
  s.map = (mer__map){map.n, map.height + before + below, map.width + before + behind};
  s.part = mer__round_up(mer__map_pixels(s.map) * channels, LINE);
  return s;
}

/* Floats that it takes. */
static int64_t source_size(const source *s) { return s->kernels->parts * s->part / 2; }

/* Row i of all images. */
static void round_row(const source *s, const float *x, int64_t i) {
  const int64_t image = i / s->map.height, y = i % s->map.height - s->before;
  const int64_t width = s->map.width * s->channels, n = s->inner.width * s->channels;
  const int64_t left = s->before * s->channels;
  uint16_t *to = s->values + i * width;
  const bool outside = y < 0 || y >= s->inner.height;
  for (int64_t p = 0; p < s->kernels->parts; p++) {
    memset(to + p * s->part, 0, (size_t)(outside ? width : left) * sizeof *to);
    if (outside) continue;
    memset(to + p * s->part + left + n, 0, (size_t)(width - left - n) * sizeof *to);
  }
  if (!outside) s->kernels->round(to + left, s->part, x + (image * s->inner.height + y) * n, n);
}

static void round_source(const source *s, const float *x) {
  const int64_t n = s->map.n * s->map.height;
#pragma omp parallel for schedule( \
    static) if (mer__shared(n * s->map.width * s->channels >= MER__PARALLEL_MIN))
  for (int64_t i = 0; i < n; i++) round_row(s, x, i);
}

/* Windows over a source: of rows x columns pixels, the first of which begins at (top, left) of each
 * image with its zeros; `step` pixels apart. */
typedef struct windows {
  const source *from;
  mer__map grid; /* of windows */
  int64_t rows, columns, top, left, step;
} windows;

static int64_t elements_of(const windows *w) { return w->rows * w->columns * w->from->channels; }
static int64_t packed_lines(const windows *w) { return (elements_of(w) + LINE - 1) / LINE; }

/* Where a window begins, and those after it. */
typedef struct cursor {
  const windows *of;
  int64_t x, y, image;
} cursor;

/* At window number i. */
static cursor cursor_at(const windows *w, int64_t i) {
  const int64_t row = i / w->grid.width;
  return (cursor){w, i % w->grid.width, row % w->grid.height, row / w->grid.height};
}

static const uint16_t *take_window(cursor *c) {
  const windows *w = c->of;
  const source *s = w->from;
  const int64_t y = c->y * w->step + w->top, x = c->x * w->step + w->left;
  const uint16_t *at =
      s->values + ((c->image * s->map.height + y) * s->map.width + x) * s->channels;
  if (++c->x == w->grid.width) {
    c->x = 0;
    if (++c->y == w->grid.height) c->y = 0, c->image++;
  }
  return at;
}

static bool is_whole(const windows *w) { return w->columns * w->from->channels % LINE == 0; }

/* The lines of windows lie together in runs: those of a row of pixels, or all of them where rows
 * are not made of whole lines, and the window is put together in some room first. */
typedef struct runs {
  int64_t lines, stride; /* of a run, and numbers from one to the next */
} runs;

static runs runs_of(const windows *w) {
  if (!is_whole(w)) return (runs){packed_lines(w), 0};
  return (runs){w->columns * w->from->channels / LINE, w->from->map.width * w->from->channels};
}

static void put_together(uint16_t *room, const windows *w, const uint16_t *at) {
  const int64_t run = w->columns * w->from->channels, line = w->from->map.width * w->from->channels;
  const int64_t n = elements_of(w);
  for (int64_t y = 0; y < w->rows; y++)
    memcpy(room + y * run, at + y * line, (size_t)run * sizeof *room);
  memset(room + n, 0, (size_t)(packed_lines(w) * LINE - n) * sizeof *room);
}

/* The rows of a product, in blocks of lines, and in each block tile by tile. */
typedef struct rows {
  const windows *of;
  runs runs;
  float *to;
  int64_t n_tiles, n_lines, block; /* lines of a block */
} rows;

static int64_t floats_of_line(const source *s) { return s->kernels->parts * REGISTER; }

/* The lines of a window, one part of it, as row `row`. */
static void place_part(const rows *r, int64_t row, const uint16_t *from, int64_t part) {
  const source *s = r->of->from;
  const int64_t size = floats_of_line(s);
  int64_t left = r->runs.lines; /* of the run */
  for (int64_t first = 0; first < r->n_lines; first += r->block) {
    const int64_t n_lines = mer__min(r->block, r->n_lines - first);
    float *to = r->to + (r->n_tiles * first + row / TILE * n_lines) * size + row % TILE * PANEL +
                part * REGISTER;
    for (int64_t i = 0, n; i < n_lines; i += n) {
      n = mer__min(left, n_lines - i);
      s->kernels->place(to + i * size, size, from, n);
      from += n * LINE;
      left -= n;
      if (left > 0) continue;
      from += r->runs.stride - r->runs.lines * LINE;
      left = r->runs.lines;
    }
  }
}

static void place_row(const rows *r, int64_t row, const uint16_t *at, uint16_t *room) {
  const source *s = r->of->from;
  const bool whole = is_whole(r->of);
  for (int64_t p = 0; p < s->kernels->parts; p++, at += s->part) {
    if (!whole) put_together(room, r->of, at);
    place_part(r, row, whole ? at : room, p);
  }
}

/* A product of windows with packed weights. */
typedef struct product {
  const windows *of;
  float *panels; /* [n_columns / 16][lines], and after them what run_product needs */
  int64_t n_columns;
  float *y; /* [windows, n_columns] */
  const mer__channel_finish *finish;
  /* where the result's rows belong, if not side by side: pixel (first_y + step y, first_x + step x)
   * of the map */
  const mer__map *spread;
  int64_t step, first_y, first_x;
  /* set by run_product */
  int64_t block_rows;
  float *scratch; /* for each thread: rows, results of a block, room */
  int64_t of_thread;
} product;

/* Floats of one packed panel. */
static int64_t panel_size(const windows *w) { return packed_lines(w) * floats_of_line(w->from); }

static int64_t count_panels(int64_t n_columns) { return (n_columns + PANEL - 1) / PANEL; }

static int64_t thread_size(const windows *w, int64_t n_columns, int64_t block_rows) {
  const int64_t lines = packed_lines(w), n_tiles = (block_rows + TILE - 1) / TILE;
  return mer__round_up(
      n_tiles * lines * floats_of_line(w->from) + block_rows * n_columns + lines * LINE, REGISTER);
}

/* Floats of a product: its panels, and what each thread needs. */
static int64_t product_size(const windows *w, int64_t n_columns) {
  return count_panels(n_columns) * panel_size(w) +
         omp_get_max_threads() * thread_size(w, n_columns, BLOCK_ROWS);
}

/* Rows first .. first + n - 1 of y, in `y`. */
static void multiply(const product *p, const rows *r, float *y, int64_t n) {
  const int64_t size = floats_of_line(p->of->from);
  for (int64_t line = 0; line < r->n_lines; line += r->block) {
    const int64_t n_lines = mer__min(r->block, r->n_lines - line);
    for (int64_t j = 0; j < p->n_columns; j += COLUMNS)
      p->of->from->kernels->multiply(
          &(mer__conv_product){.y = y + j,
                               .y_row = p->n_columns,
                               .a = r->to + r->n_tiles * line * size,
                               .a_tile = n_lines * size,
                               .b = p->panels + (j / PANEL * r->n_lines + line) * size,
                               .b_panel = r->n_lines * size,
                               .rows = n,
                               .n_columns = mer__min(COLUMNS, p->n_columns - j),
                               .n_lines = n_lines,
                               .accumulate = line > 0});
  }
}

/* Copies rows to where they belong. */
static void spread(const product *p, const float *y, int64_t first, int64_t n) {
  const mer__map grid = p->of->grid, to = *p->spread;
  for (int64_t i = first; i < first + n; i++, y += p->n_columns) {
    const int64_t row = i / grid.width, image = row / grid.height;
    const int64_t v = row % grid.height * p->step + p->first_y;
    const int64_t u = i % grid.width * p->step + p->first_x;
    memcpy(p->y + ((image * to.height + v) * to.width + u) * p->n_columns, y,
           (size_t)p->n_columns * sizeof *y);
  }
}

/* Block number i, by this thread. */
static void run_block(const product *p, int64_t i, int64_t thread) {
  const int64_t first = i * p->block_rows, n_columns = p->n_columns;
  const int64_t n = mer__chunk_size(mer__map_pixels(p->of->grid), first, p->block_rows);
  const int64_t lines = packed_lines(p->of);
  float *own = p->scratch + thread * p->of_thread;
  const rows r = {
      p->of, runs_of(p->of), own, (n + TILE - 1) / TILE, lines, p->of->from->kernels->block / LINE};
  cursor at = cursor_at(p->of, first);
  float *results = own + (p->block_rows + TILE - 1) / TILE * lines * floats_of_line(p->of->from);
  uint16_t *room = (uint16_t *)(results + p->block_rows * n_columns);
  for (int64_t k = 0; k < n; k++) place_row(&r, k, take_window(&at), room);
  float *y = p->spread ? results : p->y + first * n_columns;
  multiply(p, &r, y, n);
  if (p->finish)
    mer__channel_finish_rows(p->y, p->finish, first * n_columns, n, n_columns, n_columns);
  if (p->spread) spread(p, results, first, n);
}

/* Blocks of whole tiles, so that each thread has about as many. */
static int64_t block_rows_of(int64_t n_rows) {
  const int64_t n_threads = omp_in_parallel() ? 1 : omp_get_max_threads();
  return mer__min(BLOCK_ROWS, mer__round_up(mer__even_chunk(n_rows, BLOCK_ROWS, n_threads), TILE));
}

/* The blocks, of n, of thread `thread` of a team. */
static void run_blocks(const product *p, mer__part_queue *queue, int64_t n, int64_t thread,
                       int64_t team) {
  const mer__panel_kernels *kernels = p->of->from->kernels->panels;
  kernels->begin();
  for (int64_t i = thread; i < n; i = mer__part_queue_next(queue, i, team)) run_block(p, i, thread);
  kernels->end();
}

static void run_product(product *p) {
  const int64_t n_rows = mer__map_pixels(p->of->grid);
  p->block_rows = block_rows_of(n_rows);
  p->scratch = p->panels + count_panels(p->n_columns) * panel_size(p->of);
  p->of_thread = thread_size(p->of, p->n_columns, p->block_rows);
  const int64_t n = (n_rows + p->block_rows - 1) / p->block_rows;
  const bool shared =
      mer__shared(n_rows * p->n_columns * elements_of(p->of) >= MER__PRODUCTS_PARALLEL_MIN);
  mer__part_queue queue = mer__part_queue_begin(shared ? omp_get_max_threads() : 1);
  if (!shared) {
    run_blocks(p, &queue, n, 0, 1);
    return;
  }
#pragma omp parallel
  run_blocks(p, &queue, n, omp_get_thread_num(), omp_get_num_threads());
}

/* The windows of the forward pass. */
static windows windows_of(const mer__panel_conv *c, const source *from) {
  return (windows){.from = from,
                   .grid = mer__window2d_map(c->window, c->in),
                   .rows = c->window.kernel,
                   .columns = c->window.kernel,
                   .step = c->window.stride};
}

static source input_source(const mer__panel_conv *c) {
  const int64_t p = c->window.padding;
  return source_of(c->kernels, c->in, c->channels, p, p, p);
}

/* Panel number j of the weights. */
static void pack_panel(float *to, const float *weight, const mer__panel_conv *c, int64_t j) {
  const int64_t k = c->window.kernel * c->window.kernel * c->channels;
  c->kernels->panels->pack_rows(to, MER__PANEL_RIGHT, weight + j * PANEL * k, k,
                                mer__min(PANEL, c->out - j * PANEL), k);
}

int64_t mer__panel_conv_scratch(const mer__panel_conv *c) {
  const source from = input_source(c);
  const windows w = windows_of(c, &from);
  return source_size(&from) + product_size(&w, c->out);
}

void mer__panel_conv_forward(float *y, const float *x, const float *weight,
                             const mer__channel_finish *finish, const mer__panel_conv *c,
                             float *scratch) {
  source from = input_source(c);
  from.values = (uint16_t *)scratch;
  const windows w = windows_of(c, &from);
  const int64_t n_panels = count_panels(c->out), size = panel_size(&w);
  float *panels = scratch + source_size(&from);
  round_source(&from, x);
#pragma omp parallel for schedule(static) if (mer__shared(n_panels * size >= MER__PARALLEL_MIN))
  for (int64_t j = 0; j < n_panels; j++) pack_panel(panels + j * size, weight, c, j);
  product p = {.of = &w, .panels = panels, .n_columns = c->out, .y = y, .finish = finish};
  run_product(&p);
}

/* Of pixels whose place is `r` modulo the stride: the kernel's parts first, first + stride, .., n
 * of them, meet them; in a window over dy that begins at their number plus `offset`. */
typedef struct residue {
  int64_t first, n, offset;
} residue;

static residue residue_of(mer__window2d w, int64_t r) {
  const int64_t first = (r + w.padding) % w.stride;
  const int64_t n = first < w.kernel ? (w.kernel - first + w.stride - 1) / w.stride : 0;
  return (residue){first, n, (r + w.padding) / w.stride - (n - 1)};
}

/* Pixels of `size` whose place is r modulo the stride. */
static int64_t count(int64_t size, int64_t r, int64_t stride) {
  return size <= r ? 0 : (size - r + stride - 1) / stride;
}

/* Zeros that windows over dy, `n_out` pixels, read before it and after it, for `n_in` pixels of x.
 */
static void find_zeros(int64_t *before, int64_t *after, mer__window2d w, int64_t n_in,
                       int64_t n_out) {
  for (int64_t r = 0; r < w.stride; r++) {
    const residue own = residue_of(w, r);
    if (own.n == 0) continue;
    *before = mer__max(*before, -own.offset);
    *after = mer__max(*after, count(n_in, r, w.stride) - 1 + own.offset + own.n - n_out);
  }
}

static source gradient_source(const mer__panel_conv *c) {
  const mer__map out = mer__window2d_map(c->window, c->in);
  int64_t before = 0, below = 0, behind = 0;
  find_zeros(&before, &below, c->window, c->in.height, out.height);
  find_zeros(&before, &behind, c->window, c->in.width, out.width);
  return source_of(c->kernels, out, c->out, before, below, behind);
}

static windows gradient_windows(const mer__panel_conv *c, const source *from, residue y, residue x,
                                int64_t ry, int64_t rx) {
  const int64_t stride = c->window.stride;
  return (windows){
      .from = from,
      .grid = {c->in.n, count(c->in.height, ry, stride), count(c->in.width, rx, stride)},
      .rows = y.n,
      .columns = x.n,
      .top = from->before + y.offset,
      .left = from->before + x.offset,
      .step = 1};
}

/* Panel number j, of 16 channels of x: the parts of the kernel from the last one on. */
static void pack_residue(float *to, const float *weight, const mer__panel_conv *c, residue y,
                         residue x, int64_t j) {
  const int64_t k = c->window.kernel * c->window.kernel * c->channels, stride = c->window.stride;
  const int64_t n_columns = mer__min(PANEL, c->channels - j * PANEL);
  const int64_t size = c->out / LINE * c->kernels->parts * REGISTER;
  for (int64_t v = y.n - 1; v >= 0; v--)
    for (int64_t u = x.n - 1; u >= 0; u--, to += size) {
      const int64_t at = (y.first + v * stride) * c->window.kernel + x.first + u * stride;
      c->kernels->panels->pack_columns(to, MER__PANEL_RIGHT, weight + at * c->channels + j * PANEL,
                                       k, c->out, n_columns);
    }
}

static void residue_gradient(float *dx, const float *weight, const mer__panel_conv *c,
                             const source *from, int64_t ry, int64_t rx, float *panels) {
  const residue y = residue_of(c->window, ry), x = residue_of(c->window, rx);
  const windows w = gradient_windows(c, from, y, x, ry, rx);
  const int64_t n_panels = count_panels(c->channels), size = panel_size(&w);
  if (y.n <= 0 || x.n <= 0 || mer__map_pixels(w.grid) == 0) return;
#pragma omp parallel for schedule(static) if (mer__shared(n_panels * size >= MER__PARALLEL_MIN))
  for (int64_t j = 0; j < n_panels; j++) pack_residue(panels + j * size, weight, c, y, x, j);
  product p = {.of = &w,
               .panels = panels,
               .n_columns = c->channels,
               .y = dx,
               .spread = c->window.stride > 1 ? &c->in : NULL,
               .step = c->window.stride,
               .first_y = ry,
               .first_x = rx};
  run_product(&p);
}

void mer__panel_conv_input_gradient(float *dx, const float *dy, const float *weight,
                                    const mer__panel_conv *c, float *scratch) {
  source from = gradient_source(c);
  from.values = (uint16_t *)scratch;
  const int64_t stride = c->window.stride, size = source_size(&from);
  round_source(&from, dy);
  if (c->window.kernel < stride) /* pixels that nothing reads */
    memset(dx, 0, (size_t)(mer__map_pixels(c->in) * c->channels) * sizeof *dx);
  for (int64_t ry = 0; ry < stride; ry++)
    for (int64_t rx = 0; rx < stride; rx++)
      residue_gradient(dx, weight, c, &from, ry, rx, scratch + size);
}

static int64_t input_gradient_scratch(const mer__panel_conv *c) {
  const source from = gradient_source(c);
  const residue whole = {0, c->window.kernel, 0}; /* more than any */
  const windows w = gradient_windows(c, &from, whole, whole, 0, 0);
  return source_size(&from) + product_size(&w, c->channels);
}

/* dW += dy^T x: some rows at a time. */
typedef struct weights {
  const mer__panel_conv *conv;
  const windows *of;
  float *dweight, *tiles; /* the columns of dy in tiles */
  int64_t first, n_rows, n_words;
  runs runs;
  int64_t first_offset, first_left; /* of the lines that are paired: where they begin in a window,
                                       and how many of them are in the same run */
  float *scratch;                   /* for each thread: panels, and room for two windows */
  int64_t of_thread;
} weights;

static int64_t paired_rows(const mer__conv_kernels *k) {
  return PAIRED_ROWS / k->parts / LINE * LINE;
}

static int64_t paired_size(const mer__conv_kernels *k) {
  return PAIRED_LINES * 2 * mer__panel_words(k->panels, paired_rows(k)) * PANEL;
}

/* Words of the pair of rows number i, which read at `upper` and `lower`: lines from .. to - 1. */
static void pair_rows(float *panels, const weights *g, int64_t i, const uint16_t *upper,
                      const uint16_t *lower, int64_t from, int64_t to, uint16_t *room) {
  const windows *w = g->of;
  const source *s = w->from;
  const bool whole = is_whole(w);
  const int64_t panel = g->n_words * PANEL, n_room = packed_lines(w) * LINE;
  float *at = panels + i / PANEL * floats_of_line(s) + i % PANEL * PANEL;
  for (int64_t p = 0; p < s->kernels->parts; p++, upper += s->part, lower += s->part) {
    if (!whole) {
      put_together(room, w, upper);
      put_together(room + n_room, w, lower);
    }
    const uint16_t *a = whole ? upper : room, *b = whole ? lower : room + n_room;
    int64_t offset = g->first_offset, left = g->first_left;
    for (int64_t line = from, n; line < to; line += n) {
      n = mer__min(left, to - line);
      s->kernels->pair(at + p * REGISTER + (line - from) * 2 * panel, panel, a + offset, b + offset,
                       n);
      offset += n * LINE;
      left -= n;
      if (left > 0) continue;
      offset += g->runs.stride - g->runs.lines * LINE;
      left = g->runs.lines;
    }
  }
}

/* Of pairs of rows that are not there; of dy they are zeros. */
static void clear_pair(float *panels, const weights *g, int64_t i, int64_t n_panels) {
  const int64_t parts = g->conv->kernels->parts;
  float *at = panels + i / PANEL * parts * REGISTER + i % PANEL * PANEL;
  for (int64_t j = 0; j < n_panels; j++)
    for (int64_t p = 0; p < parts; p++)
      memset(at + j * g->n_words * PANEL + p * REGISTER, 0, PANEL * sizeof *panels);
}

/* The lines from .. to - 1 of all rows, in panels. */
static void pair_all(float *panels, const weights *given, int64_t from, int64_t to,
                     uint16_t *room) {
  weights g = *given;
  const int64_t n_pairs = g.n_words / g.conv->kernels->parts, run = from / g.runs.lines;
  cursor at = cursor_at(g.of, g.first);
  g.first_offset = run * g.runs.stride + (from - run * g.runs.lines) * LINE;
  g.first_left = g.runs.lines - (from - run * g.runs.lines);
  for (int64_t i = 0; i < n_pairs; i++) {
    if (2 * i >= g.n_rows) {
      clear_pair(panels, &g, i, 2 * (to - from));
      continue;
    }
    const uint16_t *upper = take_window(&at);
    const uint16_t *lower = 2 * i + 1 < g.n_rows ? take_window(&at) : upper;
    pair_rows(panels, &g, i, upper, lower, from, to, room);
  }
}

/* The columns of lines from .. to - 1. */
static void add_columns(const weights *g, int64_t from, int64_t to, int64_t thread) {
  const int64_t k = elements_of(g->of), panel = g->n_words * PANEL;
  float *panels = g->scratch + thread * g->of_thread;
  pair_all(panels, g, from, to, (uint16_t *)(panels + paired_size(g->conv->kernels)));
  for (int64_t j = from * LINE; j < mer__min(to * LINE, k); j += COLUMNS)
    g->conv->kernels->multiply(
        &(mer__conv_product){.y = g->dweight + j,
                             .y_row = k,
                             .a = g->tiles,
                             .a_tile = panel,
                             .b = panels + (j - from * LINE) / PANEL * panel,
                             .b_panel = panel,
                             .rows = g->conv->out,
                             .n_columns = mer__min(COLUMNS, k - j),
                             .n_lines = g->n_words / (g->conv->kernels->parts * TILE),
                             .accumulate = true});
}

/* The columns of thread `thread` of a team, `size` lines at a time. */
static void add_parts(const weights *g, mer__part_queue *queue, int64_t size, int64_t thread,
                      int64_t team) {
  const mer__panel_kernels *kernels = g->conv->kernels->panels;
  const int64_t n = packed_lines(g->of);
  kernels->begin();
  for (int64_t i = thread; i * size < n; i = mer__part_queue_next(queue, i, team))
    add_columns(g, i * size, mer__min(n, (i + 1) * size), thread);
  kernels->end();
}

static void add_rows(const weights *g, const float *dy) {
  const int64_t out = g->conv->out, n_tiles = (out + TILE - 1) / TILE;
  const mer__panel_kernels *kernels = g->conv->kernels->panels;
  const bool shared =
      mer__shared(g->n_rows * elements_of(g->of) * out >= MER__PRODUCTS_PARALLEL_MIN);
#pragma omp parallel for schedule(static) if (shared)
  for (int64_t j = 0; j < n_tiles; j++)
    kernels->pack_columns(g->tiles + j * TILE * g->n_words, MER__PANEL_LEFT,
                          dy + g->first * out + j * TILE, out, g->n_rows,
                          mer__min(TILE, out - j * TILE));
  const int64_t n_threads = shared ? omp_get_max_threads() : 1;
  const int64_t size = mer__even_chunk(packed_lines(g->of), PAIRED_LINES, n_threads);
  mer__part_queue queue = mer__part_queue_begin(n_threads);
  if (!shared) {
    add_parts(g, &queue, size, 0, 1);
    return;
  }
#pragma omp parallel
  add_parts(g, &queue, size, omp_get_thread_num(), omp_get_num_threads());
}

static int64_t tiles_size(const mer__panel_conv *c) {
  return mer__round_up(c->out, TILE) *
         mer__panel_words(c->kernels->panels, paired_rows(c->kernels));
}

static int64_t gradient_thread_size(const mer__panel_conv *c, const windows *w) {
  return mer__round_up(paired_size(c->kernels) + packed_lines(w) * LINE, REGISTER);
}

void mer__panel_conv_weight_gradient(float *dweight, const float *dy, const float *x,
                                     const mer__panel_conv *c, float *scratch) {
  source from = input_source(c);
  from.values = (uint16_t *)scratch;
  const windows w = windows_of(c, &from);
  const int64_t n = mer__map_pixels(w.grid), most = paired_rows(c->kernels);
  weights g = {.conv = c,
               .of = &w,
               .dweight = dweight,
               .tiles = scratch + source_size(&from),
               .runs = runs_of(&w)};
  g.scratch = g.tiles + tiles_size(c);
  g.of_thread = gradient_thread_size(c, &w);
  round_source(&from, x);
  for (g.first = 0; g.first < n; g.first += most) {
    g.n_rows = mer__chunk_size(n, g.first, most);
    g.n_words = mer__panel_words(c->kernels->panels, g.n_rows);
    add_rows(&g, dy);
  }
}

int64_t mer__panel_conv_backward_scratch(const mer__panel_conv *c) {
  const source from = input_source(c);
  const windows w = windows_of(c, &from);
  const int64_t of_weights =
      source_size(&from) + tiles_size(c) + omp_get_max_threads() * gradient_thread_size(c, &w);
  return mer__max(of_weights, input_gradient_scratch(c));
}
