/* vit.c: transformers' ViTModel and ViTForImageClassification (release 5.24). A pooler that the
 * bare model may have is not used: classifiers have none. */
#include "encoder/vit.h"

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/image_encoder.h"
#include "encoder/vit_embeddings.h"
#include "layers/transformer.h"

typedef struct vit {
  mer__image_encoder common;
  mer__vit_embeddings embeddings;
  mer__transformer layers;
} vit;

/* What forward keeps for backward. */
typedef struct vit_state {
  int64_t n;
  float *patches;
  mer__transformer_state layers;
} vit_state;

static mer_status read_sizes(vit *v, const char *path, mer_error *err) {
  enum { MOST_PIXELS = 8192 };
  mer__transformer_config *c = &v->layers.config;
  mer__vit_embeddings *e = &v->embeddings;
  const mer__media_size sizes[] = {{"hidden_size", &c->hidden_size, 65536},
                                   {"num_hidden_layers", &c->n_layers, MER__TRANSFORMER_MAX_LAYERS},
                                   {"num_attention_heads", &c->n_heads, 1024},
                                   {"intermediate_size", &c->intermediate_size, 1 << 20},
                                   {"image_size", &e->image_size, MOST_PIXELS},
                                   {"patch_size", &e->patch_size, MOST_PIXELS}};
  mer_status status =
      mer__media_config_sizes(&v->common.config, sizes, sizeof sizes / sizeof sizes[0], path, err);
  e->hidden = c->hidden_size;
  if (status != MER_OK) return status;
  status = mer__config_multiple("hidden_size", c->hidden_size, "num_attention_heads", c->n_heads,
                                path, err);
  if (status != MER_OK) return status;
  if (e->image_size < e->patch_size)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: image_size %lld is less than patch_size %lld",
                     path, (long long)e->image_size, (long long)e->patch_size);
  return MER_OK;
}

/* The embeddings of places are for images of one size. */
static mer_status check_image(const vit *v, const char *path, mer_error *err) {
  const mer__image_processor *p = &v->common.processor;
  const int64_t size = v->embeddings.image_size;
  bool has_bias = true;
  const mer__media_switch bias = {"qkv_bias", &has_bias};
  mer_status status = mer__media_config_switches(&v->common.config, &bias, 1, path, err);
  if (status != MER_OK) return status;
  if (p->height != size || p->width != size)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: image_size is %lld, but preprocessor_config.json makes images of %lld x "
                     "%lld",
                     path, (long long)size, (long long)p->height, (long long)p->width);
  if (!has_bias)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: 'qkv_bias' is false, but queries, keys and values have biases here",
                     path);
  return MER_OK;
}

static mer_status read(mer__modality *modality, const char *path, mer_error *err) {
  vit *v = modality->self;
  const json_t *root = v->common.config.model;
  mer__transformer_config *c = &v->layers.config;
  mer_status status;
  *c = (mer__transformer_config){
      .pre_norm = true, .layer_norm_epsilon = 1e-12, .result = MER__FIRST_ROWS};
  MER__CHECK(read_sizes(v, path, err));
  MER__CHECK(mer__image_channels(&v->embeddings.n_channels, root, path, err));
  MER__CHECK(mer__config_activation(&c->activation, root, "hidden_act", path, err));
  MER__CHECK(mer__config_real(&c->layer_norm_epsilon, root, "layer_norm_eps", 1e-30, 1, path, err));
  MER__CHECK(mer__config_real(&c->hidden_dropout, root, "hidden_dropout_prob", 0, 0.99, path, err));
  MER__CHECK(mer__config_real(&c->attention_dropout, root, "attention_probs_dropout_prob", 0, 0.99,
                              path, err));
  MER__CHECK(check_image(v, path, err));
cleanup:
  return status;
}

static const mer__image_network network = {MER__IMAGE_PROCESSOR_VIT, read};

