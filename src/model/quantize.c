/* quantize.c: a model whose encoder's weights are rounded: int8 with a scale for each output
 * channel (each row of an embedding table), or bfloat16. Biases, layer norms and what stands on the
 * encoder stay f32. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"
#include "layers/weights.h"
#include "model/checkpoint_config.h"
#include "model/model_state.h"
#include "tensor/dtype.h"

/* The tensors of the file: views of a model's parameters, and the memory of those that exist only
 * there. */
typedef struct tensor_list {
  mer_tensor *items; /* [2 * n_items] */
  int64_t n;
  char (*names)[192]; /* [n_items]: of scales */
  uint16_t *halves;   /* [size]: the block in bfloat16 */
  float *reordered;   /* what a file has in another order */
} tensor_list;

static void clear_list(tensor_list *list) {
  mer__free(list->items);
  mer__free(list->names);
  mer__free(list->halves);
  mer__free(list->reordered);
}

static bool reserve_reordered(tensor_list *list, const mer__params *params) {
  list->reordered =
      mer__malloc((size_t)mer__params_reordered_size(params), sizeof *list->reordered);
  return list->reordered != NULL;
}

/* Lists the int8 parameters that are stored in one way, with the shapes of that layout. */
static void list_int8(tensor_list *list, const mer__params *params, mer__storage storage) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->storage != storage) continue;
    mer_tensor *t = &list->items[list->n++];
    *t = (mer_tensor){.name = p->name, .dtype = MER_DTYPE_I8, .data = p->int8.values};
    t->rank = mer__weights_int8_shape(t->shape, p);
    t->n_elements = 1;
    for (int d = 0; d < t->rank; d++) t->n_elements *= t->shape[d];
  }
}

static void list_f32(tensor_list *list, const mer__params *params, const mer_tensor *views) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->storage == MER__STORED_F32) {
      list->items[list->n++] = views[i];
      continue;
    }
    snprintf(list->names[i], sizeof list->names[i], "%s_scale", p->name);
    list->items[list->n++] = (mer_tensor){list->names[i], MER_DTYPE_F32, 1,
                                          {p->int8.rows}, p->int8.rows,  p->int8.scales};
  }
}

/* Panels first, so that they lie at multiples of 32 bytes, then f32 at multiples of 4; the tables,
 * which may have any size, last. */
static mer_status list_quantized(tensor_list *list, const mer__params *params, mer_error *err) {
  mer_tensor *views = mer__calloc(params->n_items, sizeof *views);
  list->items = mer__calloc(2 * params->n_items, sizeof *list->items);
  list->names = mer__calloc(params->n_items, sizeof *list->names);
  bool complete = views && list->items && list->names && reserve_reordered(list, params);
  mer_status status = complete ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) {
    mer__params_tensors(views, list->reordered, params, params->values);
    list_int8(list, params, MER__STORED_INT8_PANELS);
    list_int8(list, params, MER__STORED_INT8_REDUCED);
    list_f32(list, params, views);
    list_int8(list, params, MER__STORED_INT8_ROWS);
  }
  mer__free(views);
  return status;
}

/* All parameters, the encoder's weights in bfloat16. */
static mer_status list_bf16(tensor_list *list, const mer__network *network, mer_error *err) {
  const mer__params *params = &network->params;
  list->n = (int64_t)params->n_items;
  list->items = mer__calloc(params->n_items, sizeof *list->items);
  list->halves = mer__malloc((size_t)params->size, sizeof *list->halves);
  if (!list->items || !list->halves || !reserve_reordered(list, params))
    return mer__fail_memory(err);
  mer__params_tensors(list->items, list->reordered, params, params->values);
  for (size_t i = 0; i < network->n_encoder_params; i++) {
    const mer__param *p = &params->items[i];
    uint16_t *halves = list->halves + p->offset;
    if (p->role != MER__LINEAR && p->role != MER__TABLE) continue;
    const float *values = list->items[i].data;
    for (int64_t j = 0; j < p->size; j++) halves[j] = mer__f32_to_bf16(values[j]);
    list->items[i].dtype = MER_DTYPE_BF16;
    list->items[i].data = halves;
  }
  return MER_OK;
}

static mer_status heed(const mer_monitor *monitor, mer_error *err) {
  if (!mer__should_stop(monitor)) return MER_OK;
  return mer__fail(err, MER_STATUS_INTERRUPTED, "interrupted; nothing is written");
}

