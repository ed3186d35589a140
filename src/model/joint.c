/* joint.c: models of one modality each as one model, by the geometric mean of their probabilities
 * (the logarithmic opinion pool: Genest and Zidek, "Combining probability distributions", 1986). */
#include "model/joint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text_buffer.h"

/* Whether a model can be a part beside those before it, and its labels in the order of the first.
 */
static mer_status check_part(mer_model *const *parts, int m, mer_error *err) {
  const mer__network *network = &parts[m]->network;
  const char *name = network->modalities[0].name;
  if (network->n_modalities != 1 || network->target != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID,
                     "a model that answers beside another has one modality and one label; this one "
                     "of the kind %s has not",
                     parts[m]->kind);
  for (int i = 0; i < m; i++)
    if (strcmp(parts[i]->network.modalities[0].name, name) == 0)
      return mer__fail(err, MER_STATUS_INVALID, "two models of '%s'", name);
  if (m == 0) return MER_OK;
  if (mer_model_n_labels(parts[m]) != mer_model_n_labels(parts[0]))
    return mer__fail(err, MER_STATUS_INVALID, "the model of '%s' has %d labels, that of '%s' %d",
                     name, (int)mer_model_n_labels(parts[m]), parts[0]->network.modalities[0].name,
                     (int)mer_model_n_labels(parts[0]));
  return mer_model_map_labels(parts[m], "", (const char *const *)parts[0]->labels,
                              mer_model_n_labels(parts[0]), err);
}

static mer_status copy_labels(mer_model *model, const mer_model *first, mer_error *err) {
  const int32_t n = mer_model_n_labels(first);
  model->labels = mer__calloc((size_t)n, sizeof *model->labels);
  if (!model->labels) return mer__fail_memory(err);
  model->network.n_labels = n;
  for (int32_t i = 0; i < n; i++) {
    const char *label = mer_model_label(first, i);
    model->labels[i] = mer__strndup(label, strlen(label));
    if (!model->labels[i]) return mer__fail_memory(err);
  }
  return MER_OK;
}

static mer_status describe(mer_model *model, mer_model *const *parts, int n, mer_error *err) {
  mer__text_buffer out = {0};
  mer__text_puts(&out, "{\"kind\":\"fusion\",\"fusion\":\"mean\",\"parts\":[");
  for (int m = 0; m < n; m++) {
    mer__text_puts(&out, m ? "," : "");
    mer__text_puts(&out, parts[m]->config_text);
  }
  mer__text_puts(&out, "]}");
  model->config_text = out.data; /* freed with the model, also what is cut short */
  return out.failed ? mer__fail_memory(err) : MER_OK;
}

mer_status mer__model_join(mer_model **out, mer_model *const *parts, int n, mer_error *err) {
  *out = NULL;
  mer_status status = MER_OK;
  mer_model *model = mer__calloc(1, sizeof *model);
  if (!model) return mer__fail_memory(err);
  snprintf(model->kind, sizeof model->kind, "fusion");
  for (int m = 0; m < n; m++) MER__CHECK(check_part(parts, m, err));
  MER__CHECK(copy_labels(model, parts[0], err));
  MER__CHECK(describe(model, parts, n, err));
  for (int m = 0; m < n; m++) {
    model->parts[m] = parts[m];
    model->network.modalities[m] = parts[m]->network.modalities[0];
    model->network.params.size += parts[m]->network.params.size;
  }
  model->network.n_modalities = n;
  model->network.dtype = parts[0]->network.dtype;
  *out = model;
  model = NULL;
cleanup:
  mer_model_close(model);
  return status;
}

/* The rows of a source that have a modality, as inputs of its model. */
typedef struct part_rows {
  const mer__source *source;
  int m;
  int64_t *rows; /* [n] */
} part_rows;

static void get_part(mer__input *inputs, const mer__source *source, int64_t row) {
  const part_rows *of = source->owner;
  mer__input all[MER_MAX_MODALITIES];
  of->source->get(all, of->source, of->rows[row]);
  inputs[0] = all[of->m];
}

/* Lists them; their number. */
static int64_t list_rows(part_rows *of) {
  int64_t n = 0;
  for (int64_t i = 0; i < of->source->n; i++) {
    mer__input all[MER_MAX_MODALITIES];
    of->source->get(all, of->source, i);
    if (all[of->m].present) of->rows[n++] = i;
  }
  return n;
}

/* The means of log p while they are made. */
typedef struct means {
  float *values;   /* [n, n_ways, k]: sums */
  int32_t *counts; /* [n, n_ways]: the parts that they are of */
  int64_t n_ways, k;
} means;

/* Adds log p of a row to each way of answering that has modality m. */
static void add_row(means *to, int64_t row, int m, const float *logits, double temperature) {
  const int64_t k = to->k;
  double largest = -INFINITY, sum = 0;
  for (int64_t j = 0; j < k; j++) largest = fmax(largest, logits[j] / temperature);
  for (int64_t j = 0; j < k; j++) sum += exp(logits[j] / temperature - largest);
  for (int64_t way = 0; way < to->n_ways; way++) {
    const int64_t at = row * to->n_ways + way;
    if (way == 1 + m) continue;
    to->counts[at]++;
    for (int64_t j = 0; j < k; j++)
      to->values[at * k + j] += (float)(logits[j] / temperature - largest - log(sum));
  }
}

/* Adds what part m says of the rows that it can read. */
static mer_status add_part(means *to, const mer_model *model, int m, const mer__source *source,
                           mer__pool *arenas, mer_error *err) {
  part_rows of = {source, m, mer__malloc((size_t)source->n, sizeof *of.rows)};
  mer__source rows = {of.rows ? list_rows(&of) : 0, &of, get_part};
  float *logits = mer__malloc((size_t)(rows.n * to->k), sizeof *logits);
  mer_status status = of.rows && logits
                          ? mer__model_logits(logits, model->parts[m], &rows, false, arenas, err)
                          : mer__fail_memory(err);
  for (int64_t i = 0; i < rows.n && status == MER_OK; i++)
    add_row(to, of.rows[i], m, logits + i * to->k, mer_model_temperature(model->parts[m]));
  mer__free(logits);
  mer__free(of.rows);
  return status;
}

mer_status mer__joint_logits(float *logits, const mer_model *model, const mer__source *source,
                             bool without, mer__pool *arenas, mer_error *err) {
  const mer__network *network = &model->network;
  const int64_t n_ways = without ? 1 + network->n_modalities : 1, n_rows = source->n * n_ways;
  if (source->n == 0) return MER_OK;
  means to = {mer__calloc((size_t)(n_rows * network->n_labels), sizeof *to.values),
              mer__calloc((size_t)n_rows, sizeof *to.counts), n_ways, network->n_labels};
  mer_status status = to.values && to.counts ? MER_OK : mer__fail_memory(err);
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++)
    status = add_part(&to, model, m, source, arenas, err);
  for (int64_t i = 0; i < n_rows * to.k && status == MER_OK; i++)
    if (to.counts[i / to.k] > 1) to.values[i] /= (float)to.counts[i / to.k];
  if (status == MER_OK && model->label_map)
    mer__label_map_apply(logits, model->label_map, to.values, n_rows, 1);
  else if (status == MER_OK) memcpy(logits, to.values, (size_t)(n_rows * to.k) * sizeof *logits);
  mer__free(to.counts);
  mer__free(to.values);
  return status;
}
