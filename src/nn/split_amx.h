/* split_amx.h: f32 by AMX: a number of 24 significant bits is the sum of three of bfloat16, which
 * has 8: high + middle + low. Of the nine products of two such sums the six greatest are added;
 * what the others would add is below 2^-24 of the product. AMX adds 32 products of bfloat16, which
 * are exact in f32, to a sum, so that there are fewer roundings than with a fused multiply-add for
 * each product; it takes numbers below 2^-126 for zeros.
 *
 * Registers 0 and 1 hold the sums of a first tile and of one panel or two, 2 and 3 those of a
 * second tile; 4 and 5 take a part of the tiles, 6 and 7 of the panels. `tiles` and `panels`, 1 or
 * 2, are constants at each call. */
#ifndef MER_NN_SPLIT_AMX_H
#define MER_NN_SPLIT_AMX_H

#include "base/dispatch.h"
#include "nn/amx.h"
#include "nn/panel_kernels.h"

enum {
  MER__SPLIT_PARTS = 3,               /* high, middle, low */
  MER__AMX_REGISTER = 16 * MER__PANEL /* words */
};

/* The nearest bfloat16, as f32. */
MER__INLINE __m512 mer__nearest_bf16(__m512 x) {
  const __m512i sum = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
  return _mm512_castsi512_ps(_mm512_and_si512(sum, _mm512_set1_epi32((int)0xffff0000)));
}

/* The three parts of x, each in the upper half of a word. */
MER__INLINE void mer__split_parts(__m512 parts[MER__SPLIT_PARTS], __m512 x) {
  parts[0] = mer__nearest_bf16(x);
  const __m512 rest = _mm512_sub_ps(x, parts[0]);
  parts[1] = mer__nearest_bf16(rest);
  parts[2] = _mm512_sub_ps(rest, parts[1]);
}

/* Tiles are `next_a` words apart, panels `next_b`. */
MER__INLINE void mer__amx_load_tiles(const float *a, int64_t next_a, const int tiles) {
  _tile_loadd(4, a, MER__AMX_ROW_BYTES);
  if (tiles > 1) _tile_loadd(5, a + next_a, MER__AMX_ROW_BYTES);
}

MER__INLINE void mer__amx_load_panels(const float *b, int64_t next_b, const int panels) {
  _tile_loadd(6, b, MER__AMX_ROW_BYTES);
  if (panels > 1) _tile_loadd(7, b + next_b, MER__AMX_ROW_BYTES);
}

MER__INLINE void mer__amx_add_products(const int tiles, const int panels) {
  _tile_dpbf16ps(0, 4, 6);
  if (panels > 1) _tile_dpbf16ps(1, 4, 7);
  if (tiles > 1) _tile_dpbf16ps(2, 5, 6);
  if (tiles > 1 && panels > 1) _tile_dpbf16ps(3, 5, 7);
}

/* One step of 32 elements, whose parts are a register each, one after the other. Each part that is
 * loaded is multiplied by those that it belongs with; a part of the panels is loaded twice rather
 * than one of the tiles, as it is in a nearer cache. */
MER__INLINE void mer__amx_add_split(const float *a, int64_t next_a, const float *b, int64_t next_b,
                                    const int tiles, const int panels) {
  mer__amx_load_panels(b, next_b, panels);
  mer__amx_load_tiles(a + 2 * MER__AMX_REGISTER, next_a, tiles);
  mer__amx_add_products(tiles, panels);
  mer__amx_load_tiles(a + MER__AMX_REGISTER, next_a, tiles);
  mer__amx_add_products(tiles, panels);
  mer__amx_load_panels(b + MER__AMX_REGISTER, next_b, panels);
  mer__amx_add_products(tiles, panels);
  mer__amx_load_tiles(a, next_a, tiles);
  mer__amx_add_products(tiles, panels);
  mer__amx_load_panels(b + 2 * MER__AMX_REGISTER, next_b, panels);
  mer__amx_add_products(tiles, panels);
  mer__amx_load_panels(b, next_b, panels);
  mer__amx_add_products(tiles, panels);
}

#endif
