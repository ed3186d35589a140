/* wav2vec.c: wav2vec 2.0, HuBERT and WavLM, which differ in the names of their classifiers and in
 * the bias of attention of the last. */
#include "encoder/wav2vec.h"

#include "base/ends_with.h"
#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/sound_features.h"
#include "encoder/speech_encoder.h"
#include "encoder/wav2vec_stem.h"

enum { MAX_CHANNELS = 65536, MAX_KERNEL = 4096 };

typedef struct wav2vec {
  mer__speech_encoder common;
  mer__wav2vec_stem stem;
  double final_dropout; /* of classifiers with a dense head */
} wav2vec;

/* Whether the classifier is one of those that transformers does not have, among them the published
 * ones of arousal, dominance and valence: Linear, tanh, Linear. */
static bool has_dense_head(const json_t *model) {
  const json_t *names = json_object_get(model, "architectures");
  return mer__ends_with(json_string_value(json_array_get(names, 0)), "ForSpeechClassification");
}

/* Such a classifier's own code takes the mean over time, the sum or the maximum. Whoever keeps its
 * head needs what it was trained with. */
static mer_status check_pooling(const wav2vec *w, const char *path, mer_error *err) {
  static const char *const known[] = {"mean", NULL};
  int index;
  if (!has_dense_head(w->common.config.model)) return MER_OK;
  return mer__media_config_choice(&index, &w->common.config, "pooling_mode", known, path, err);
}

/* What is not built. */
static mer_status check_known(const wav2vec *w, const char *path, mer_error *err) {
  bool adapter = false, batch_norm = false;
  const mer__media_switch switches[] = {{"add_adapter", &adapter},
                                        {"conv_pos_batch_norm", &batch_norm}};
  mer_status status = mer__media_config_switches(&w->common.config, switches, 2, path, err);
  if (status != MER_OK) return status;
  if (adapter || batch_norm)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is true, which is not supported", path,
                     switches[adapter ? 0 : 1].key);
  if (json_is_integer(json_object_get(w->common.config.model, "adapter_attn_dim")))
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: 'adapter_attn_dim': adapters are not supported", path);
  return MER_OK;
}

/* Entry i of a list of the convolutions' sizes. */
static mer_status read_entry(int64_t *value, const json_t *list, const char *key, int i,
                             int64_t max, const char *path, mer_error *err) {
  const json_t *item = json_array_get(list, (size_t)i);
  *value = json_integer_value(item);
  if (json_is_integer(item) && *value >= 1 && *value <= max) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: '%s': entry %d is not a whole number from 1 to %lld", path, key, i + 1,
                   (long long)max);
}

static mer_status read_convs(mer__wav2vec_features *f, const json_t *model, const char *path,
                             mer_error *err) {
  const json_t *channels = json_object_get(model, "conv_dim");
  const json_t *kernels = json_object_get(model, "conv_kernel");
  const json_t *strides = json_object_get(model, "conv_stride");
  const size_t n = json_array_size(channels);
  if (n < 1 || n > MER__WAV2VEC_MAX_CONVS || json_array_size(kernels) != n ||
      json_array_size(strides) != n)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: 'conv_dim', 'conv_kernel' and 'conv_stride' are not lists of the same "
                     "length from 1 to %d",
                     path, MER__WAV2VEC_MAX_CONVS);
  f->n_layers = (int)n;
  mer_status status = MER_OK;
  for (int i = 0; i < f->n_layers; i++) {
    mer__conv *c = &f->convs[i];
    MER__CHECK(read_entry(&c->out, channels, "conv_dim", i, MAX_CHANNELS, path, err));
    MER__CHECK(read_entry(&c->kernel, kernels, "conv_kernel", i, MAX_KERNEL, path, err));
    MER__CHECK(read_entry(&c->stride, strides, "conv_stride", i, c->kernel, path, err));
    c->in = i > 0 ? f->convs[i - 1].out : 1;
  }
  if (mer__wav2vec_features_least(f, MER__WAV2VEC_WINDOW) > MER__WAV2VEC_WINDOW)
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: 'conv_kernel' and 'conv_stride' make a frame of more than %d samples, "
                       "which are heard at a time",
                       path, MER__WAV2VEC_WINDOW);
cleanup:
  return status;
}

static mer_status read_stem(wav2vec *w, const char *path, mer_error *err) {
  static const char *const norms[] = {"group", "layer", NULL}, *const gelu[] = {"gelu", NULL};
  const mer__media_config *config = &w->common.config;
  mer__wav2vec_stem *s = &w->stem;
  mer__position_conv *p = &s->positions;
  const mer__media_size sizes[] = {{"num_conv_pos_embeddings", &p->kernel, MAX_KERNEL},
                                   {"num_conv_pos_embedding_groups", &p->groups, MAX_CHANNELS}};
  const mer__media_rate rates[] = {{"feat_proj_dropout", &s->projection_dropout}};
  const mer__media_switch switches[] = {{"conv_bias", &s->features.has_bias},
                                        {"feat_proj_layer_norm", &s->projection_norm}};
  int index;
  mer_status status;
  MER__CHECK(mer__media_config_choice(&index, config, "feat_extract_activation", gelu, path, err));
  MER__CHECK(mer__media_config_choice(&index, config, "feat_extract_norm", norms, path, err));
  s->features.layer_norm = index == 1;
  s->projection_norm = true;
  MER__CHECK(mer__media_config_switches(config, switches, 2, path, err));
  MER__CHECK(read_convs(&s->features, config->model, path, err));
  MER__CHECK(mer__media_config_sizes(config, sizes, 2, path, err));
  MER__CHECK(mer__media_config_rates(config, rates, 1, path, err));
  p->channels = s->hidden;
  status = mer__config_multiple("hidden_size", p->channels, "num_conv_pos_embedding_groups",
                                p->groups, path, err);
cleanup:
  return status;
}

