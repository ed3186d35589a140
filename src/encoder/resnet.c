/* resnet.c: transformers' ResNetModel and ResNetForImageClassification (release 5.24). */
#include "encoder/resnet.h"

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/image_encoder.h"
#include "encoder/resnet_stack.h"

typedef struct resnet {
  mer__image_encoder common;
  mer__resnet_stack stack;
} resnet;

static mer_status read_stages(mer__resnet_config *c, const json_t *root, const char *path,
                              mer_error *err) {
  mer_status status;
  MER__CHECK(mer__config_length(&c->n_stages, MER__RESNET_MAX_STAGES, root, "depths", path, err));
  MER__CHECK(
      mer__config_list(c->depths, c->n_stages, MER__RESNET_MAX_LAYERS, root, "depths", path, err));
  MER__CHECK(mer__config_list(c->hidden_sizes, c->n_stages, MER__RESNET_MAX_CHANNELS, root,
                              "hidden_sizes", path, err));
  for (int64_t s = 0; s < c->n_stages && status == MER_OK; s++)
    if (c->bottleneck && c->hidden_sizes[s] < MER__RESNET_REDUCTION)
      status = mer__fail(err, MER_STATUS_FORMAT,
                         "%s: 'hidden_sizes': a layer of type bottleneck has at least %d channels",
                         path, MER__RESNET_REDUCTION);
cleanup:
  return status;
}

/* What transformers' first convolution always is, and ours for small images is not. */
static mer_status read_stem(mer__resnet_config *c, const mer__media_config *config,
                            const char *path, mer_error *err) {
  const mer__media_switch pooling = {"stem_pooling", &c->stem_pooling};
  mer_status status;
  c->stem_kernel = 7;
  c->stem_stride = 2;
  c->stem_pooling = true;
  MER__CHECK(
      mer__config_integer(&c->stem_kernel, config->model, "stem_kernel", false, 1, 15, path, err));
  MER__CHECK(
      mer__config_integer(&c->stem_stride, config->model, "stem_stride", false, 1, 4, path, err));
  MER__CHECK(mer__media_config_switches(config, &pooling, 1, path, err));
cleanup:
  return status;
}

static mer_status read(mer__modality *modality, const char *path, mer_error *err) {
  static const char *const types[] = {"bottleneck", "basic", NULL};
  static const char *const activations[] = {"relu", NULL};
  enum { BOTTLENECK };
  resnet *r = modality->self;
  const json_t *root = r->common.config.model;
  mer__resnet_config *c = &r->stack.config;
  const mer__media_size sizes[] = {
      {"embedding_size", &c->embedding_size, MER__RESNET_MAX_CHANNELS}};
  const mer__media_switch switches[] = {
      {"downsample_in_first_stage", &c->downsample_in_first_stage},
      {"downsample_in_bottleneck", &c->downsample_in_bottleneck}};
  int type, activation;
  mer_status status;
  MER__CHECK(mer__media_config_sizes(&r->common.config, sizes, 1, path, err));
  MER__CHECK(read_stem(c, &r->common.config, path, err));
  MER__CHECK(mer__image_channels(&c->n_channels, root, path, err));
  MER__CHECK(mer__media_config_choice(&type, &r->common.config, "layer_type", types, path, err));
  MER__CHECK(mer__media_config_choice(&activation, &r->common.config, "hidden_act", activations,
                                      path, err));
  c->bottleneck = type == BOTTLENECK;
  MER__CHECK(mer__media_config_switches(&r->common.config, switches, 2, path, err));
  MER__CHECK(read_stages(c, root, path, err));
cleanup:
  return status;
}

static const mer__image_network network = {MER__IMAGE_PROCESSOR_CONVNEXT, read};

static void clear(mer__modality *modality) {
  resnet *r = modality->self;
  mer__resnet_stack_clear(&r->stack);
  mer__image_encoder_clear(modality);
}

static void head(mer__checkpoint_head *head, const mer__modality *modality) {
  (void)modality;
  *head = (mer__checkpoint_head){.prefix = "resnet.", .n_layers = 1, .names = {"classifier.1"}};
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  resnet *r = modality->self;
  mer_status status = mer__resnet_stack_declare(&r->stack, params, err);
  modality->width = mer__resnet_stack_width(&r->stack);
  return status;
}

static void init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  const resnet *r = modality->self;
  if (modality->from_nothing) mer__resnet_stack_init(&r->stack, params, rng);
}

static mer__map map_of(const resnet *r, int64_t n) {
  return (mer__map){n, r->common.processor.height, r->common.processor.width};
}

/* Those of the last map, by which some images are a batch: the weights that make it are read once
 * for all of them. */
static int64_t n_rows(const mer__modality *modality, const mer__input *input) {
  const resnet *r = modality->self;
  (void)input;
  return mer__map_pixels(mer__resnet_stack_map(&r->stack, map_of(r, 1)));
}

static mer_status forward(float *vectors, void **kept, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const resnet *r = modality->self;
  const float **images = mer__image_inputs(&r->common, inputs, n, pass);
  if (!images) return mer__fail_memory(err);
  return mer__resnet_stack_forward(vectors, (mer__resnet_state **)kept, &r->stack, images,
                                   map_of(r, n), pass, err);
}

static mer_status backward(const mer__modality *modality, const void *kept, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  const resnet *r = modality->self;
  return mer__resnet_stack_backward(&r->stack, kept, dvectors, pass, err);
}

const mer__encoder_type mer__encoder_resnet = {
    .name = "resnet",
    .size = sizeof(resnet),
    .image = &network,
    .augments = true,
    .clear = clear,
    .head = head,
    .declare = declare,
    .init = init,
    .n_rows = n_rows,
    .forward = forward,
    .backward = backward,
    MER__IMAGE_FUNCTIONS,
};
