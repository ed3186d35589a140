/* amx.h: what products by AMX share. Its eight registers are set to 16 rows of 64 bytes: 0 to 5
 * hold the sums of as many tiles of rows, 6 takes what is read of a tile, 7 of the weights. */
#ifndef MER_NN_AMX_H
#define MER_NN_AMX_H

#include <immintrin.h>
#include <stdint.h>

enum { MER__AMX_ROWS = 16, MER__AMX_ROW_BYTES = 64, MER__AMX_SUMS = 6 };

/** Sets the registers of this thread, and gives them up: the system need not keep them then. */
void mer__amx_begin(void);
void mer__amx_end(void);

/** STEP for the number of each register of sums: they are named in the instructions. */
#define MER__AMX_EACH(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)

/** The compiler does not know that an instruction reads memory: what must be there before it. */
#define MER__AMX_WRITTEN(x) __asm__ volatile("" ::"m"(x))

/** Tiles whose sums are in registers at the same time: the first row, and the number of tiles. */
typedef struct mer__amx_round {
  int64_t first, n;
} mer__amx_round;

/** Rounds that `rows` rows take. */
static inline int64_t mer__amx_count_rounds(int64_t rows) {
  return (rows + MER__AMX_SUMS * MER__AMX_ROWS - 1) / (MER__AMX_SUMS * MER__AMX_ROWS);
}

/** Round i of them; all have about as many tiles. */
static inline mer__amx_round mer__amx_round_of(int64_t rows, int64_t i) {
  const int64_t n_tiles = (rows + MER__AMX_ROWS - 1) / MER__AMX_ROWS;
  const int64_t n_rounds = mer__amx_count_rounds(rows);
  const int64_t from = n_tiles * i / n_rounds, to = n_tiles * (i + 1) / n_rounds;
  return (mer__amx_round){from * MER__AMX_ROWS, to - from};
}

#endif