static mer_status read_layers(wav2vec *w, const char *path, mer_error *err) {
  const mer__media_config *config = &w->common.config;
  mer__transformer_config *c = &w->common.stack.layers.config;
  *c = (mer__transformer_config){.layer_norm_epsilon = 1e-5};
  const mer__media_switch pre_norm = {"do_stable_layer_norm", &c->pre_norm};
  const mer__media_size sizes[] = {{"hidden_size", &c->hidden_size, MAX_CHANNELS},
                                   {"num_hidden_layers", &c->n_layers, MER__TRANSFORMER_MAX_LAYERS},
                                   {"num_attention_heads", &c->n_heads, 1024},
                                   {"intermediate_size", &c->intermediate_size, 1 << 20}};
  const mer__media_rate rates[] = {{"hidden_dropout", &c->hidden_dropout},
                                   {"attention_dropout", &c->attention_dropout},
                                   {"activation_dropout", &c->activation_dropout},
                                   {"final_dropout", &w->final_dropout}};
  mer_status status;
  MER__CHECK(mer__media_config_sizes(config, sizes, 4, path, err));
  MER__CHECK(mer__media_config_rates(config, rates, 4, path, err));
  MER__CHECK(mer__media_config_switches(config, &pre_norm, 1, path, err));
  MER__CHECK(mer__config_activation(&c->activation, config->model, "hidden_act", path, err));
  MER__CHECK(
      mer__config_real(&c->layer_norm_epsilon, config->model, "layer_norm_eps", 0, 1, path, err));
  status = mer__config_multiple("hidden_size", c->hidden_size, "num_attention_heads", c->n_heads,
                                path, err);
cleanup:
  return status;
}

/* WavLM's bias of attention by distance, which each query's gate scales. */
static mer_status read_bias(wav2vec *w, const char *path, mer_error *err) {
  mer__transformer_config *c = &w->common.stack.layers.config;
  const mer__media_size sizes[] = {{"num_buckets", &c->n_buckets, 1 << 16},
                                   {"max_bucket_distance", &c->max_distance, 1 << 20}};
  c->gated_bias = true;
  mer_status status = mer__media_config_sizes(&w->common.config, sizes, 2, path, err);
  if (status != MER_OK) return status;
  return mer__relative_bias_check(c->n_buckets, c->max_distance, "num_buckets", path, err);
}

static mer_status read_config(mer__modality *modality, const char *path, mer_error *err) {
  wav2vec *w = modality->self;
  const char *const types[] = {modality->type->name, NULL};
  const mer__transformer_config *c = &w->common.stack.layers.config;
  int index;
  mer_status status;
  MER__CHECK(mer__media_config_choice(&index, &w->common.config, "model_type", types, path, err));
  MER__CHECK(check_known(w, path, err));
  MER__CHECK(read_layers(w, path, err));
  if (modality->type == &mer__encoder_wavlm) MER__CHECK(read_bias(w, path, err));
  w->stem.hidden = c->hidden_size;
  w->stem.epsilon = c->layer_norm_epsilon;
  w->stem.output_norm = !c->pre_norm;
  MER__CHECK(read_stem(w, path, err));
  MER__CHECK(mer__spec_augment_read(&w->stem.augment, &w->stem.has_mask_embedding, true,
                                    &w->common.config, path, err));
  MER__CHECK(mer__speech_read(&w->common, path, err));
cleanup:
  return status;
}

/* What transformers' feature extractor is set to; without one it standardizes. */
static mer_status read_preprocessor(mer__modality *modality, const char *path, mer_error *err) {
  wav2vec *w = modality->self;
  const json_t *preprocessor = w->common.config.preprocessor;
  int64_t rate = 16000;
  mer_feature_options_init(&modality->features, sizeof modality->features, MER_FEATURE_SAMPLES);
  mer_status status =
      mer__config_integer(&rate, preprocessor, "sampling_rate", false, 1000, 768000, path, err);
  modality->features.rate_hz = (int)rate;
  w->stem.standardize = true;
  return status == MER_OK
             ? mer__config_switch(&w->stem.standardize, preprocessor, "do_normalize", path, err)
             : status;
}

static mer_status begin(mer__modality *modality, mer_error *err) {
  wav2vec *w = modality->self;
  modality->input = MER__INPUT_SOUND;
  w->common.stack.frame_values = 1;
  w->common.stack.stem = &w->stem.functions;
  w->common.stack.self = &w->stem;
  return mer__speech_begin(&w->common, err);
}

