/* media_config.c: the configuration files of an encoder of sound or images. */
#include "encoder/media_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "encoder/config_json.h"
#include "tensor/json_memory.h"

#define PREPROCESSOR "preprocessor_config.json"

/* What is written later is f32, whatever the file that was read held. */
static mer_status take_model(mer__media_config *config, const json_t *root, mer_error *err) {
  mer__json_watch();
  config->model = mer__config_base(root);
  if (!config->model || mer__json_no_memory()) return mer__fail_memory(err);
  json_object_del(config->model, "torch_dtype");
  json_object_del(config->model, "dtype");
  return MER_OK;
}

static mer_status open_files(mer__media_config *config, const char *path, const char *preprocessor,
                             mer_error *err) {
  json_t *root = NULL;
  mer_status status = mer__config_read(&root, path, err);
  if (status == MER_OK) status = take_model(config, root, err);
  if (status == MER_OK && mer__path_is_there(preprocessor))
    status = mer__config_read(&config->preprocessor, preprocessor, err);
  json_decref(root);
  return status;
}

mer_status mer__media_config_open(mer__media_config *config, struct mer__modality *modality,
                                  const char *folder, mer__media_reader *read, mer_error *err) {
  char *path = mer__path_join(folder, "config.json");
  char *preprocessor = mer__path_join(folder, PREPROCESSOR);
  mer_status status =
      path && preprocessor ? open_files(config, path, preprocessor, err) : mer__fail_memory(err);
  if (status == MER_OK) status = read(modality, path, preprocessor, err);
  mer__free(path);
  mer__free(preprocessor);
  return status;
}

mer_status mer__media_config_parse(mer__media_config *config, const json_t *object,
                                   const char *path, mer_error *err) {
  const json_t *model = json_object_get(object, "config");
  json_t *preprocessor = json_object_get(object, "preprocessor");
  if (!json_is_object(model))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: an encoder without its 'config'", path);
  if (preprocessor && !json_is_object(preprocessor))
    return mer__fail(err, MER_STATUS_FORMAT, "%s: 'preprocessor' is not an object", path);
  config->preprocessor = json_incref(preprocessor);
  return take_model(config, model, err);
}

int mer__media_config_describe(const mer__media_config *config, json_t *object) {
  int failed = json_object_set(object, "config", config->model);
  if (config->preprocessor) failed |= json_object_set(object, "preprocessor", config->preprocessor);
  return failed;
}

mer_status mer__media_config_write(const mer__media_config *config, const char *folder,
                                   mer_error *err) {
  if (!config->preprocessor) return MER_OK;
  mer__json_watch();
  char *text = mer__json_dump(config->preprocessor, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  mer_status status = text ? mer__folder_write(folder, PREPROCESSOR, text, strlen(text), err)
                           : mer__fail_memory(err);
  free(text);
  return status;
}

void mer__media_config_clear(mer__media_config *config) {
  json_decref(config->model);
  json_decref(config->preprocessor);
  *config = (mer__media_config){0};
}

mer_status mer__media_config_choice(int *index, const mer__media_config *config, const char *key,
                                    const char *const *known, const char *path, mer_error *err) {
  const char *found;
  char names[256] = "";
  size_t used = 0;
  *index = 0;
  mer_status status = mer__config_string(&found, config->model, key, false, path, err);
  if (status != MER_OK || !found) return status;
  for (int i = 0; known[i]; i++) {
    *index = i;
    if (strcmp(found, known[i]) == 0) return MER_OK;
    if (used < sizeof names)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", known[i]);
  }
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is \"%.60s\", expected %s", path, key,
                   found, names);
}

mer_status mer__media_config_sizes(const mer__media_config *config, const mer__media_size *sizes,
                                   int n, const char *path, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < n && status == MER_OK; i++)
    status = mer__config_integer(sizes[i].value, config->model, sizes[i].key, true, 1, sizes[i].max,
                                 path, err);
  return status;
}

mer_status mer__media_config_rates(const mer__media_config *config, const mer__media_rate *rates,
                                   int n, const char *path, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < n && status == MER_OK; i++)
    status = mer__config_real(rates[i].value, config->model, rates[i].key, 0, 0.99, path, err);
  return status;
}

mer_status mer__media_config_switches(const mer__media_config *config,
                                      const mer__media_switch *switches, int n, const char *path,
                                      mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < n && status == MER_OK; i++)
    status = mer__config_switch(switches[i].value, config->model, switches[i].key, path, err);
  return status;
}

mer_status mer__media_config_projection(int64_t *width, const mer__media_config *config,
                                        const char *path, mer_error *err) {
  *width = 256;
  return mer__config_integer(width, config->model, "classifier_proj_size", false, 1, 65536, path,
                             err);
}
