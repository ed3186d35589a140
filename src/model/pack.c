/* pack.c: weights of the text encoder as the products of a prediction read them. */
#include "base/error.h"
#include "model/model_state.h"
#include "nn/panels.h"

static mer_status repack(mer_model *model, bool change(float *b, int64_t n, int64_t k),
                         mer_error *err) {
  mer__params *params = &model->network.params;
  const mer__modality *text = mer__model_text(model);
  for (size_t i = text->first_param; i < text->last_param; i++) {
    const mer__param *p = &params->items[i];
    if (mer__bert_int8_storage(&text->bert, p) != MER__STORED_INT8_PANELS) continue;
    if (p->shape[0] % MER__PANEL != 0) continue;
    if (!change(mer__value(params, p->offset), p->shape[0], p->shape[1]))
      return mer__fail_memory(err);
  }
  return MER_OK;
}

mer_status mer__model_pack(mer_model *model, mer_error *err) {
  mer__params *params = &model->network.params;
  const mer__modality *text = mer__model_text(model);
  if (!text || text->bert.config.dtype == MER_DTYPE_I8) return MER_OK;
  const mer__param *last = &params->items[text->last_param - 1];
  params->packed_from = params->items[text->first_param].offset;
  params->packed_to = last->offset + last->size;
  return repack(model, mer__panels_pack, err);
}

mer_status mer__model_unpack(mer_model *model, mer_error *err) {
  mer__params *params = &model->network.params;
  if (params->packed_to == 0) return MER_OK;
  params->packed_from = params->packed_to = 0;
  return repack(model, mer__panels_unpack, err);
}
