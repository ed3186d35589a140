/* int8_kernels.h: the product of a block of rows, rounded to 8 bits, and one panel of int8 weights.
 * Sums are exact, so every kernel gives the same bits. */
#ifndef MER_NN_INT8_KERNELS_H
#define MER_NN_INT8_KERNELS_H

#include "nn/int8_weights.h"

/** Most bytes that one group of all rows of a tile takes, of any kernel. */
enum { MER__INT8_MAX_TILE_BYTES = 12 * 2 * MER__INT8_GROUP };

enum { MER__INT8_MAX_PANELS = 2 }; /* that a kernel multiplies at a time */

/** y = s t (q - z) w + b for some rows and the outputs of a panel, or of neighbours; where it is
 * said, plus a residual, and with `relu` max(that, 0); NaN stays. */
typedef struct mer__int8_product {
  const int8_t *panel;            /* the first: see mer__int8_matrix */
  const uint8_t *x;               /* q, in tiles of rows, as the kernel places them */
  const float *x_scales;          /* s: [rows] */
  const int32_t *x_zeros;         /* z: [rows] */
  int64_t rows, n_groups, x_tile; /* bytes of a tile */
  /* t and b */
  float scales[MER__INT8_MAX_PANELS * MER__INT8_PANEL],
      bias[MER__INT8_MAX_PANELS * MER__INT8_PANEL];
  bool cached;           /* the weights were just used: they need not be fetched ahead */
  const float *residual; /* laid out as y; NULL: none */
  bool relu;
  float *y; /* [rows, n_outputs], rows of `y_row` floats */
  int64_t y_row, n_outputs;
} mer__int8_product;

typedef struct mer__int8_kernel {
  int64_t tile;        /* rows of a tile */
  int64_t panels;      /* most that are multiplied at a time */
  int64_t step;        /* of a tile the number of groups is a multiple of it: zeros follow */
  int64_t group_bytes; /* that a group of a row takes in a tile */
  int64_t row_bytes;   /* from row to row in a tile */
  void (*multiply)(const mer__int8_product *p);
  /** Puts a row of n groups into its tile, from `to` on. */
  void (*place)(uint8_t *to, const uint8_t *row, int64_t n_groups);
  /** Called by each thread before and after its products; NULL: nothing to do. */
  void (*begin)(void);
  void (*end)(void);
} mer__int8_kernel;

/** The fastest of the level in use, for weights of a reduced range or of the whole. */
const mer__int8_kernel *mer__int8_kernel_of(bool reduced);

/** Each has a file of its own; all but the first are there on one architecture alone. */
extern const mer__int8_kernel mer__int8_plain, mer__int8_avx2, mer__int8_avx2_reduced,
    mer__int8_vnni, mer__int8_amx, mer__int8_neon, mer__int8_dotprod;

#endif
