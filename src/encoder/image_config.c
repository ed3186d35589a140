/* image_config.c: preprocessor_config.json of an encoder of images. */
#include "encoder/image_config.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"

enum { MAX_SIDE = 4096 };

/* ConvNext's processor crops nothing from this size on. */
enum { CONVNEXT_UNCROPPED = 384 };

/* The settings that are read, and those that say nothing about the result. */
static const char *const known[] = {"image_processor_type",
                                    "feature_extractor_type",
                                    "processor_class",
                                    "_valid_processor_keys",
                                    "do_convert_rgb",
                                    "do_resize",
                                    "size",
                                    "default_to_square",
                                    "resample",
                                    "crop_pct",
                                    "do_center_crop",
                                    "crop_size",
                                    "do_rescale",
                                    "rescale_factor",
                                    "do_normalize",
                                    "image_mean",
                                    "image_std",
                                    "data_format"};

/* What transformers has as the name of one of its classes, without the endings of other releases.
 */
static bool is_named(const char *found, const char *name) {
  static const char *const endings[] = {"ImageProcessor", "ImageProcessorFast", "FeatureExtractor"};
  const size_t n = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
    if (strncmp(found, name, n) == 0 && strcmp(found + n, endings[i]) == 0) return true;
  return false;
}

static mer_status read_kind(mer__image_processor_kind *kind, const json_t *object, const char *path,
                            mer_error *err) {
  const char *key = "image_processor_type", *name;
  mer_status status = mer__config_string(&name, object, key, false, path, err);
  if (status == MER_OK && !name) {
    key = "feature_extractor_type";
    status = mer__config_string(&name, object, key, false, path, err);
  }
  if (status != MER_OK || !name) return status;
  *kind = MER__IMAGE_PROCESSOR_CONVNEXT;
  if (is_named(name, "ConvNext")) return MER_OK;
  *kind = MER__IMAGE_PROCESSOR_VIT;
  if (is_named(name, "ViT")) return MER_OK;
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: '%s' is \"%.60s\", expected ViTImageProcessor or ConvNextImageProcessor",
                   path, key, name);
}

/* A setting that is not known may change the result, unless it is off. */
static mer_status check_known(const json_t *object, const char *path, mer_error *err) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    bool is_known = json_is_null(value) || json_is_false(value);
    for (size_t i = 0; i < sizeof known / sizeof known[0] && !is_known; i++)
      is_known = strcmp(key, known[i]) == 0;
    if (!is_known)
      return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%.60s' is a setting that is not known",
                       path, key);
  }
  return MER_OK;
}

static mer_status fail_size(const char *key, const char *expected, const char *path,
                            mer_error *err) {
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is not %s of 1 to %d pixels", path, key,
                   expected, (int)MAX_SIDE);
}

/* A whole number, or one of an object's. False: it is none. */
static bool read_side(int64_t *side, const json_t *value) {
  *side = json_integer_value(value);
  return json_is_integer(value) && *side >= 1 && *side <= MAX_SIDE;
}

/* {"height", "width"}, or a number for both. */
static mer_status read_rectangle(int64_t *height, int64_t *width, const json_t *value,
                                 const char *key, const char *path, mer_error *err) {
  const json_t *h = json_object_get(value, "height"), *w = json_object_get(value, "width");
  if (read_side(height, value)) {
    *width = *height;
    return MER_OK;
  }
  if (json_object_size(value) == 2 && read_side(height, h) && read_side(width, w)) return MER_OK;
  return fail_size(key, "a number or {\"height\", \"width\"}", path, err);
}

/* The setting, or NULL if it is missing or null. */
static const json_t *setting(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_null(value) ? NULL : value;
}

/* The size to which ViT's processor resizes. */
static mer_status read_vit_size(mer__image_processor *p, const json_t *object, const char *path,
                                mer_error *err) {
  const json_t *size = setting(object, "size");
  p->sizing = MER__IMAGE_STRETCH;
  p->resize_height = p->resize_width = 224;
  if (!size) return MER_OK;
  bool square = true;
  mer_status status = mer__config_switch(&square, object, "default_to_square", path, err);
  if (status != MER_OK) return status;
  const bool shortest = json_is_object(size) && json_object_get(size, "shortest_edge");
  if (!shortest && (square || !json_is_integer(size)))
    return read_rectangle(&p->resize_height, &p->resize_width, size, "size", path, err);
  p->sizing = MER__IMAGE_SHORTEST;
  const json_t *side = shortest ? json_object_get(size, "shortest_edge") : size;
  if ((!shortest || json_object_size(size) == 1) && read_side(&p->resize_height, side))
    return MER_OK;
  return fail_size("size", "{\"shortest_edge\"} alone", path, err);
}

