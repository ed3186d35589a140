/* data_options.c: the options that say which data a command works on. */
#include "cli/data_options.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/model_input.h"

cli_data cli_data_default(void) { return (cli_data){0}; }

/* Cuts "a,b,c" into names, of which one more than may be is enough for the library to refuse. */
static mer_status cut_labels(cli_data *data, mer_error *err) {
  int n = 0;
  if (strlen(data->labels) >= sizeof data->label_text) {
    snprintf(err->message, sizeof err->message, "over %zu bytes", sizeof data->label_text - 1);
    return MER_STATUS_LIMIT;
  }
  strcpy(data->label_text, data->labels);
  for (char *name = data->label_text; name;) {
    char *comma = strchr(name, ',');
    if (comma) *comma = 0;
    data->label_names[n++] = name;
    name = comma && n <= MER_MAX_LABELS ? comma + 1 : NULL;
  }
  data->n_labels = n;
  return MER_OK;
}

static bool is_name_and_path(const char *entry) {
  const char *equals = strchr(entry, '=');
  return equals && equals != entry && equals[1];
}

int cli_data_check(const cli_command *command, cli_data *data) {
  mer_error err = {0};
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  for (int i = 0; i < data->paths.n; i++)
    if (!*data->paths.items[i]) return cli_usage(command, "--data is empty, expected PATH");
  for (int i = 0; i < data->precomputed.n; i++)
    if (!is_name_and_path(data->precomputed.items[i]))
      return cli_usage(command, "--features takes NAME=PATH, not '%s'", data->precomputed.items[i]);
  if (!data->labels) return -1;
  mer_status status = cut_labels(data, &err);
  options.labels = data->label_names;
  options.n_labels = data->n_labels;
  if (status == MER_OK) status = mer_dataset_options_check(&options, &err);
  if (status == MER_STATUS_NO_MEMORY) return cli_fail(&err);
  return status == MER_OK ? -1 : cli_usage(command, "--labels: %s", err.message);
}

int cli_data_check_model(const cli_command *command, const cli_data *data, const mer_model *model) {
  static const char format[] = "%s does not apply to the %s model, which takes no %s";
  const char *kind = mer_model_kind(model);
  if (data->max_duration_s > 0 && cli_model_input(model, CLI_INPUT_SOUND) < 0)
    return cli_usage(command, format, "--max-duration", kind, "sound");
  if (data->face_detector && cli_model_input(model, CLI_INPUT_IMAGE) < 0)
    return cli_usage(command, format, "--face-detector", kind, "images");
  return -1;
}

/* A cache that cannot be made is a warning, but one that the user names is meant. */
static mer_status check_cache(const cli_data *data, mer_error *err) {
  struct stat info;
  if (!data->cache || data->no_cache || stat(data->cache, &info) != 0 || S_ISDIR(info.st_mode))
    return MER_OK;
  err->status = MER_STATUS_INVALID;
  snprintf(err->message, sizeof err->message,
           "%.300s: is not a folder, expected one for the cache of features", data->cache);
  return err->status;
}

void cli_data_default_labels(cli_data *data, const char *const *names, int32_t n) {
  if (data->labels) return;
  memcpy(data->label_names, names, (size_t)n * sizeof *names);
  data->n_labels = n;
}

mer_status cli_data_open(mer_dataset **dataset, cli_data *data, bool need_labels,
                         const mer_monitor *monitor, mer_error *err) {
  mer_dataset_options options;
  mer_dataset_options_init(&options, sizeof options);
  options.media_folder = data->media;
  options.need_labels = need_labels;
  options.target = data->target;
  options.soft_labels = data->soft_labels;
  options.monitor = monitor;
  mer_status status = data->labels ? cut_labels(data, err) : MER_OK;
  if (status == MER_OK) status = check_cache(data, err);
  if (status != MER_OK) return status;
  if (data->labels || data->n_labels > 0) {
    options.labels = data->label_names;
    options.n_labels = data->n_labels;
  }
  if (data->path) return mer_dataset_open(dataset, data->path, &options, err);
  return mer_dataset_open_several(dataset, data->paths.items, data->paths.n, &options, err);
}

mer_features_load_options cli_data_features(const cli_data *data, const cli_common *common) {
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  if (data->max_duration_s > 0) options.max_duration_s = data->max_duration_s;
  options.cache_folder = data->no_cache ? "" : data->cache;
  options.face_detector = cli_face_detector(data->face_detector);
  options.monitor = &common->monitor;
  return options;
}

mer_predict_options cli_predict_options(const cli_data *data, const mer_model *model,
                                        const cli_common *common) {
  const int m = cli_model_input(model, CLI_INPUT_SOUND);
  mer_predict_options options;
  mer_predict_options_init(&options, sizeof options);
  options.features = cli_data_features(data, common);
  if (m >= 0 && data->max_duration_s == 0)
    options.features.max_duration_s = mer_model_modality(model, m).max_duration_s;
  options.precomputed = data->precomputed.items;
  options.n_precomputed = data->precomputed.n;
  options.skip_missing = data->skip_missing;
  options.monitor = &common->monitor;
  return options;
}

mer_split cli_split(const char *name) {
  return strcmp(name, "train") == 0 ? MER_SPLIT_TRAIN
         : strcmp(name, "dev") == 0 ? MER_SPLIT_DEV
                                    : MER_SPLIT_TEST;
}
