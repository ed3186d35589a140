/* target_measures.c: the measures of several labels, and of values. */
#include "report/target_measures.h"

#include <string.h>

#define OVERALL(key, title, percent) \
  { #key, title, offsetof(mer_target_metrics, key), percent }
#define EACH(key, title, percent) \
  { #key, title, offsetof(mer_target_scores, key), percent }

static const mer__target_measure of_labels[] = {
    OVERALL(macro_f1, "Macro F1", true),         OVERALL(micro_f1, "Micro F1", true),
    OVERALL(weighted_f1, "Weighted F1", true),   OVERALL(map, "Mean average precision", true),
    OVERALL(accuracy, "All labels right", true), OVERALL(loss, "Loss", false)};
static const mer__target_measure each_label[] = {
    EACH(precision, "Precision", true), EACH(recall, "Recall", true), EACH(f1, "F1", true),
    EACH(average_precision, "Average precision", true)};
static const mer__target_measure of_values[] = {
    OVERALL(ccc, "CCC", false), OVERALL(pearson, "Pearson", false), OVERALL(mae, "MAE", false),
    OVERALL(rmse, "RMSE", false), OVERALL(loss, "Squared error", false)};
static const mer__target_measure each_value[] = {
    EACH(ccc, "CCC", false), EACH(pearson, "Pearson", false), EACH(mae, "MAE", false),
    EACH(rmse, "RMSE", false)};

enum { N_OF_LABELS = sizeof of_labels / sizeof *of_labels };
enum { N_EACH_LABEL = sizeof each_label / sizeof *each_label };
enum { N_OF_VALUES = sizeof of_values / sizeof *of_values };
enum { N_EACH_VALUE = sizeof each_value / sizeof *each_value };

const mer__target_measures *mer__target_measures_of(mer_target target) {
  static const mer__target_measures labels = {"label",     "labels",     of_labels, each_label,
                                              N_OF_LABELS, N_EACH_LABEL, true},
                                    values = {"value",     "values",     of_values, each_value,
                                              N_OF_VALUES, N_EACH_VALUE, false};
  return target == MER_TARGET_LABELS ? &labels : &values;
}

double mer__target_measure_at(const void *object, const mer__target_measure *measure) {
  double x;
  memcpy(&x, (const char *)object + measure->offset, sizeof x);
  return x;
}
