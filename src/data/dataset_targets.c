/* dataset_targets.c: what a row is labelled with: one label, several, or values. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/format.h"
#include "data/cells.h"
#include "data/dataset.h"
#include "model/label_map.h"

#define MAX_VOTES 1e6

static const char spaces[] = " \t\r\n";

const char *mer__target_column_name(char *out, const mer_dataset *dataset, int32_t label) {
  const char *name = dataset->labels[label];
  if (dataset->target == MER_TARGET_VALUES) return name;
  if (!dataset->soft_labels) return NULL;
  mer__format(out, MER__COLUMN_NAME, "votes_%s", name);
  return out;
}

mer_status mer__target_columns_find(mer__target_columns *columns, const mer_dataset *dataset,
                                    const mer__table *table, const char *label, mer_error *err) {
  const bool of_values = dataset->target == MER_TARGET_VALUES;
  char text[MER__COLUMN_NAME];
  mer_status status = MER_OK;
  columns->label = mer__table_column(table, label);
  if (!of_values && dataset->need_labels)
    status = mer__dataset_column(&columns->label, table, label, err);
  for (int32_t i = 0; i < dataset->n_labels && status == MER_OK; i++) {
    const char *name = mer__target_column_name(text, dataset, i);
    if (!name) break;
    columns->values[i] = mer__table_column(table, name);
    if (dataset->need_labels) status = mer__dataset_column(&columns->values[i], table, name, err);
  }
  return status;
}

/* "one of a, b, c" as far as there is room. */
static mer_status fail_label(const mer_dataset *dataset, const mer__table *table, int64_t row,
                             const char *name, mer_error *err) {
  char expected[300];
  size_t n = (size_t)snprintf(expected, sizeof expected, "one of ");
  for (int32_t i = 0; i < dataset->n_labels && n < sizeof expected; i++)
    n += (size_t)snprintf(expected + n, sizeof expected - n, "%s%s", i ? ", " : "",
                          dataset->labels[i]);
  return mer__dataset_fail(table, row, "label", name, expected, err);
}

static int32_t find_label(const mer_dataset *dataset, const char *name, size_t size) {
  return mer__label_find((const char *const *)dataset->labels, dataset->n_labels, name, size);
}

/* Sets 1 for each label of "a|b", without the blanks round them, and counts them; false if one is
 * unknown. */
static bool read_labels(float *targets, int *n, const mer_dataset *dataset, const char *cell) {
  memset(targets, 0, (size_t)dataset->n_labels * sizeof *targets);
  for (*n = 0; cell; ++*n) {
    cell += strspn(cell, spaces);
    const size_t whole = strcspn(cell, "|");
    size_t size = whole;
    while (size && strchr(spaces, cell[size - 1])) size--;
    const int32_t label = find_label(dataset, cell, size);
    if (label < 0) return false;
    targets[label] = 1;
    cell = cell[whole] ? cell + whole + 1 : NULL;
  }
  return true;
}

/* One label. A row of several that are known is left out, where labels are needed. */
static mer_status read_label(mer_utterance *u, bool *kept, mer_dataset *dataset,
                             const mer__table *table, const char *cell, mer_error *err) {
  float targets[MER_MAX_LABELS];
  int n = 0;
  u->label = cell ? find_label(dataset, cell, strlen(cell)) : -1;
  if (u->label >= 0 || !dataset->need_labels) return MER_OK;
  *kept = !(cell && strchr(cell, '|') && read_labels(targets, &n, dataset, cell));
  dataset->n_several += !*kept;
  return *kept ? fail_label(dataset, table, u->row, cell, err) : MER_OK;
}

/* NaN if the row has no such value, and none is needed. */
static mer_status read_value(float *value, const mer_dataset *dataset, const mer__table *table,
                             int64_t row, int column, int32_t index, mer_error *err) {
  const char *cell = mer__table_cell(table, row, column);
  *value = (float)mer__cell_real(cell);
  if (isfinite(*value) || (!cell && !dataset->need_labels)) return MER_OK;
  return mer__dataset_fail(table, row, dataset->labels[index], cell, "a number", err);
}

static mer_status read_values(float *targets, bool *known, const mer_dataset *dataset,
                              const mer__table *table, const mer__target_columns *columns,
                              int64_t row, mer_error *err) {
  mer_status status = MER_OK;
  *known = true;
  for (int32_t i = 0; i < dataset->n_labels && status == MER_OK; i++) {
    status = read_value(&targets[i], dataset, table, row, columns->values[i], i, err);
    *known = *known && isfinite(targets[i]);
  }
  return status;
}

/* The shares of the labels in a row's votes; it keeps its label alone if there are none. */
static mer_status read_votes(mer_utterance *u, mer_dataset *dataset, const mer__table *table,
                             const mer__target_columns *columns, mer_error *err) {
  double sum = 0;
  float *shares = mer__arena_alloc(&dataset->strings, (size_t)dataset->n_labels, sizeof *shares);
  if (!shares) return mer__fail_memory(err);
  for (int32_t i = 0; i < dataset->n_labels; i++) {
    char name[MER__COLUMN_NAME];
    const char *cell = mer__table_cell(table, u->row, columns->values[i]);
    const double votes = cell ? mer__cell_real(cell) : 0;
    if (!(votes >= 0 && votes <= MAX_VOTES))
      return mer__dataset_fail(table, u->row, mer__target_column_name(name, dataset, i), cell,
                               "a number from 0 to 1000000", err);
    shares[i] = (float)votes;
    sum += votes;
  }
  for (int32_t i = 0; i < dataset->n_labels && sum > 0; i++) shares[i] = (float)(shares[i] / sum);
  if (sum > 0) u->targets = shares;
  return MER_OK;
}

mer_status mer__target_read(mer_utterance *u, bool *kept, mer_dataset *dataset,
                            const mer__table *table, const mer__target_columns *columns,
                            mer_error *err) {
  const char *cell = mer__table_cell(table, u->row, columns->label);
  mer_status status = MER_OK;
  bool known;
  int n;
  *kept = true;
  if (dataset->target == MER_TARGET_LABEL) {
    const bool has_votes = dataset->soft_labels && u->split == MER_SPLIT_TRAIN;
    status = read_label(u, kept, dataset, table, cell, err);
    if (status != MER_OK || !*kept || !has_votes) return status;
    return read_votes(u, dataset, table, columns, err);
  }
  u->label = -1;
  float *targets = mer__arena_alloc(&dataset->strings, (size_t)dataset->n_labels, sizeof *targets);
  if (!targets) return mer__fail_memory(err);
  if (dataset->target == MER_TARGET_VALUES)
    status = read_values(targets, &known, dataset, table, columns, u->row, err);
  else known = columns->label >= 0 && read_labels(targets, &n, dataset, cell);
  if (status != MER_OK) return status;
  if (known) u->targets = targets;
  return known || !dataset->need_labels ? MER_OK : fail_label(dataset, table, u->row, cell, err);
}