static void clear(mer__modality *modality) {
  vit *v = modality->self;
  mer__transformer_clear(&v->layers);
  mer__image_encoder_clear(modality);
}

static void head(mer__checkpoint_head *head, const mer__modality *modality) {
  (void)modality;
  *head = (mer__checkpoint_head){.prefix = "vit.", .n_layers = 1, .names = {"classifier"}};
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  static const mer__transformer_names names = {
      .layers = "encoder.layer",
      .query = "attention.attention.query",
      .key = "attention.attention.key",
      .value = "attention.attention.value",
      .attention = "attention.output.dense",
      .attention_norm = "layernorm_before",
      .up = "intermediate.dense",
      .down = "output.dense",
      .output_norm = "layernorm_after",
      .final_norm = "layernorm",
  };
  vit *v = modality->self;
  modality->width = v->embeddings.hidden;
  mer_status status = mer__vit_embeddings_declare(&v->embeddings, params, err);
  if (status != MER_OK) return status;
  return mer__transformer_declare(&v->layers, params, &names, err);
}

static int64_t n_rows(const mer__modality *modality, const mer__input *input) {
  (void)input;
  return mer__vit_embeddings_rows(&((const vit *)modality->self)->embeddings);
}

/* The rows of each image. */
static mer_status pack(mer__packing *packing, const vit *v, int64_t n, mer__arena *arena,
                       mer_error *err) {
  const int64_t rows = mer__vit_embeddings_rows(&v->embeddings);
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  if (!offsets) return mer__fail_memory(err);
  if (n > INT32_MAX / rows) return mer__fail(err, MER_STATUS_LIMIT, "a batch of too many images");
  for (int64_t i = 0; i <= n; i++) offsets[i] = (int32_t)(i * rows);
  *packing = (mer__packing){(int32_t)n, offsets};
  return MER_OK;
}

static mer_status forward(float *vectors, void **kept, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const vit *v = modality->self;
  const mer__dropout dropout = mer__transformer_input_dropout(&v->layers, pass);
  mer__packing packing;
  vit_state *s = *kept = mer__arena_alloc(pass->arena, 1, sizeof *s);
  const float **images = mer__image_inputs(&v->common, inputs, n, pass);
  mer_status status;
  if (!s || !images) return mer__fail_memory(err);
  s->n = n;
  MER__CHECK(pack(&packing, v, n, pass->arena, err));
  MER__CHECK(mer__transformer_begin(&s->layers, &v->layers, &packing, pass, err));
  MER__CHECK(mer__vit_embeddings_forward(s->layers.input, &s->patches, &v->embeddings, images, n,
                                         pass, err));
  mer__dropout_apply(s->layers.input, s->layers.input, packing.offsets[n] * v->embeddings.hidden,
                     &dropout);
  MER__CHECK(mer__transformer_forward(vectors, &s->layers, &v->layers, pass, err));
cleanup:
  return status;
}

static mer_status backward(const mer__modality *modality, const void *kept, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  const vit *v = modality->self;
  const vit_state *s = kept;
  const mer__dropout dropout = mer__transformer_input_dropout(&v->layers, pass);
  float *drows;
  mer_status status =
      mer__transformer_backward(&drows, &s->layers, &v->layers, dvectors, pass, err);
  if (status != MER_OK || !drows) return status;
  mer__dropout_apply(drows, drows, s->layers.packing.offsets[s->n] * v->embeddings.hidden,
                     &dropout);
  mer__vit_embeddings_backward(drows, s->patches, &v->embeddings, s->n, pass);
  return MER_OK;
}

const mer__encoder_type mer__encoder_vit = {
    .name = "vit",
    .size = sizeof(vit),
    .image = &network,
    .augments = true,
    .many_rows = true,
    .clear = clear,
    .head = head,
    .declare = declare,
    .n_rows = n_rows,
    .forward = forward,
    .backward = backward,
    MER__IMAGE_FUNCTIONS,
};