static mer_status read_both(mer__modality *modality, const char *path, const char *preprocessor,
                            mer_error *err) {
  mer_status status = read_config(modality, path, err);
  return status == MER_OK ? read_preprocessor(modality, preprocessor, err) : status;
}

/* An encoder directory, of a classifier or not. */
static mer_status open_folder(mer__modality *modality, const char *folder, mer_error *err) {
  wav2vec *w = modality->self;
  return mer__media_config_open(&w->common.config, modality, folder, read_both, err);
}

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  wav2vec *w = modality->self;
  mer_status status = open_folder(modality, settings->folder, err);
  if (status != MER_OK) return status;
  if (settings->padded)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: takes sound as long as it is; only Whisper's is padded",
                     settings->folder);
  if (settings->classifier) status = check_pooling(w, settings->folder, err);
  if (status != MER_OK) return status;
  mer__speech_adopt(&w->common, settings);
  return begin(modality, err);
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  wav2vec *w = modality->self;
  const mer_feature_options *f = &modality->features;
  mer_status status;
  (void)root;
  if (!mer__speech_is_ours(object)) {
    MER__CHECK(open_folder(modality, folder, err));
    MER__CHECK(check_pooling(w, path, err));
    mer__speech_follow_classifier(&w->common);
    return begin(modality, err);
  }
  MER__CHECK(mer__media_config_parse(&w->common.config, object, path, err));
  MER__CHECK(read_config(modality, path, err));
  MER__CHECK(read_preprocessor(modality, path, err));
  MER__CHECK(mer__sound_features_parse(&modality->features, json_object_get(object, "features"),
                                       path, err));
  if (f->kind != MER_FEATURE_SAMPLES || f->n_frames != 0)
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: '%s' takes \"samples\" of the natural length (\"n_frames\": 0)", path,
                       modality->name);
  if (status == MER_OK) status = mer__speech_parse(&w->common, object, path, err);
  if (status == MER_OK) status = begin(modality, err);
cleanup:
  return status;
}

/* `prefix` is that of the encoder in the checkpoint of a classifier. */
static void fill_head(mer__checkpoint_head *head, const mer__modality *modality,
                      const char *prefix) {
  const wav2vec *w = modality->self;
  if (has_dense_head(w->common.config.model)) {
    *head = (mer__checkpoint_head){.prefix = prefix,
                                   .n_layers = 2,
                                   .names = {"classifier.dense", "classifier.out_proj"},
                                   .hidden = w->stem.hidden,
                                   .activation = MER__MLP_TANH,
                                   .dropout = w->final_dropout,
                                   .input_dropout = true};
    return;
  }
  *head = (mer__checkpoint_head){.prefix = prefix,
                                 .n_layers = 2,
                                 .names = {"projector", "classifier"},
                                 .hidden = w->common.projection,
                                 .activation = MER__MLP_NONE};
}

static void wav2vec2_head(mer__checkpoint_head *head, const mer__modality *modality) {
  fill_head(head, modality, "wav2vec2.");
}
static void hubert_head(mer__checkpoint_head *head, const mer__modality *modality) {
  fill_head(head, modality, "hubert.");
}

static void wavlm_head(mer__checkpoint_head *head, const mer__modality *modality) {
  fill_head(head, modality, "wavlm.");
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  static const mer__transformer_names names = {
      .layers = "encoder.layers",
      .query = "attention.q_proj",
      .key = "attention.k_proj",
      .value = "attention.v_proj",
      .attention = "attention.out_proj",
      .attention_norm = "layer_norm",
      .up = "feed_forward.intermediate_dense",
      .down = "feed_forward.output_dense",
      .output_norm = "final_layer_norm",
      .final_norm = "encoder.layer_norm",
      .gate = "attention.gru_rel_pos_linear",
      .gate_constant = "attention.gru_rel_pos_const",
      .relative_bias = "encoder.layers.0.attention.rel_attn_embed.weight",
  };
  wav2vec *w = modality->self;
  mer_status status = mer__wav2vec_stem_declare(&w->stem, params, err);
  if (status != MER_OK) return status;
  return mer__speech_stack_declare(&w->common.stack, modality, params, &names, err);
}

const mer__encoder_type mer__encoder_wav2vec2 = {
    .name = "wav2vec2",
    .size = sizeof(wav2vec),
    .adopt = adopt,
    .parse = parse,
    .head = wav2vec2_head,
    .declare = declare,
    MER__SPEECH_FUNCTIONS,
};

const mer__encoder_type mer__encoder_hubert = {
    .name = "hubert",
    .size = sizeof(wav2vec),
    .adopt = adopt,
    .parse = parse,
    .head = hubert_head,
    .declare = declare,
    MER__SPEECH_FUNCTIONS,
};

const mer__encoder_type mer__encoder_wavlm = {
    .name = "wavlm",
    .size = sizeof(wav2vec),
    .adopt = adopt,
    .parse = parse,
    .head = wavlm_head,
    .declare = declare,
    MER__SPEECH_FUNCTIONS,
};
