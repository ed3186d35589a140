/* crnn.c: a CRNN as an encoder: its settings, which stand in config.json, and its constants. */
#include "encoder/crnn.h"

#include "base/error.h"
#include "encoder/band_moments.h"
#include "encoder/config_json.h"
#include "encoder/crnn_stack.h"
#include "encoder/sound_features.h"
#include "encoder/speech_stack.h"

/* A step of the LSTM is 80 ms. */
static const mer__crnn_config usual = {.n_blocks = 4,
                                       .channels = {16, 32, 64, 64},
                                       .time_pooling = {2, 2, 1, 1},
                                       .hidden = 64,
                                       .attention = 64,
                                       .dropout = 0.3};

/* At 16 kHz: windows of 50 ms tell the harmonics of a voice apart, as the low bands can. */
enum { WINDOW = 800, HOP = 320 };

static void begin(mer__modality *modality) {
  mer__crnn_stack *stack = modality->self;
  modality->input = MER__INPUT_SOUND;
  modality->width = mer__crnn_stack_width(stack);
  stack->frames.n_bands = modality->features.n_mels;
  stack->frames.top_hz = modality->features.rate_hz / 2.0;
  stack->frames.window_s = (double)modality->features.n_fft / modality->features.rate_hz;
}

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  (void)err;
  mer__crnn_stack *stack = modality->self;
  stack->config = usual;
  stack->frames.trim_db = settings->trim_db;
  stack->frames.augment = settings->augment;
  stack->frames.noise = settings->noise;
  mer_feature_options_init(&modality->features, sizeof modality->features, MER_FEATURE_LOGMEL);
  modality->features.n_fft = WINDOW;
  modality->features.hop = HOP;
  modality->features.n_frames = 0;
  begin(modality);
  return MER_OK;
}

static mer_status read_config(mer__crnn_config *c, const json_t *object, const char *path,
                              mer_error *err) {
  enum { MOST_FRAMES = 4 };
  const struct {
    const char *key;
    int64_t *value;
  } sizes[] = {{"hidden", &c->hidden}, {"attention", &c->attention}};
  mer_status status;
  MER__CHECK(mer__config_length(&c->n_blocks, MER__CRNN_MAX_BLOCKS, object, "channels", path, err));
  MER__CHECK(mer__config_list(c->channels, c->n_blocks, MER__CRNN_MAX_CHANNELS, object, "channels",
                              path, err));
  MER__CHECK(mer__config_list(c->time_pooling, c->n_blocks, MOST_FRAMES, object, "time_pooling",
                              path, err));
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    MER__CHECK(mer__config_integer(sizes[i].value, object, sizes[i].key, true, 1,
                                   MER__CRNN_MAX_HIDDEN, path, err));
  MER__CHECK(mer__config_real(&c->dropout, object, "dropout", 0, 0.99, path, err));
cleanup:
  return status;
}

/* Every block halves the bands. */
static mer_status check_features(const mer__modality *modality, const char *path, mer_error *err) {
  const mer__crnn_stack *stack = modality->self;
  const mer_feature_options *f = &modality->features;
  const int64_t divisor = (int64_t)1 << stack->config.n_blocks;
  if (f->kind == MER_FEATURE_LOGMEL && f->n_frames == 0 && f->n_mels % divisor == 0) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: '%s' takes log-mel of the natural length (\"n_frames\": 0), of bands whose "
                   "number is a multiple of %lld",
                   path, modality->name, (long long)divisor);
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  (void)root, (void)folder;
  mer__crnn_stack *stack = modality->self;
  mer_status status;
  MER__CHECK(read_config(&stack->config, object, path, err));
  MER__CHECK(
      mer__config_real(&stack->frames.trim_db, object, "trim_db", 0, MER__MOST_TRIM_DB, path, err));
  MER__CHECK(mer__sound_features_parse(&modality->features, json_object_get(object, "features"),
                                       path, err));
  MER__CHECK(check_features(modality, path, err));
  begin(modality);
cleanup:
  return status;
}

static int describe(const mer__modality *modality, json_t *object) {
  const mer__crnn_stack *stack = modality->self;
  const mer__crnn_config *c = &stack->config;
  json_t *channels = json_array(), *time_pooling = json_array();
  int failed = 0;
  for (int64_t i = 0; i < c->n_blocks; i++) {
    failed |= json_array_append_new(channels, json_integer(c->channels[i]));
    failed |= json_array_append_new(time_pooling, json_integer(c->time_pooling[i]));
  }
  failed |= json_object_set_new(object, "channels", channels);
  failed |= json_object_set_new(object, "time_pooling", time_pooling);
  failed |= json_object_set_new(object, "hidden", json_integer(c->hidden));
  failed |= json_object_set_new(object, "attention", json_integer(c->attention));
  failed |= json_object_set_new(object, "dropout", json_real(c->dropout));
  failed |= json_object_set_new(object, "trim_db", json_real(stack->frames.trim_db));
  return failed | mer__sound_features_describe(object, &modality->features);
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  return mer__crnn_stack_declare(modality->self, params, modality->name, err);
}

static void init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  mer__crnn_stack_init(modality->self, params, rng);
}

static mer_status fit(const mer__modality *modality, mer__params *params, const mer__source *source,
                      int m, mer_error *err) {
  const mer__crnn_frames *frames = &((const mer__crnn_stack *)modality->self)->frames;
  return mer__band_moments_fit(NULL, mer__value(params, frames->deviation), frames->n_bands, source,
                               m, err);
}

/* Frames: prediction has a batch of one clip, whose maps stay in the cache. */
static int64_t n_rows(const mer__modality *modality, const mer__input *input) {
  return input->length / modality->features.n_mels;
}

static mer_status forward(float *vectors, void **state, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  return mer__crnn_stack_forward(vectors, (mer__crnn_state **)state, modality->self, inputs, n,
                                 pass, err);
}

static mer_status backward(const mer__modality *modality, const void *state, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  return mer__crnn_stack_backward(modality->self, state, dvectors, pass, err);
}

const mer__encoder_type mer__encoder_crnn = {
    .name = "crnn",
    .size = sizeof(mer__crnn_stack),
    .augments = true,
    .trims = true,
    .adopt = adopt,
    .parse = parse,
    .describe = describe,
    .accept_values = mer__sound_features_accept,
    .declare = declare,
    .init = init,
    .fit = fit,
    .n_rows = n_rows,
    .forward = forward,
    .backward = backward,
};
