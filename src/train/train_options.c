/* train_options.c: the defaults of the reference experiment. */
#include "base/sized_options.h"
#include "train/setup.h"

const char *mer_model_kind_name(mer_model_kind_id kind) {
  switch (kind) {
    case MER_KIND_TEXT: return "text";
    case MER_KIND_AUDIO: return "audio";
    case MER_KIND_FUSION: return "fusion";
  }
  return "?";
}

void mer_train_options_init(mer_train_options *options, size_t size, mer_model_kind_id kind) {
  bool text = kind == MER_KIND_TEXT;
  mer_train_options defaults = {
      .size = sizeof defaults,
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
      .checkpoint_every_s = 600,
  };
  mer_features_load_options_init(&defaults.features, sizeof defaults.features);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

mer_status mer__train_options_read(mer_train_options *options, const mer_train_options *given,
                                   mer_error *err) {
  static const char *const name = "mer_train_options";
  mer_train_options_init(options, sizeof *options, MER_KIND_TEXT);
  mer_status status = mer__options_read(options, sizeof *options, given, name, err);
  if (status != MER_OK) return status;
  mer_train_options_init(options, sizeof *options, options->kind); /* the kind's defaults */
  return mer__options_read(options, sizeof *options, given, name, err);
}
