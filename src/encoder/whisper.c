/* whisper.c: Whisper's encoder.
 *
 * It was trained on 30 s of sound, shorter ones padded with silence. By default only the frames
 * that are there go through it, which for a clip of 3 s is a tenth of the work; with `padded` the
 * numbers are those of the original. */
#include "encoder/whisper.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"
#include "encoder/sound_features.h"
#include "encoder/speech_config.h"
#include "encoder/whisper_stem.h"

typedef struct whisper {
  mer__speech_config config;
  mer__whisper_stem stem;
  mer__speech_stack stack;
  int64_t projection; /* width of a classifier's projector */
} whisper;

static mer_status read_config(whisper *w, const char *path, mer_error *err) {
  static const char *const types[] = {"whisper", NULL}, *const activations[] = {"gelu", NULL};
  mer__transformer_config *c = &w->stack.layers.config;
  *c = (mer__transformer_config){
      .activation = MER__GELU, .pre_norm = true, .no_key_bias = true, .layer_norm_epsilon = 1e-5};
  const mer__speech_size sizes[] = {{"d_model", &c->hidden_size, 65536},
                                    {"encoder_layers", &c->n_layers, MER__TRANSFORMER_MAX_LAYERS},
                                    {"encoder_attention_heads", &c->n_heads, 1024},
                                    {"encoder_ffn_dim", &c->intermediate_size, 1 << 20},
                                    {"num_mel_bins", &w->stem.n_bands, 512},
                                    {"max_source_positions", &w->stem.n_positions, 1 << 16}};
  const mer__speech_rate rates[] = {{"dropout", &c->hidden_dropout},
                                    {"attention_dropout", &c->attention_dropout},
                                    {"activation_dropout", &c->activation_dropout}};
  int index;
  mer_status status;
  MER__CHECK(mer__speech_config_choice(&index, &w->config, "model_type", types, path, err));
  MER__CHECK(
      mer__speech_config_choice(&index, &w->config, "activation_function", activations, path, err));
  MER__CHECK(
      mer__speech_config_sizes(&w->config, sizes, sizeof sizes / sizeof sizes[0], path, err));
  MER__CHECK(
      mer__speech_config_rates(&w->config, rates, sizeof rates / sizeof rates[0], path, err));
  if (c->hidden_size % c->n_heads != 0)
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: d_model %lld is not a multiple of encoder_attention_heads %lld", path,
                       (long long)c->hidden_size, (long long)c->n_heads);
  if (status == MER_OK)
    status = mer__speech_config_projection(&w->projection, &w->config, path, err);
  w->stem.hidden = c->hidden_size;
cleanup:
  return status;
}

/* What transformers' feature extractor is set to. */
static mer_status read_features(mer_feature_options *features, const whisper *w, const char *path,
                                mer_error *err) {
  const struct {
    const char *key;
    int *value;
  } settings[] = {{"sampling_rate", &features->rate_hz},
                  {"n_fft", &features->n_fft},
                  {"hop_length", &features->hop}};
  mer_status status = MER_OK;
  mer_feature_options_init(features, sizeof *features, MER_FEATURE_WHISPER);
  features->n_mels = (int)w->stem.n_bands;
  for (size_t i = 0; i < sizeof settings / sizeof settings[0] && status == MER_OK; i++) {
    int64_t value = *settings[i].value;
    status = mer__config_integer(&value, w->config.preprocessor, settings[i].key, false, 1, 768000,
                                 path, err);
    *settings[i].value = (int)value;
  }
  return status;
}

/* What a classifier of transformers hears: sound padded to 30 s. */
static void follow_classifier(mer__modality *modality) {
  whisper *w = modality->self;
  modality->features.n_frames = (int)(2 * w->stem.n_positions);
  w->stack.layer_sum = json_is_true(json_object_get(w->config.model, "use_weighted_layer_sum"));
}

static mer_status begin(mer__modality *modality, mer_error *err) {
  whisper *w = modality->self;
  modality->input = MER__INPUT_SOUND;
  w->stem.band_major = modality->features.n_frames > 0;
  w->stack.frame_values = w->stem.n_bands;
  w->stack.stem = &w->stem.functions;
  w->stack.self = &w->stem;
  return mer__speech_config_set_layer_sum(&w->config, w->stack.layer_sum, err);
}

