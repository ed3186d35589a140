/* whisper.c: Whisper's encoder.
 *
 * It was trained on 30 s of sound, shorter ones padded with silence. By default only the frames
 * that are there go through it, which for a clip of 3 s is a tenth of the work; with `padded` the
 * numbers are those of the original. */
#include "encoder/whisper.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/sound_features.h"
#include "encoder/speech_encoder.h"
#include "encoder/whisper_stem.h"

typedef struct whisper {
  mer__speech_encoder common;
  mer__whisper_stem stem;
} whisper;

static mer_status read_config(whisper *w, const char *path, mer_error *err) {
  static const char *const types[] = {"whisper", NULL}, *const activations[] = {"gelu", NULL};
  mer__transformer_config *c = &w->common.stack.layers.config;
  *c = (mer__transformer_config){
      .activation = MER__GELU, .pre_norm = true, .no_key_bias = true, .layer_norm_epsilon = 1e-5};
  const mer__media_size sizes[] = {{"d_model", &c->hidden_size, 65536},
                                   {"encoder_layers", &c->n_layers, MER__TRANSFORMER_MAX_LAYERS},
                                   {"encoder_attention_heads", &c->n_heads, 1024},
                                   {"encoder_ffn_dim", &c->intermediate_size, 1 << 20},
                                   {"num_mel_bins", &w->stem.n_bands, 512},
                                   {"max_source_positions", &w->stem.n_positions, 1 << 16}};
  const mer__media_rate rates[] = {{"dropout", &c->hidden_dropout},
                                   {"attention_dropout", &c->attention_dropout},
                                   {"activation_dropout", &c->activation_dropout}};
  int index;
  mer_status status;
  MER__CHECK(mer__media_config_choice(&index, &w->common.config, "model_type", types, path, err));
  MER__CHECK(mer__media_config_choice(&index, &w->common.config, "activation_function", activations,
                                      path, err));
  MER__CHECK(
      mer__media_config_sizes(&w->common.config, sizes, sizeof sizes / sizeof sizes[0], path, err));
  MER__CHECK(
      mer__media_config_rates(&w->common.config, rates, sizeof rates / sizeof rates[0], path, err));
  status = mer__config_multiple("d_model", c->hidden_size, "encoder_attention_heads", c->n_heads,
                                path, err);
  if (status == MER_OK) status = mer__speech_read(&w->common, path, err);
  if (status == MER_OK)
    status = mer__spec_augment_read(&w->stem.augment, NULL, false, &w->common.config, path, err);
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
    status = mer__config_integer(&value, w->common.config.preprocessor, settings[i].key, false, 1,
                                 768000, path, err);
    *settings[i].value = (int)value;
  }
  return status == MER_OK ? mer__sound_features_check(features, path, err) : status;
}

/* What a classifier of transformers hears: sound padded to 30 s. */
static void follow_classifier(mer__modality *modality) {
  whisper *w = modality->self;
  modality->features.n_frames = (int)(2 * w->stem.n_positions);
  mer__speech_follow_classifier(&w->common);
}

static mer_status begin(mer__modality *modality, mer_error *err) {
  whisper *w = modality->self;
  modality->input = MER__INPUT_SOUND;
  w->stem.band_major = modality->features.n_frames > 0;
  if (w->stem.band_major) w->common.stack.trim_db = 0; /* it is heard with what pads it */
  w->common.stack.frame_values = w->stem.n_bands;
  w->common.stack.stem = &w->stem.functions;
  w->common.stack.self = &w->stem;
  return mer__speech_begin(&w->common, err);
}

static mer_status read_both(mer__modality *modality, const char *path, const char *preprocessor,
                            mer_error *err) {
  whisper *w = modality->self;
  mer_status status = read_config(w, path, err);
  return status == MER_OK ? read_features(&modality->features, w, preprocessor, err) : status;
}

/* An encoder directory, of a classifier or not. */
static mer_status open_folder(mer__modality *modality, const char *folder, mer_error *err) {
  whisper *w = modality->self;
  return mer__media_config_open(&w->common.config, modality, folder, read_both, err);
}

/* Of what `--augment` asks for. Spans of 120 ms, and of six bands: a tenth of each, or a little
 * less. */
static mer_status begin_changes(mer__modality *modality, const mer__encoder_settings *settings,
                                mer_error *err) {
  static const mer__spec_augment masks = {.time = {0.1, 12, 0}, .features = {0.1, 6, 0}};
  whisper *w = modality->self;
  if (modality->features.n_frames > 0)
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: sound that is padded to 30 s is not changed at random", settings->folder);
  w->stem.changes = true;
  w->stem.noise = settings->noise;
  w->stem.top_hz = modality->features.rate_hz / 2.0;
  w->stem.window_s = (double)modality->features.n_fft / modality->features.rate_hz;
  w->stem.augment = masks;
  return MER_OK;
}

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  whisper *w = modality->self;
  mer_status status = open_folder(modality, settings->folder, err);
  if (status != MER_OK) return status;
  if (settings->padded) modality->features.n_frames = (int)(2 * w->stem.n_positions);
  mer__speech_adopt(&w->common, settings);
  if (settings->classifier) follow_classifier(modality);
  if (settings->augment) status = begin_changes(modality, settings, err);
  return status == MER_OK ? begin(modality, err) : status;
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  whisper *w = modality->self;
  mer_feature_options *f = &modality->features;
  mer_status status;
  (void)root;
  if (!mer__speech_is_ours(object)) {
    MER__CHECK(open_folder(modality, folder, err));
    follow_classifier(modality);
    return begin(modality, err);
  }
  MER__CHECK(mer__media_config_parse(&w->common.config, object, path, err));
  MER__CHECK(read_config(w, path, err));
  MER__CHECK(mer__sound_features_parse(f, json_object_get(object, "features"), path, err));
  if (f->kind != MER_FEATURE_WHISPER || f->n_mels != w->stem.n_bands ||
      (f->n_frames != 0 && f->n_frames != 2 * w->stem.n_positions))
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: '%s' takes \"whisper\" features of %lld bands, of %lld frames or the "
                       "natural length (0)",
                       path, modality->name, (long long)w->stem.n_bands,
                       (long long)(2 * w->stem.n_positions));
  if (status == MER_OK) status = mer__speech_parse(&w->common, object, path, err);
  if (status == MER_OK) status = begin(modality, err);
cleanup:
  return status;
}

static void head(mer__checkpoint_head *head, const mer__modality *modality) {
  const whisper *w = modality->self;
  *head = (mer__checkpoint_head){.prefix = "",
                                 .n_layers = 2,
                                 .names = {"projector", "classifier"},
                                 .hidden = w->common.projection,
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
  return mer__speech_stack_declare(&w->common.stack, modality, params, &names, err);
}

const mer__encoder_type mer__encoder_whisper = {
    .name = "whisper",
    .size = sizeof(whisper),
    .augments = true,
    .adopt = adopt,
    .parse = parse,
    .head = head,
    .declare = declare,
    MER__SPEECH_FUNCTIONS,
};
