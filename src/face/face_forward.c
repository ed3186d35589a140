/* face_forward.c: an image through the network. Maps whose layers are done make room for others. */
#include <string.h>

#include "base/error.h"
#include "face/face_network.h"
#include "nn/depthwise.h"
#include "nn/parallel.h"

/* Room for maps, in floats. */
typedef struct room {
  float *wide[2], *narrow[2], *sides[MER__FACE_UPS], *scratch;
} room;

typedef struct forward {
  const mer__face_network *network;
  mer__pass pass;
  room room;
} forward;

static mer__map halved(mer__map map) {
  return (mer__map){map.n, (map.height + 1) / 2, (map.width + 1) / 2};
}

static int64_t floats(mer__map map, int64_t channels) { return mer__map_pixels(map) * channels; }

static float *take(forward *f, int64_t n) {
  return mer__arena_alloc(f->pass.arena, (size_t)n, sizeof(float));
}

/* The most floats of maps and scratch on the way down. */
typedef struct sizes {
  int64_t wide, narrow, scratch;
} sizes;

static void count_conv(sizes *s, const mer__face_conv *conv, mer__map map, const mer__pass *pass) {
  s->scratch = mer__max(s->scratch, mer__conv2d_scratch(&conv->conv, map, pass));
}

static sizes count(const mer__face_network *f, mer__map image, const mer__pass *pass) {
  mer__map map = halved(image);
  const mer__map quarter = halved(map);
  sizes s = {.narrow = floats(map, f->channels[0])};
  count_conv(&s, &f->stem, image, pass);
  for (int b = 0; b < MER__FACE_BLOCKS; b++) {
    const mer__face_block *block = &f->blocks[b];
    s.wide = mer__max(s.wide, floats(map, block->wide));
    if (block->stride == 2) map = halved(map);
    count_conv(&s, &block->project, map, pass);
    s.narrow = mer__max(s.narrow, floats(map, block->project.conv.out));
  }
  count_conv(&s, &f->head, quarter, pass);
  s.wide = mer__max(s.wide, floats(quarter, f->neck));
  s.narrow = mer__max(s.narrow, floats(quarter, f->neck));
  return s;
}

static mer_status make_room(forward *f, mer__map image, mer_error *err) {
  const sizes s = count(f->network, image, &f->pass);
  room *r = &f->room;
  mer__map side = image;
  r->scratch = take(f, s.scratch);
  bool whole = r->scratch != NULL;
  for (int i = 0; i < 2; i++) {
    r->wide[i] = take(f, s.wide);
    r->narrow[i] = take(f, s.narrow);
    whole = whole && r->wide[i] && r->narrow[i];
  }
  side = halved(side);
  for (int i = MER__FACE_UPS - 1; i >= 0; i--) {
    side = halved(side);
    r->sides[i] = take(f, floats(side, f->network->neck));
    whole = whole && r->sides[i];
  }
  return whole ? MER_OK : mer__fail_memory(err);
}

static void run_conv(float *y, const float *x, mer__map map, const mer__face_conv *conv,
                     const float *residual, const forward *f) {
  const mer__channel_finish finish = {.scale = f->network->ones,
                                      .shift = mer__value(&f->network->params, conv->bias),
                                      .residual = residual,
                                      .relu = conv->relu};
  mer__conv2d_forward(y, x, map, &conv->conv, &finish, &f->pass, f->room.scratch);
}

/* The next map, of the block's input `x` of `*map`, in `y`. */
static void run_block(float *y, const float *x, mer__map *map, const mer__face_block *b,
                      const forward *f) {
  const mer__params *params = &f->network->params;
  float *wide = f->room.wide[0], *filtered = f->room.wide[1];
  if (b->expand.conv.out) run_conv(wide, x, *map, &b->expand, NULL, f);
  mer__depthwise_forward(filtered, b->expand.conv.out ? wide : x, *map, b->wide, b->stride,
                         mer__value(params, b->weight), mer__value(params, b->bias),
                         f->network->zeros);
  if (b->stride == 2) *map = halved(*map);
  run_conv(y, filtered, *map, &b->project, b->residual ? x : NULL, f);
}

/* The last map, which `*map` becomes; maps for the way up are kept at the side. */
static const float *run_down(const float *image, mer__map *map, const forward *f) {
  static const int side_blocks[MER__FACE_UPS] = {12, 5, 2}; /* the last of their size */
  const mer__face_network *network = f->network;
  int now = 0;
  run_conv(f->room.narrow[0], image, *map, &network->stem, NULL, f);
  *map = halved(*map);
  for (int b = 0; b < MER__FACE_BLOCKS; b++, now = !now) {
    float *y = f->room.narrow[!now];
    run_block(y, f->room.narrow[now], map, &network->blocks[b], f);
    for (int i = 0; i < MER__FACE_UPS; i++)
      if (b == side_blocks[i]) run_conv(f->room.sides[i], y, *map, &network->sides[i], NULL, f);
  }
  return f->room.narrow[now];
}

/* y [2 height, 2 width, channels] = squares of 2 x 2 pixels [height, width, 4, channels] + side. */
static void spread(float *y, const float *squares, const float *side, mer__map map,
                   int64_t channels) {
  for (int64_t i = 0; i < 2 * map.height; i++)
    for (int64_t j = 0; j < 2 * map.width; j++) {
      const int64_t square = (i / 2 * map.width + j / 2) * 4 + i % 2 * 2 + j % 2;
      const float *from = squares + square * channels;
      for (int64_t c = 0; c < channels; c++) *y++ = from[c] + *side++;
    }
}

/* The map of a quarter of the image's size, which `*map` becomes. */
static const float *run_up(const float *last, mer__map *map, const forward *f) {
  const mer__face_network *network = f->network;
  float *x = f->room.narrow[0] == last ? f->room.narrow[1] : f->room.narrow[0];
  run_conv(x, last, *map, &network->top, NULL, f);
  for (int i = 0; i < MER__FACE_UPS; i++) {
    float *squares = f->room.wide[0];
    run_conv(squares, x, *map, &network->ups[i], NULL, f);
    x = f->room.narrow[i % 2];
    spread(x, squares, f->room.sides[i], *map, network->neck);
    *map = (mer__map){map->n, 2 * map->height, 2 * map->width};
  }
  return x;
}

mer_status mer__face_network_forward(mer__face_maps *maps, const mer__face_network *network,
                                     const float *image, int64_t height, int64_t width,
                                     mer__arena *arena, mer_error *err) {
  forward f = {.network = network,
               .pass = {.params = &network->params, .arena = arena, .many_rows = true}};
  mer__map map = {1, height, width};
  mer_status status = make_room(&f, map, err);
  if (status != MER_OK) return status;
  const int64_t n_pixels = height / MER__FACE_STRIDE * (width / MER__FACE_STRIDE);
  float *score = take(&f, n_pixels), *size = take(&f, 2 * n_pixels),
        *offset = take(&f, 2 * n_pixels);
  if (!score || !size || !offset) return mer__fail_memory(err);
  const float *last = run_down(image, &map, &f);
  const float *x = run_up(last, &map, &f);
  float *y = f.room.wide[0];
  run_conv(y, x, map, &network->head, NULL, &f);
  run_conv(score, y, map, &network->score, NULL, &f);
  run_conv(size, y, map, &network->size, NULL, &f);
  run_conv(offset, y, map, &network->offset, NULL, &f);
  *maps = (mer__face_maps){map.height, map.width, score, size, offset};
  return MER_OK;
}
