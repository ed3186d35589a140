/* calibration_text.c: how good probabilities are, as JSON and as plain text for a terminal. */
#include <stdlib.h>

#include "base/error.h"
#include "mer/report.h"
#include "report/calibration.h"
#include "report/text_table.h"
#include "tensor/json_memory.h"

mer_status mer_report_calibration_json(char **json, const mer_calibration *calibration,
                                       const mer_calibration *before, mer_error *err) {
  mer__json_watch();
  json_t *object = mer__calibration_to_json(calibration, before);
  char *text = mer__json_dump(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
  json_decref(object);
  *json = text ? mer__strdup(text) : NULL;
  free(text);
  return *json ? MER_OK : mer__fail_memory(err);
}

static void add_row(mer__text_table *table, const mer_calibration *c) {
  mer__text_table_percent(table, c->ece);
  mer__text_table_add(table, "%.3f", c->brier);
  mer__text_table_add(table, "%.3f", c->nll);
}

mer_status mer_report_calibration(char **text, const mer_calibration *calibration,
                                  const mer_calibration *before, mer_error *err) {
  mer__text_buffer out = {0};
  mer__text_table table = {.n_columns = 4};
  mer__text_table_add(&table, "Probabilities");
  mer__text_table_add(&table, "ECE %%");
  mer__text_table_add(&table, "Brier");
  mer__text_table_add(&table, "NLL");
  if (before) {
    mer__text_table_add(&table, "without a temperature");
    add_row(&table, before);
    mer__text_table_add(&table, "temperature %.3f", calibration->temperature);
  } else {
    mer__text_table_add(&table, "not calibrated");
  }
  add_row(&table, calibration);
  mer__text_table_print(&out, &table);
  mer__text_table_clear(&table);
  *text = out.data;
  if (!out.failed) return MER_OK;
  mer__text_clear(&out);
  *text = NULL;
  return mer__fail_memory(err);
}
