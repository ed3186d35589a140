/* int8_amx.c: 16 rows by 16 outputs in one instruction, AMX. */
#include "nn/int8_vnni.h"

#define MULTIPLY _tile_dpbusd
#include "nn/amx_tile_template.h"

enum { ROWS_AT_ONCE = 2 * AMX_ROWS };

/* Two tiles and two panels. */
typedef struct amx_sums {
  _Alignas(64) int32_t sums[2][2][AMX_ROWS][PANEL];
} amx_sums;

/* The last groups, which do not fill a register: with zeros after them. */
MER__INLINE void add_last_groups(const mer__int8_product *p, const amx_operands *all,
                                 const int tiles, const int panels) {
  _Alignas(64) int8_t last[2][AMX_BYTES] = {{0}};
  const int64_t done = all->n_steps * AMX_BYTES;
  for (int c = 0; c < panels; c++)
    memcpy(last[c], all->panels + c * all->panel + done,
           (size_t)(p->n_groups % AMX_ROWS * PANEL * GROUP));
  MER__AMX_WRITTEN(last);
  const amx_operands o = {all->rows + done, (const char *)last, all->tile, AMX_BYTES, 1};
  add_products(&o, tiles, panels, &(amx_ahead){0});
}

MER__INLINE void store_tile(const mer__int8_product *p, int64_t first,
                            const int32_t sums[2][AMX_ROWS][PANEL], const vnni_outputs *o,
                            const int panels) {
  for (int64_t i = 0; i < AMX_ROWS && first + i < p->rows; i++)
    for (int c = 0; c < panels; c++)
      store_vnni(p, first + i, c, _mm512_loadu_si512(sums[c][i]), &o[c]);
}

/* The rows of one tile or two from row `first` on. */
MER__INLINE void multiply_tiles(const mer__int8_product *p, int64_t first, const int tiles,
                                const int panels, amx_ahead *ahead) {
  amx_sums s;
  const amx_operands o = {(const char *)p->x + first / AMX_ROWS * p->x_tile,
                          (const char *)weights_of(p), p->x_tile, panel_bytes(p),
                          p->n_groups / AMX_ROWS};
  zero_sums();
  add_products(&o, tiles, panels, ahead);
  if (p->n_groups % AMX_ROWS != 0) add_last_groups(p, &o, tiles, panels);
  store_sums((char *)s.sums, tiles, panels);
  const vnni_outputs outputs[2] = {outputs_of(p, 0), outputs_of(p, panels - 1)};
  for (int t = 0; t < tiles; t++) store_tile(p, first + t * AMX_ROWS, s.sums[t], outputs, panels);
}

/* What is fetched meanwhile: the panels after these, some lines of them with each step; if there
 * are few rows, what comes next of these panels, as far ahead as memory needs. */
MER__INLINE amx_ahead fetched_ahead(const mer__int8_product *p, const int panels) {
  const int64_t bytes = panel_bytes(p), n_steps = p->n_groups / AMX_ROWS;
  const int64_t rounds = (p->rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
  const char *w = (const char *)p->panel;
  if (p->cached) return (amx_ahead){{w, w}, 0};
  if (rounds == 1)
    return (amx_ahead){{w + MER__FETCH_AHEAD, w + bytes + MER__FETCH_AHEAD}, AMX_ROWS};
  w += panels * bytes;
  return (amx_ahead){{w, w + bytes},
                     n_steps > 0 ? bytes / MER__AMX_ROW_BYTES / (rounds * n_steps) + 1 : 0};
}

MER__INLINE void multiply_rows(const mer__int8_product *p, const int panels) {
  amx_ahead ahead = fetched_ahead(p, panels);
  for (int64_t i = 0; i < p->rows; i += ROWS_AT_ONCE)
    if (p->rows - i > AMX_ROWS) multiply_tiles(p, i, 2, panels, &ahead);
    else multiply_tiles(p, i, 1, panels, &ahead);
}

static void multiply(const mer__int8_product *p) {
  if (p->n_outputs > PANEL) multiply_rows(p, 2);
  else multiply_rows(p, 1);
}

/* As many groups as fit a row of a register: [n_groups / 16, 16, 64]. */
static void place_blocks(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  for (int64_t g = 0; g < n_groups; g += AMX_ROWS, to += AMX_BYTES, row += MER__AMX_ROW_BYTES)
    memcpy(to, row, MER__AMX_ROW_BYTES);
}

const mer__int8_kernel mer__int8_amx = {.tile = AMX_ROWS,
                                        .panels = 2,
                                        .step = AMX_ROWS,
                                        .group_bytes = GROUP,
                                        .row_bytes = MER__AMX_ROW_BYTES,
                                        .multiply = multiply,
                                        .place = place_blocks,
                                        .begin = mer__amx_begin,
                                        .end = mer__amx_end};
