/* worst_examples.c: the rows that a model is most sure of, and wrong. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "mer/report.h"
#include "report/example_faces.h"

/* A mistake: its place among the predictions. */
typedef struct mistake {
  int64_t index;
  float probability;
} mistake;

/* At most `most` into `list`, the surest first, of equally sure ones the first row; their number.
 */
static int32_t list_mistakes(mistake *list, const mer_predictions *p, int32_t most) {
  int32_t n = 0;
  for (int64_t i = 0; i < p->n; i++) {
    const mistake own = {i, p->probs[i * p->n_classes + p->predicted[i]]};
    if (p->predicted[i] == p->labels[i]) continue;
    if (n == most && !(n > 0 && own.probability > list[n - 1].probability)) continue;
    int32_t at = n < most ? n++ : n - 1;
    for (; at > 0 && list[at - 1].probability < own.probability; at--) list[at] = list[at - 1];
    list[at] = own;
  }
  return n;
}

static mer_report_example make(const mer_dataset *dataset, const mer_utterance *row,
                               const mer_predictions *p, const mistake *m) {
  return (mer_report_example){
      .id = row->id,
      .speaker = row->speaker,
      .text = row->text,
      .label = mer_dataset_label(dataset, p->labels[m->index]),
      .predicted = mer_dataset_label(dataset, p->predicted[m->index]),
      .probability = (double)m->probability,
      .sound = row->audio ? row->audio : row->video,
      .image = row->image,
  };
}

mer_status mer_report_examples_find(mer_report_examples *examples, const mer_model *model,
                                    const mer_dataset *dataset, const mer_utterance *rows,
                                    const mer_predictions *predictions, int32_t most,
                                    const mer_predict_options *options, mer_error *err) {
  mistake list[MER_REPORT_MAX_EXAMPLES] = {{0}};
  int64_t picked[MER_REPORT_MAX_EXAMPLES];
  mer_predict_options used;
  mer_predict_options_init(&used, sizeof used);
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_predict_options", err);
  if (status != MER_OK) return status;
  if (predictions->target != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID, "mistakes are of models of one label");
  if (most < 0 || most > MER_REPORT_MAX_EXAMPLES)
    return mer__fail(err, MER_STATUS_INVALID, "%d mistakes, expected 0 to %d", (int)most,
                     MER_REPORT_MAX_EXAMPLES);
  *examples = (mer_report_examples){.n = list_mistakes(list, predictions, most)};
  for (int32_t i = 0; i < examples->n; i++) {
    picked[i] = predictions->rows[list[i].index];
    examples->items[i] = make(dataset, &rows[picked[i]], predictions, &list[i]);
  }
  status = mer__example_faces(examples->faces, model, rows, picked, examples->n, &used, err);
  for (int32_t i = 0; i < examples->n; i++) examples->items[i].face = examples->faces[i];
  if (status != MER_OK) mer_report_examples_clear(examples);
  return status;
}

void mer_report_examples_clear(mer_report_examples *examples) {
  for (int32_t i = 0; i < examples->n; i++) mer__free(examples->faces[i]);
  *examples = (mer_report_examples){0};
}
