/* encoder_type.c: which encoder a directory holds. */
#include "encoder/encoder_type.h"

#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"

static mer_status config_path(char **path, const char *folder, mer_error *err) {
  *path = mer__path_join(folder, "bert_config.json");
  char *usual = mer__path_join(folder, "config.json");
  if (!*path || !usual || mer__path_is_file(usual) || !mer__path_is_file(*path)) {
    mer__free(*path);
    *path = usual;
  } else {
    mer__free(usual);
  }
  return *path ? MER_OK : mer__fail_memory(err);
}

mer_status mer__encoder_config_read(json_t **root, char **path, const char *folder,
                                    mer_error *err) {
  *root = NULL;
  mer_status status = config_path(path, folder, err);
  return status == MER_OK ? mer__config_read(root, *path, err) : status;
}

mer_status mer__encoder_type_of_folder(const mer__encoder_type **type, const char *folder,
                                       mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  const char *name = NULL;
  mer_status status;
  *type = NULL;
  MER__CHECK(mer__encoder_config_read(&root, &path, folder, err));
  MER__CHECK(mer__config_string(&name, root, "model_type", false, path, err));
  *type = mer__encoder_type_find(name ? name : "bert");
  if (!*type || !(*type)->base_config)
    status = mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s: 'model_type' is \"%.60s\", of which no encoder is known", path, name);
cleanup:
  json_decref(root);
  mer__free(path);
  return status;
}

mer_status mer__text_type_of_folder(const mer__encoder_type **type, const char *folder,
                                    mer_error *err) {
  mer_status status = mer__encoder_type_of_folder(type, folder, err);
  if (status != MER_OK || (*type)->tokenize) return status;
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is an encoder that does not read text",
                   folder, (*type)->name);
}

const mer__encoder_type *mer__encoder_type_of_modality(const json_t *object) {
  const char *name = json_string_value(json_object_get(object, "type"));
  return name ? mer__encoder_type_find(name) : NULL;
}
