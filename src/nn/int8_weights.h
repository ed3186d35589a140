/* int8_weights.h: matrices of 8-bit integers with one scale for each row, symmetric: w = q * scale,
 * q from -127 to 127. What a kernel reads is what a file holds, so that a mapped file is used as it
 * is.
 *
 * Panels of a reduced range are rounded more coarsely, so that AVX2 may multiply bytes in pairs, at
 * twice the speed of 16-bit numbers, and sum eight such products in 16 bits: those of the columns 0
 * and 1, or 2 and 3, of four groups. There weights of one sign sum to 163 at most, which times 200,
 * the largest activation, is below 2^15. So sums are exact, on every processor. */
#ifndef MER_NN_INT8_WEIGHTS_H
#define MER_NN_INT8_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/** Rows of a panel, columns that lie together in it, and most columns of a matrix in panels. */
enum { MER__INT8_PANEL = 16, MER__INT8_GROUP = 4, MER__INT8_MAX_COLUMNS = 1 << 14 };
/** Of a reduced range: the groups that are summed in 16 bits, from a multiple of it on, the largest
 * activation and the largest sum of weights of one sign. */
enum { MER__INT8_RUN = 4, MER__INT8_REDUCED_X = 200, MER__INT8_REDUCED_SUM = 163 };

/** A matrix [rows, columns], borrowed, in one of two layouts. Rows side by side: an embedding
 * table. Panels, a Linear layer's weight: [ceil(rows/16), 1 + ceil(columns/4), 16, 4], 16 rows wide
 * and four columns side by side, with zeros where there is no row or column; each panel begins with
 * the sums of its rows, 16 integers of 32 bits. */
typedef struct mer__int8_matrix {
  const int8_t *values;
  const float *scales; /* [rows] */
  int64_t rows, columns;
  bool reduced; /* panels of a reduced range */
} mer__int8_matrix;

/** Bytes of a matrix in panels. Rows and columns are below 2^31. */
int64_t mer__int8_panel_bytes(int64_t rows, int64_t columns);

/** Rounds `weight` [rows, columns] to `values` [rows, columns] and `scales` [rows]; scale: the
 * row's largest magnitude / 127. False if a weight is not finite. */
bool mer__int8_quantize_rows(int8_t *values, float *scales, const float *weight, int64_t rows,
                             int64_t columns);
/** The same in panels: `values` [mer__int8_panel_bytes]. */
bool mer__int8_quantize_panels(int8_t *values, float *scales, const float *weight, int64_t rows,
                               int64_t columns);
/** The same with a reduced range, by the scale of the least square error among those that are
 * tried. Columns: at most MER__INT8_MAX_COLUMNS. */
bool mer__int8_quantize_reduced(int8_t *values, float *scales, const float *weight, int64_t rows,
                                int64_t columns);

#endif