/* An encoder directory, of a classifier or not. */
static mer_status open_folder(mer__modality *modality, const char *folder, mer_error *err) {
  whisper *w = modality->self;
  mer_status status;
  char *path = mer__path_join(folder, "config.json");
  if (!path) return mer__fail_memory(err);
  MER__CHECK(mer__speech_config_open(&w->config, folder, err));
  MER__CHECK(read_config(w, path, err));
  MER__CHECK(read_features(&modality->features, w, path, err));
cleanup:
  mer__free(path);
  return status;
}

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  whisper *w = modality->self;
  mer_status status = open_folder(modality, settings->folder, err);
  if (status != MER_OK) return status;
  if (settings->padded) modality->features.n_frames = (int)(2 * w->stem.n_positions);
  w->stack.layer_sum = settings->layer_sum;
  if (settings->classifier) follow_classifier(modality);
  return begin(modality, err);
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  whisper *w = modality->self;
  mer_feature_options *f = &modality->features;
  mer_status status;
  (void)root;
  if (!json_object_get(object, "config")) { /* not ours, but a classifier of transformers */
    MER__CHECK(open_folder(modality, folder, err));
    follow_classifier(modality);
    return begin(modality, err);
  }
  MER__CHECK(mer__speech_config_parse(&w->config, object, path, err));
  MER__CHECK(read_config(w, path, err));
  MER__CHECK(mer__sound_features_parse(f, json_object_get(object, "features"), path, err));
  if (f->kind != MER_FEATURE_WHISPER || f->n_mels != w->stem.n_bands ||
      (f->n_frames != 0 && f->n_frames != 2 * w->stem.n_positions))
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: '%s' takes \"whisper\" features of %lld bands, of %lld frames or the "
                       "natural length (0)",
                       path, modality->name, (long long)w->stem.n_bands,
                       (long long)(2 * w->stem.n_positions));
  w->stack.layer_sum = json_is_true(json_object_get(object, "layer_sum"));
  if (status == MER_OK) status = begin(modality, err);
cleanup:
  return status;
}

static int describe(const mer__modality *modality, json_t *object) {
  const whisper *w = modality->self;
  int failed = json_object_set_new(object, "layer_sum", json_boolean(w->stack.layer_sum));
  failed |= mer__sound_features_describe(object, &modality->features);
  return failed | mer__speech_config_describe(&w->config, object);
}

static const json_t *base_config(const mer__modality *modality) {
  return ((const whisper *)modality->self)->config.model;
}

static mer_status write_files(const mer__modality *modality, const char *folder, mer_error *err) {
  return mer__speech_config_write(&((const whisper *)modality->self)->config, folder, err);
}

static void clear(mer__modality *modality) {
  whisper *w = modality->self;
  mer__speech_config_clear(&w->config);
  mer__speech_stack_clear(&w->stack);
}

static mer_status accept_values(mer__modality *modality, int64_t n_values, bool precomputed,
                                mer_error *err) {
  (void)n_values;
  if (!precomputed) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "'%s' is heard by an encoder of sound, and cannot be precomputed",
                   modality->name);
}

static void head(mer__checkpoint_head *head, const mer__modality *modality) {
  const whisper *w = modality->self;
  *head = (mer__checkpoint_head){.prefix = "",
                                 .n_layers = 2,
                                 .names = {"projector", "classifier"},
                                 .hidden = w->projection,
                                 .activation = MER__MLP_NONE};
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  static const mer__transformer_names names = {
      .layers = "encoder.layers",
      .query = "self_attn.q_proj",
      .key = "self_attn.k_proj",
      .value = "self_attn.v_proj",
      .attention = "self_attn.out_proj",
      .attention_norm = "self_attn_layer_norm",
      .up = "fc1",
      .down = "fc2",
      .output_norm = "final_layer_norm",
      .final_norm = "encoder.layer_norm",
  };
  whisper *w = modality->self;
  mer_status status = mer__whisper_stem_declare(&w->stem, params, err);
  if (status != MER_OK) return status;
  return mer__speech_stack_declare(&w->stack, modality, params, &names, err);
}

static void init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  (void)rng;
  mer__speech_stack_init(&((const whisper *)modality->self)->stack, params);
}

static int64_t n_rows(const mer__modality *modality, const mer__input *input) {
  return mer__speech_stack_rows(&((const whisper *)modality->self)->stack, input);
}

static mer_status forward(float *vectors, void **state, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  return mer__speech_stack_forward(vectors, state, &((const whisper *)modality->self)->stack,
                                   inputs, n, pass, err);
}

static mer_status backward(const mer__modality *modality, const void *state, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  return mer__speech_stack_backward(&((const whisper *)modality->self)->stack, state, dvectors,
                                    pass, err);
}

static int64_t frozen_width(const mer__modality *modality) {
  return mer__speech_stack_frozen_width(&((const whisper *)modality->self)->stack);
}

static mer_status encode_frozen(float *out, const mer__modality *modality,
                                const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                                mer_error *err) {
  return mer__speech_stack_encode_frozen(out, &((const whisper *)modality->self)->stack, inputs, n,
                                         pass, err);
}

const mer__encoder_type mer__encoder_whisper = {
    .name = "whisper",
    .size = sizeof(whisper),
    .adopt = adopt,
    .parse = parse,
    .describe = describe,
    .base_config = base_config,
    .write_files = write_files,
    .clear = clear,
    .accept_values = accept_values,
    .head = head,
    .declare = declare,
    .init = init,
    .n_rows = n_rows,
    .forward = forward,
    .backward = backward,
    .frozen_width = frozen_width,
    .encode_frozen = encode_frozen,
};
