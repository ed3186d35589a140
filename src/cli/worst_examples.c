/* worst_examples.c: the rows that a model is most sure of, and wrong. */
#include "cli/worst_examples.h"

static mer_report_example make(const cli_evaluation *e, int64_t i) {
  const mer_predictions *p = &e->predictions;
  const mer_utterance *row = &e->rows[p->rows[i]];
  return (mer_report_example){
      .id = row->id,
      .speaker = row->speaker,
      .text = row->text,
      .label = e->labels[p->labels[i]],
      .predicted = e->labels[p->predicted[i]],
      .probability = (double)p->probs[i * p->n_classes + p->predicted[i]],
      .sound = row->audio ? row->audio : row->video,
      .image = row->image,
  };
}

int32_t cli_worst_examples(mer_report_example *examples, const cli_evaluation *e, int32_t most) {
  const mer_predictions *p = &e->predictions;
  int32_t n = 0;
  for (int64_t i = 0; i < p->n; i++) {
    if (p->predicted[i] == p->labels[i]) continue;
    const mer_report_example example = make(e, i);
    int32_t at = n < most ? n++ : most;
    if (at == most && !(most > 0 && example.probability > examples[most - 1].probability)) continue;
    if (at == most) at--;
    for (; at > 0 && examples[at - 1].probability < example.probability; at--)
      examples[at] = examples[at - 1];
    examples[at] = example;
  }
  return n;
}
