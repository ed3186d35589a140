/* robustness_output.c: what `mer eval --robustness` has found, for people and as JSON. */
#include "cli/robustness_output.h"

#include <stdio.h>

enum { NAME_BYTES = 128 };

mer_status cli_robustness_print(const mer_robustness *r, const cli_evaluation *e, mer_error *err) {
  char names[MER_MAX_DISTURBANCES][NAME_BYTES], *table = NULL;
  mer_report_row rows[1 + MER_MAX_DISTURBANCES] = {
      {"rows as they are", &e->metrics, 1, &e->bootstrap}};
  for (int32_t i = 0; i < r->n; i++) {
    mer_disturbance_name(names[i], NAME_BYTES, &r->items[i].disturbance);
    rows[1 + i] = (mer_report_row){names[i], r->items[i].metrics, 1, r->items[i].bootstrap};
  }
  mer_status status = mer_report_table(&table, rows, 1 + r->n, NULL, err);
  if (status == MER_OK) printf("\n%s", table);
  mer_report_free(table);
  return status;
}

json_t *cli_robustness_json(const mer_robustness *r, const cli_evaluation *e, mer_error *err) {
  char *text = NULL;
  if (mer_report_robustness_json(&text, r->items, r->n, e->labels, err) != MER_OK) return NULL;
  json_t *list = json_loads(text, 0, NULL);
  mer_report_free(text);
  if (!list) err->status = MER_STATUS_NO_MEMORY;
  return list;
}
