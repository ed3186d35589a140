/* label_map.h: a model's labels as those of a data set: what a published classifier calls "happy"
 * is "joy" there. The scores of labels that become one are joined so that their probabilities add
 * up. */
#ifndef MER_MODEL_LABEL_MAP_H
#define MER_MODEL_LABEL_MAP_H

#include "mer/model.h"

/** Most labels of a classifier. */
enum { MER__MAX_LABELS = 64 };

/** Index of the label `name` [size], in any case of letters; -1: there is none. */
int32_t mer__label_find(const char *const *labels, int32_t n_labels, const char *name, size_t size);

typedef struct mer__label_map {
  mer_target target;
  int32_t n_from, n;             /* labels of the model, and of what it answers */
  int32_t to[MER__MAX_LABELS];   /* [n_from]: index of the answer's label; -1: dropped */
  char *labels[MER__MAX_LABELS]; /* [n] */
} mer__label_map;

/** The map that `text` says for the labels `from` [n_from]; as mer_model_map_labels. */
mer_status mer__label_map_create(mer__label_map **out, mer_target target, const char *text,
                                 const char *const *from, int32_t n_from, const char *const *labels,
                                 int32_t n_labels, mer_error *err);
/** Accepts NULL. */
void mer__label_map_free(mer__label_map *map);

/** Scores [n_rows, map->n] from `logits` [n_rows, map->n_from]. Of one label t log(sum(exp(z / t)))
 * of the logits z that are joined, t the model's temperature, so that the softmax of the scores
 * over t adds probabilities and shares out those of dropped labels; of several labels the largest;
 * values are copied. A label that nothing becomes has -1e30. */
void mer__label_map_apply(float *scores, const mer__label_map *map, const float *logits,
                          int64_t n_rows, double temperature);

#endif
