/* temperature.c: the one number that calibrates a model, in its config.json. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"
#include "model/model_state.h"
#include "tensor/json_memory.h"

const double mer__least_temperature = 1e-3, mer__most_temperature = 1e3;

double mer_model_temperature(const mer_model *model) {
  return model->temperature > 0 ? model->temperature : 1;
}

/* Whether config.json is that of a model that a temperature can be of. */
static mer_status check(const json_t *root, double temperature, const char *path, mer_error *err) {
  const json_t *ours = json_object_get(root, "mer");
  const char *target = json_string_value(json_object_get(ours, "target"));
  if (!(temperature >= mer__least_temperature && temperature <= mer__most_temperature))
    return mer__fail(err, MER_STATUS_INVALID, "a temperature of %g, expected %g to %g", temperature,
                     mer__least_temperature, mer__most_temperature);
  if (!json_is_object(ours))
    return mer__fail(
        err, MER_STATUS_INVALID,
        "%s: not of a model that mer has written; 'mer quantize --dtype bf16' and 'mer "
        "train' write one",
        path);
  if (!target || strcmp(target, mer__model_target_name(MER_TARGET_VALUES)) != 0) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s: a model of values has no temperature", path);
}

mer_status mer_model_store_temperature(const char *folder, double temperature, mer_error *err) {
  json_t *root = NULL;
  char *text = NULL, *path = mer__path_join(folder, "config.json");
  mer_status status = path ? mer__config_read(&root, path, err) : mer__fail_memory(err);
  if (status == MER_OK) status = check(root, temperature, path, err);
  if (status == MER_OK) {
    mer__json_watch();
    const int failed =
        json_object_set_new(json_object_get(root, "mer"), "temperature", json_real(temperature));
    text = failed ? NULL : mer__json_dump(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    status = text ? mer__file_write(path, text, strlen(text), err) : mer__fail_memory(err);
  }
  free(text);
  json_decref(root);
  mer__free(path);
  return status;
}
