/* int8_amx.c: 16 rows by 16 outputs in one instruction, AMX. */
#include "nn/amx.h"
#include "nn/int8_vnni.h"

/* Rows of a tile, and of groups of the weights, in a register of 1 KB. */
enum { AMX_ROWS = MER__AMX_ROWS, AMX_BLOCK = AMX_ROWS * MER__AMX_ROW_BYTES };

/* The registers are named in the instructions: T is the number of one, and of its tile. */
#define ZERO_TILE(T) \
  if ((T) < n) _tile_zero(T);
#define ADD_TILE(T)                                        \
  if ((T) < n) {                                           \
    _tile_loadd(6, x + (T)*p->x_tile, MER__AMX_ROW_BYTES); \
    _tile_dpbusd(T, 6, 7);                                 \
  }
#define STORE_TILE(T)                          \
  if ((T) < n) {                               \
    _tile_stored(T, sums, MER__AMX_ROW_BYTES); \
    store_tile(p, first + (T)*AMX_ROWS, sums); \
  }

static void store_tile(const mer__int8_product *p, int64_t first, const int32_t *sums) {
  const vnni_outputs o = outputs_of(p, 0);
  for (int64_t i = first; i < first + AMX_ROWS && i < p->rows; i++, sums += PANEL)
    store_vnni(p, i, 0, _mm512_loadu_si512(sums), &o);
}

/* The rows of n tiles from row `first` on. */
static void multiply_tiles(const mer__int8_product *p, int64_t first, int64_t n) {
  const uint8_t *x = p->x + first / AMX_ROWS * p->x_tile;
  const int8_t *w = weights_of(p);
  _Alignas(64) int32_t sums[AMX_BLOCK / sizeof(int32_t)];
  _Alignas(64) int8_t last[AMX_BLOCK] = {0}; /* weights that do not fill a register */
  MER__AMX_EACH(ZERO_TILE)
  for (int64_t left = p->n_groups; left > 0; left -= AMX_ROWS, x += AMX_BLOCK, w += AMX_BLOCK) {
    if (left < AMX_ROWS) {
      memcpy(last, w, (size_t)(left * PANEL * GROUP));
      w = last;
    }
    MER__AMX_WRITTEN(last);
    for (int64_t i = 0; i < AMX_BLOCK; i += 64) _mm_prefetch(w + AHEAD + i, _MM_HINT_T0);
    _tile_loadd(7, w, MER__AMX_ROW_BYTES);
    MER__AMX_EACH(ADD_TILE)
  }
  MER__AMX_EACH(STORE_TILE)
}

static void multiply(const mer__int8_product *p) {
  for (int64_t i = 0; i < mer__amx_count_rounds(p->rows); i++) {
    const mer__amx_round round = mer__amx_round_of(p->rows, i);
    multiply_tiles(p, round.first, round.n);
  }
}

/* As many groups as fit a row of a register: [n_groups / 16, 16, 64]. */
static void place_blocks(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  for (int64_t g = 0; g < n_groups; g += AMX_ROWS, to += AMX_BLOCK, row += MER__AMX_ROW_BYTES)
    memcpy(to, row, MER__AMX_ROW_BYTES);
}

const mer__int8_kernel mer__int8_amx = {.tile = AMX_ROWS,
                                        .panels = 1,
                                        .step = AMX_ROWS,
                                        .group_bytes = GROUP,
                                        .row_bytes = MER__AMX_ROW_BYTES,
                                        .multiply = multiply,
                                        .place = place_blocks,
                                        .begin = mer__amx_begin,
                                        .end = mer__amx_end};
