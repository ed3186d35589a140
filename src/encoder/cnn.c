/* cnn.c: a CNN as an encoder: its settings, which stand in config.json as those of a directory. */
#include "encoder/cnn.h"

#include "base/error.h"
#include "encoder/cnn_stack.h"
#include "encoder/config_json.h"
#include "encoder/image_encoder.h"

typedef struct cnn {
  mer__image_encoder common;
  mer__cnn_stack stack;
} cnn;

static mer__map map_of(const cnn *c, int64_t n) {
  return (mer__map){n, c->common.processor.height, c->common.processor.width};
}

static mer_status read(mer__modality *modality, const char *path, mer_error *err) {
  cnn *self = modality->self;
  mer__cnn_config *c = &self->stack.config;
  const json_t *root = self->common.config.model;
  mer_status status;
  MER__CHECK(mer__config_length(&c->n_blocks, MER__CNN_MAX_BLOCKS, root, "depths", path, err));
  MER__CHECK(mer__image_channels(&c->n_channels, root, path, err));
  MER__CHECK(
      mer__config_list(c->depths, c->n_blocks, MER__CNN_MAX_UNITS, root, "depths", path, err));
  MER__CHECK(mer__config_list(c->hidden_sizes, c->n_blocks, MER__CNN_MAX_CHANNELS, root,
                              "hidden_sizes", path, err));
  MER__CHECK(mer__config_real(&c->dropout, root, "dropout", 0, 0.99, path, err));
  const mer__map last = mer__cnn_stack_map(&self->stack, map_of(self, 1));
  if (mer__map_pixels(last) == 0)
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: each of %d blocks halves the image, of which nothing is left", path,
                       (int)c->n_blocks);
cleanup:
  return status;
}

static const mer__image_network network = {MER__IMAGE_PROCESSOR_VIT, read};

static void head(mer__checkpoint_head *head, const mer__modality *modality) {
  (void)modality;
  *head = (mer__checkpoint_head){.prefix = "cnn.", .n_layers = 1, .names = {"classifier"}};
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  cnn *c = modality->self;
  modality->width = mer__cnn_stack_width(&c->stack);
  return mer__cnn_stack_declare(&c->stack, params, err);
}

static void init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  const cnn *c = modality->self;
  if (modality->from_nothing) mer__cnn_stack_init(&c->stack, params, rng);
}

static int64_t n_rows(const mer__modality *modality, const mer__input *input) {
  const cnn *c = modality->self;
  (void)input;
  return mer__map_pixels(mer__cnn_stack_map(&c->stack, map_of(c, 1)));
}

static mer_status forward(float *vectors, void **kept, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const cnn *c = modality->self;
  const float **images = mer__image_inputs(&c->common, inputs, n, pass);
  if (!images) return mer__fail_memory(err);
  return mer__cnn_stack_forward(vectors, (mer__cnn_state **)kept, &c->stack, images, map_of(c, n),
                                pass, err);
}

static mer_status backward(const mer__modality *modality, const void *kept, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  const cnn *c = modality->self;
  return mer__cnn_stack_backward(&c->stack, kept, dvectors, pass, err);
}

const mer__encoder_type mer__encoder_cnn = {
    .name = "cnn",
    .size = sizeof(cnn),
    .image = &network,
    .augments = true,
    .clear = mer__image_encoder_clear,
    .head = head,
    .declare = declare,
    .init = init,
    .n_rows = n_rows,
    .forward = forward,
    .backward = backward,
    MER__IMAGE_FUNCTIONS,
};
