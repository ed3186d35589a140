/* image_encoder.c: what encoders of images from directories have in common. */
#include "encoder/image_encoder.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/image_augment.h"
#include "encoder/image_recipe.h"
#include "tensor/json_memory.h"

static mer__image_encoder *self_of(const mer__modality *modality) { return modality->self; }

/* `path` is that of config.json, and `preprocessor` that of the other, for messages. */
static mer_status read_both(mer__modality *modality, const char *path, const char *preprocessor,
                            mer_error *err) {
  const mer__image_network *network = modality->type->image;
  mer__image_encoder *e = self_of(modality);
  if (!e->config.preprocessor)
    return mer__fail(err, MER_STATUS_NOT_FOUND,
                     "%s: no such file, which says how an encoder of images takes them",
                     preprocessor);
  mer_status status = mer__image_config_read(&e->processor, e->config.preprocessor,
                                             network->processor, preprocessor, err);
  modality->input = MER__INPUT_IMAGE;
  modality->images = &e->processor;
  return status == MER_OK ? network->read(modality, path, err) : status;
}

/* An encoder directory, of a classifier or not. */
static mer_status open_folder(mer__modality *modality, const char *folder, mer_error *err) {
  return mer__media_config_open(&self_of(modality)->config, modality, folder, read_both, err);
}

/* What a directory would say. */
static mer_status take_recipe(mer__modality *modality, const mer__image_recipe *recipe,
                              mer_error *err) {
  mer__image_encoder *e = self_of(modality);
  mer__json_watch();
  modality->from_nothing = true;
  e->config.model = json_loads(recipe->model, 0, NULL);
  e->config.preprocessor = json_loads(recipe->preprocessor, 0, NULL);
  if (!e->config.model || !e->config.preprocessor || mer__json_no_memory())
    return mer__fail_memory(err);
  return read_both(modality, recipe->name, recipe->name, err);
}

/* Width of the scores of attention over the images of a video. */
enum { FRAMES_WIDTH = 64 };

mer_status mer__image_adopt(mer__modality *modality, const mer__encoder_settings *settings,
                            mer_error *err) {
  self_of(modality)->augment = settings->augment;
  if (settings->attend_frames) modality->frames.hidden = FRAMES_WIDTH;
  if (settings->recipe) return take_recipe(modality, settings->recipe, err);
  return open_folder(modality, settings->folder, err);
}

/* How the images of a video are joined; without the key by their mean. */
static mer_status parse_frames(mer__modality *modality, const json_t *object, const char *path,
                               mer_error *err) {
  const char *way;
  mer_status status = mer__config_string(&way, object, "frames", false, path, err);
  if (status != MER_OK || !way) return status;
  if (strcmp(way, "attention") != 0)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: 'frames' is \"%.60s\", expected attention",
                     path, way);
  modality->frames.hidden = FRAMES_WIDTH;
  return MER_OK;
}

/* An object without "config" is that of a classifier of transformers, which says no more than name
 * and type. */
mer_status mer__image_parse(mer__modality *modality, const json_t *object, const json_t *root,
                            const char *folder, const char *path, mer_error *err) {
  (void)root;
  if (!json_object_get(object, "config")) return open_folder(modality, folder, err);
  mer_status status = mer__media_config_parse(&self_of(modality)->config, object, path, err);
  if (status == MER_OK) status = parse_frames(modality, object, path, err);
  return status == MER_OK ? read_both(modality, path, path, err) : status;
}

int mer__image_describe(const mer__modality *modality, json_t *object) {
  if (mer__modality_attends(modality) &&
      json_object_set_new(object, "frames", json_string("attention")) != 0)
    return -1;
  return mer__media_config_describe(&self_of(modality)->config, object);
}

const json_t *mer__image_base_config(const mer__modality *modality) {
  return self_of(modality)->config.model;
}

mer_status mer__image_write_files(const mer__modality *modality, const char *folder,
                                  mer_error *err) {
  return mer__media_config_write(&self_of(modality)->config, folder, err);
}

void mer__image_encoder_clear(mer__modality *modality) {
  mer__media_config_clear(&self_of(modality)->config);
}

mer_status mer__image_accept(mer__modality *modality, int64_t n_values, bool precomputed,
                             mer_error *err) {
  (void)n_values;
  if (!precomputed) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "'%s' is seen by an encoder of images, and cannot be precomputed",
                   modality->name);
}

mer_status mer__image_channels(int64_t *n, const json_t *model, const char *path, mer_error *err) {
  enum { COLOURS = 3 };
  *n = COLOURS;
  mer_status status = mer__config_integer(n, model, "num_channels", false, 1, 1024, path, err);
  if (status != MER_OK || *n == COLOURS) return status;
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: num_channels is %lld, but images have %d here",
                   path, (long long)*n, (int)COLOURS);
}

/* The site of what is drawn, behind those of dropout. */
enum { AUGMENT_SITE = MER__SITES_PER_ENCODER - 1 };

/* An image is changed as its place in the batch and the step say. */
static void change(float *to, const float *from, int64_t i, const mer__image_processor *p,
                   const mer__pass *pass) {
  const mer__dropout drawn = mer__noise_dropout(&pass->noise, 0, AUGMENT_SITE);
  mer__rng rng = {.seed = drawn.seed, .stream = drawn.stream, .index = (uint64_t)i << 8};
  mer__image_change own;
  mer__image_change_draw(&own, p->height, p->width, &rng);
  mer__image_change_apply(to, &own, from, 3, p->height, p->width);
}

const float **mer__image_inputs(const mer__image_encoder *e, const mer__input *const *inputs,
                                int64_t n, const mer__pass *pass) {
  const int64_t size = mer__image_n_values(&e->processor);
  const float **values = mer__arena_alloc(pass->arena, (size_t)n, sizeof(const float *));
  for (int64_t i = 0; values && i < n; i++) values[i] = inputs[i]->values;
  if (!values || !e->augment || !pass->noise.training) return values;
  float *changed = mer__arena_alloc(pass->arena, (size_t)(n * size), sizeof *changed);
  if (!changed) return NULL;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i++) {
    change(changed + i * size, values[i], i, &e->processor, pass);
    values[i] = changed + i * size;
  }
  return values;
}