/* ConvNext's: below 384 the shorter side becomes size / crop_pct, and the middle is cut out. */
static mer_status read_convnext_size(mer__image_processor *p, const json_t *object,
                                     const char *path, mer_error *err) {
  const json_t *size = setting(object, "size");
  const json_t *side = json_is_object(size) && json_object_size(size) == 1
                           ? json_object_get(size, "shortest_edge")
                           : size;
  int64_t pixels = CONVNEXT_UNCROPPED;
  double part = 224.0 / 256;
  if (size && !read_side(&pixels, side))
    return fail_size("size", "a number or {\"shortest_edge\"}", path, err);
  mer_status status = mer__config_real(&part, object, "crop_pct", 0.05, 1, path, err);
  p->height = p->width = p->resize_height = p->resize_width = pixels;
  p->sizing = MER__IMAGE_STRETCH;
  if (status != MER_OK || pixels >= CONVNEXT_UNCROPPED) return status;
  p->sizing = MER__IMAGE_SHORTEST;
  p->resize_height = (int64_t)((double)pixels / part);
  p->crop = true;
  return MER_OK;
}

static mer_status read_crop(mer__image_processor *p, const json_t *object,
                            mer__image_processor_kind kind, const char *path, mer_error *err) {
  bool wanted = false;
  mer_status status = mer__config_switch(&wanted, object, "do_center_crop", path, err);
  if (status != MER_OK || !wanted) return status;
  if (kind == MER__IMAGE_PROCESSOR_CONVNEXT)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: 'do_center_crop' is true, which is not supported with "
                     "ConvNextImageProcessor",
                     path);
  p->crop = true;
  return read_rectangle(&p->height, &p->width, setting(object, "crop_size"), "crop_size", path,
                        err);
}

/* What is resized and cut out, so that all images have one size. */
static mer_status read_shape(mer__image_processor *p, const json_t *object,
                             mer__image_processor_kind kind, const char *path, mer_error *err) {
  bool resize = true;
  int64_t filter = kind == MER__IMAGE_PROCESSOR_VIT ? MER__IMAGE_BILINEAR : MER__IMAGE_BICUBIC;
  mer_status status;
  MER__CHECK(mer__config_switch(&resize, object, "do_resize", path, err));
  if (resize)
    MER__CHECK(kind == MER__IMAGE_PROCESSOR_VIT ? read_vit_size(p, object, path, err)
                                                : read_convnext_size(p, object, path, err));
  if (setting(object, "resample"))
    MER__CHECK(mer__config_integer(&filter, object, "resample", false, 0, 5, path, err));
  p->filter = (mer__image_filter)filter;
  if (filter != MER__IMAGE_BILINEAR && filter != MER__IMAGE_BICUBIC)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: 'resample' is %lld, expected 2 (bilinear) or 3 (bicubic)", path,
                     (long long)filter);
  MER__CHECK(read_crop(p, object, kind, path, err));
  if (!p->crop && p->sizing != MER__IMAGE_STRETCH)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: neither 'size' nor 'crop_size' gives all images one height and width",
                     path);
  if (!p->crop) {
    p->height = p->resize_height;
    p->width = p->resize_width;
  }
cleanup:
  return status;
}

/* A number for all channels, or a list of one for each. */
static mer_status read_channels(float values[3], const json_t *object, const char *key, double min,
                                const char *path, mer_error *err) {
  const json_t *value = setting(object, key);
  if (!value) return MER_OK;
  bool valid = json_is_number(value) || json_array_size(value) == 3;
  for (size_t c = 0; c < 3; c++) {
    const json_t *item = json_is_array(value) ? json_array_get(value, c) : value;
    const double number = json_number_value(item);
    valid = valid && json_is_number(item) && number >= min && number <= 1e6;
    values[c] = valid ? (float)number : 0;
  }
  if (valid) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' is not a number or three, from %g to 1e6",
                   path, key, min);
}

static mer_status read_values(mer__image_processor *p, const json_t *object, const char *path,
                              mer_error *err) {
  mer_status status;
  p->rescale = p->normalize = true;
  p->factor = 1 / 255.0;
  for (int c = 0; c < 3; c++) p->mean[c] = p->deviation[c] = 0.5F;
  MER__CHECK(mer__config_switch(&p->rescale, object, "do_rescale", path, err));
  MER__CHECK(mer__config_real(&p->factor, object, "rescale_factor", -1e6, 1e6, path, err));
  MER__CHECK(mer__config_switch(&p->normalize, object, "do_normalize", path, err));
  MER__CHECK(read_channels(p->mean, object, "image_mean", -1e6, path, err));
  MER__CHECK(read_channels(p->deviation, object, "image_std", 1e-6, path, err));
cleanup:
  return status;
}

mer_status mer__image_config_read(mer__image_processor *processor, const json_t *object,
                                  mer__image_processor_kind kind, const char *path,
                                  mer_error *err) {
  mer_status status;
  *processor = (mer__image_processor){0};
  MER__CHECK(read_kind(&kind, object, path, err));
  MER__CHECK(check_known(object, path, err));
  MER__CHECK(read_shape(processor, object, kind, path, err));
  MER__CHECK(read_values(processor, object, path, err));
cleanup:
  return status;
}
