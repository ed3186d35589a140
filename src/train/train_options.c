/* train_options.c: the defaults of the reference experiment. */
#include "mer/train.h"

const char *mer_model_kind_name(mer_model_kind_id kind) {
  switch (kind) {
    case MER_KIND_TEXT: return "text";
    case MER_KIND_AUDIO: return "audio";
    case MER_KIND_FUSION: return "fusion";
  }
  return "?";
}

mer_train_options mer_train_options_default(mer_model_kind_id kind) {
  bool text = kind == MER_KIND_TEXT;
  return (mer_train_options){
      .kind = kind,
      .modalities = kind == MER_KIND_FUSION ? "text,audio" : mer_model_kind_name(kind),
      .epochs = text ? 10 : 20,
      .batch_size = 8,
      .lr = text ? 2e-5 : 1e-4,
      .adamw = text,
      .weight_decay = text ? 0.01 : 0,
      .bf16 = text && mer_cpu_has_bf16(),
      .max_length = 128,
      .keep_best = true,
      .standardize = true,
      .freeze_encoder = kind == MER_KIND_FUSION,
      .features = mer_features_load_options_default(),
  };
}
