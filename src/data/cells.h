/* cells.h: numbers and times in the cells of a table, whatever the locale. */
#ifndef MER_DATA_CELLS_H
#define MER_DATA_CELLS_H

#include "mer/base.h"

/** Reads a whole number from 0; false for anything else. */
bool mer__cell_integer(int64_t *value, const char *text);

/** Seconds of "12.5", "1.25e1", "01:12,5", "00:16:16,059" (comma or point); NaN for NULL and
 * anything else. */
double mer__cell_time(const char *text);

/** A number such as "-0.25", "1e-3", ".5" or "0,5"; NaN for NULL and anything else, and from 7.5e13
 * on. */
double mer__cell_real(const char *text);

#endif