/* Rounds the encoder of `model` and writes the directory. */
static mer_status write_rounded(mer_model *model, mer_dtype dtype, bool reduce_range,
                                const char *folder, const mer_monitor *monitor, mer_error *err) {
  tensor_list list = {0};
  mer_status status;
  if (dtype == MER_DTYPE_I8) {
    MER__CHECK(mer__network_quantize(&model->network, reduce_range, err));
    MER__CHECK(list_quantized(&list, &model->network.params, err));
  } else {
    MER__CHECK(mer__network_unpack(&model->network, err));
    MER__CHECK(list_bf16(&list, &model->network, err));
  }
  MER__CHECK(heed(monitor, err));
  MER__CHECK(mer__model_write_tensors(model, list.items, list.n, dtype, folder, err));
  MER__CHECK(heed(monitor, err));
cleanup:
  clear_list(&list);
  return status;
}

/* A model or an encoder directory; the model is that of `*encoder` if that is not NULL. */
static mer_status open_either(mer_model **model, mer_encoder **encoder, const char *folder,
                              mer_error *err) {
  json_t *root = NULL;
  char *path = mer__path_join(folder, "config.json");
  mer_status status = path ? mer__config_read(&root, path, err) : mer__fail_memory(err);
  const bool is_model = json_object_get(root, "mer") || mer__checkpoint_is_classifier(root);
  json_decref(root);
  mer__free(path);
  if (status != MER_OK) return status;
  if (is_model) return mer_model_open(model, folder, err);
  status = mer__encoder_open_any(encoder, folder, err);
  if (status == MER_OK) *model = mer__encoder_model(*encoder);
  return status;
}

/* `bare`: without what stands on the encoder. */
static mer_status check_source(const mer_model *model, bool bare, mer_dtype dtype,
                               const char *folder, mer_error *err) {
  if (!mer__network_has_weights(&model->network))
    return mer__fail(err, MER_STATUS_INVALID, "%s: has no encoder whose weights could be quantized",
                     folder);
  if (bare && dtype == MER_DTYPE_I8 && model->network.modalities[0].type->image)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: an encoder of images is int8 within a model alone: train one upon it "
                     "and quantize that",
                     folder);
  if (model->network.dtype == MER_DTYPE_I8)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is int8 already; quantize the directory that it was made from", folder);
  return MER_OK;
}

/* Refuses a source that the copy would take the place of, or is made in. */
static mer_status check_other(const mer__output_folder *output, const char *folder, const char *out,
                              mer_error *err) {
  if (!mer__path_is_same(folder, out) && !mer__path_is_same(folder, output->work)) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s: expected another folder than the model's own",
                   out);
}

/* Refuses a place where the state of an interrupted training lies: it would be lost. */
static mer_status check_unused(const mer__output_folder *output, mer_error *err) {
  char *checkpoint = mer__path_join(output->work, MER__CHECKPOINT);
  if (!checkpoint) return mer__fail_memory(err);
  mer_status status = MER_OK;
  if (mer__path_is_file(checkpoint))
    status = mer__fail(err, MER_STATUS_INVALID, "%s: holds the state of an interrupted training",
                       output->work);
  mer__free(checkpoint);
  return status;
}

mer_status mer_model_quantize(const char *folder, const char *out, mer_dtype dtype,
                              bool reduce_range, const mer_monitor *monitor, mer_error *err) {
  mer_model *model = NULL;
  mer_encoder *encoder = NULL;
  mer_status status;
  mer__output_folder output = {0};
  bool started = false;
  if (dtype != MER_DTYPE_I8 && dtype != MER_DTYPE_BF16)
    return mer__fail(err, MER_STATUS_INVALID, "weights are rounded to int8 or bf16 alone");
  if (reduce_range && dtype != MER_DTYPE_I8)
    return mer__fail(err, MER_STATUS_INVALID, "only int8 has a range that can be reduced");
  MER__CHECK(open_either(&model, &encoder, folder, err));
  MER__CHECK(check_source(model, encoder != NULL, dtype, folder, err));
  MER__CHECK(mer__output_folder_begin(&output, out, &mer__model_output, err));
  MER__CHECK(check_other(&output, folder, out, err));
  MER__CHECK(check_unused(&output, err));
  started = true;
  MER__CHECK(heed(monitor, err));
  mer__output_folder_clear(&output);
  MER__CHECK(write_rounded(model, dtype, reduce_range, output.work, monitor, err));
  MER__CHECK(mer__output_folder_commit(&output, err));
cleanup:
  mer__output_folder_abandon(&output, !started);
  if (encoder) mer_encoder_close(encoder);
  else mer_model_close(model);
  return status;
}
