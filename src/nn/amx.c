/* amx.c: the shape of the registers. */
#include "nn/amx.h"

void mer__amx_begin(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } shape = {.palette = 1};
  for (int i = 0; i < MER__AMX_SUMS + 2; i++) {
    shape.row_bytes[i] = MER__AMX_ROW_BYTES;
    shape.rows[i] = MER__AMX_ROWS;
  }
  MER__AMX_WRITTEN(shape);
  _tile_loadconfig(&shape);
}

void mer__amx_end(void) { _tile_release(); }
