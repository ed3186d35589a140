/* cmd_predict.c: `mer predict`: the emotion of new utterances, a JSON line for each. Nothing is
 * stored: the feature cache is not used. One bad input gives a line with "error", and the exit code
 * 1 at the end. */
#include <jansson.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/line_reader.h"
#include "cli/media_folder.h"
#include "cli/prediction_json.h"
#include "mer/model.h"

/* One utterance to predict. */
typedef struct item {
  json_t *id; /* or NULL */
  char *text, *audio;
  float *vector;   /* of the sound */
  char where[256]; /* "FILE:LINE: " or "FILE: ", of what the item comes from */
  char error[800];
} item;

typedef struct predictor {
  mer_model *model;
  int n_modalities, audio_index; /* audio_index: -1 if the model hears nothing */
  mer_modality_info audio;
  mer_feature_extractor *extractor;
  const mer_monitor *monitor;
  bool failed; /* an input was at fault */
} predictor;

static void item_clear(item *it) {
  json_decref(it->id);
  free(it->text);
  free(it->audio);
  free(it->vector);
  *it = (item){0};
}

static char *copy(const char *text) {
  char *result = text ? malloc(strlen(text) + 1) : NULL;
  return result ? strcpy(result, text) : NULL;
}

static mer_status predictor_open(predictor *p, const char *folder, mer_error *err) {
  p->audio_index = -1;
  mer_status status = mer_model_open(&p->model, folder, err);
  if (status != MER_OK) return status;
  p->n_modalities = mer_model_n_modalities(p->model);
  for (int m = 0; m < p->n_modalities; m++) {
    mer_modality_info info = mer_model_modality(p->model, m);
    if (!info.from_sound) continue;
    p->audio_index = m;
    p->audio = info;
    return mer_feature_extractor_create(&p->extractor, &info.features, err);
  }
  return MER_OK;
}

static bool takes_text(const predictor *p) {
  for (int m = 0; m < p->n_modalities; m++)
    if (mer_model_modality(p->model, m).is_text) return true;
  return false;
}

/* Decodes the sound of an item. A long recording is answered for its first seconds, as the model
 * was trained. */
static void hear(const predictor *p, item *it) {
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  mer_error err = {0};
  if (!it->audio || it->error[0] || p->audio_index < 0) return;
  options.features = p->audio.features;
  options.cache_folder = "";
  options.max_duration_s = 0;
  it->vector = malloc(sizeof *it->vector * (size_t)p->audio.width);
  mer_clip_state state =
      it->vector ? mer_features_of_clip(it->vector, p->extractor, it->audio, &options, &err)
                 : MER_CLIP_CORRUPT;
  if (state == MER_CLIP_OK) return;
  snprintf(it->error, sizeof it->error, "%s",
           err.message[0] ? err.message : mer_clip_state_name(state));
  free(it->vector);
  it->vector = NULL;
}

/* What each modality has to say about the item; false if none has anything. */
static bool gather(mer_input_data *data, uint8_t *present, const predictor *p, const item *it) {
  bool any = false;
  *data = (mer_input_data){0};
  for (int m = 0; m < p->n_modalities; m++) {
    bool text = mer_model_modality(p->model, m).is_text;
    if (text) data->text = it->text;
    if (m == p->audio_index) data->vectors[m] = it->vector;
    present[m] = text ? it->text != NULL : m == p->audio_index && it->vector;
    any |= present[m];
  }
  return any;
}

static void print_error(predictor *p, item *it) {
  p->failed = true;
  cli_progress_end();
  fprintf(stderr, "mer: %s\n", it->error);
  cli_print_json(stdout, json_pack("{s:O?, s:o}", "id", it->id, "error", cli_json_text(it->error)));
}

static void print_item(const predictor *p, const item *it, const float *probs,
                       const uint8_t *present) {
  json_t *object = cli_prediction_json(p->model, NULL, probs, present, NULL);
  if (it->id) json_object_set(object, "id", it->id);
  cli_print_json(stdout, object);
}

/* Predicts n items and prints a line for each, in their order. */
static mer_status predict_items(predictor *p, item *items, int n, mer_error *err) {
  int32_t n_labels = mer_model_n_labels(p->model);
  mer_input_data *data = calloc((size_t)n + 1, sizeof *data);
  float *probs = calloc((size_t)(n + 1) * (size_t)n_labels, sizeof *probs);
  uint8_t *present = calloc((size_t)(n + 1) * MER_MAX_MODALITIES, 1);
  mer_status status = data && probs && present ? MER_OK : MER_STATUS_NO_MEMORY;
  int n_good = 0;
#pragma omp parallel for schedule(dynamic) num_threads(mer_threads_get())
  for (int i = 0; i < n; i++) hear(p, &items[i]);
  for (int i = 0; i < n && status == MER_OK; i++) {
    if (items[i].error[0]) continue;
    if (gather(&data[n_good], present + n_good * MER_MAX_MODALITIES, p, &items[i])) n_good++;
    else
      snprintf(items[i].error, sizeof items[i].error, "%snothing here that the %s model takes",
               items[i].where, mer_model_kind(p->model));
  }
  if (status == MER_OK) status = mer_model_predict(probs, p->model, data, n_good, NULL, err);
  for (int i = 0, good = 0; i < n && status == MER_OK; i++) {
    if (items[i].error[0]) print_error(p, &items[i]);
    else {
      print_item(p, &items[i], probs + good * n_labels, present + good * MER_MAX_MODALITIES);
      good++;
    }
  }
  fflush(stdout);
  free(data);
  free(probs);
  free(present);
  return status;
}

/* A text member of a line's object; a member of another type is an error of the item. */
static void take_text(char **out, item *it, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (json_is_string(value)) *out = copy(json_string_value(value));
  else if (value && !json_is_null(value))
    snprintf(it->error, sizeof it->error, "\"%s\" is not a text", key);
}

static void parse_line(item *it, const char *line, size_t size, const char *name, int64_t number) {
  json_error_t fault;
  json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &fault);
  char problem[256] = "";
  snprintf(it->where, sizeof it->where, "%.200s:%lld: ", name, (long long)number);
  if (!json_is_object(object)) {
    snprintf(problem, sizeof problem, "expected a JSON object%s%s", object ? "" : ": ",
             object ? "" : fault.text);
  } else {
    it->id = json_incref(json_object_get(object, "id"));
    take_text(&it->text, it, object, "text");
    take_text(&it->audio, it, object, "audio");
    if (it->error[0]) snprintf(problem, sizeof problem, "%.200s", it->error);
  }
  if (problem[0]) snprintf(it->error, sizeof it->error, "%s%s", it->where, problem);
  json_decref(object);
}

static mer_status predict_lines(predictor *p, const char *path, mer_error *err) {
  cli_line_reader reader = {.fd = -1};
  item *items = calloc(CLI_BATCH_LINES, sizeof *items);
  mer_status status = items ? cli_lines_open(&reader, path, err) : MER_STATUS_NO_MEMORY;
  if (status == MER_OK) status = cli_lines_next(&reader, err);
  while (status == MER_OK && reader.n_lines > 0) {
    int n = 0;
    for (int i = 0; i < reader.n_lines; i++)
      if (reader.sizes[i] > 0)
        parse_line(&items[n++], reader.lines[i], reader.sizes[i], reader.name,
                   reader.first_line + i);
    status = predict_items(p, items, n, err);
    for (int i = 0; i < n; i++) item_clear(&items[i]);
    if (status == MER_OK) status = cli_lines_next(&reader, err);
  }
  cli_lines_close(&reader);
  free(items);
  return status;
}

enum { FOLDER_BATCH = 64 };

static mer_status predict_folder(predictor *p, const char *path, mer_error *err) {
  cli_media_folder folder = {0};
  mer_status status = cli_media_folder_open(&folder, path, p->audio_index >= 0, takes_text(p), err);
  item items[FOLDER_BATCH] = {0};
  for (int64_t first = 0; first < folder.n && status == MER_OK; first += FOLDER_BATCH) {
    int n = (int)(folder.n - first < FOLDER_BATCH ? folder.n - first : FOLDER_BATCH);
    for (int i = 0; i < n; i++) {
      const cli_media_file *file = &folder.files[first + i];
      items[i].id = cli_json_text(file->name);
      items[i].audio = copy(file->media);
      snprintf(items[i].where, sizeof items[i].where, "%.200s: ", file->name);
      if (file->transcript)
        items[i].text =
            cli_read_transcript(file->transcript, items[i].error, sizeof items[i].error);
    }
    status = predict_items(p, items, n, err);
    for (int i = 0; i < n; i++) item_clear(&items[i]);
    p->monitor->progress
        ? p->monitor->progress(p->monitor->user, "predict", first + n, folder.n, NULL)
        : (void)0;
  }
  cli_media_folder_close(&folder);
  return status;
}

/* Bytes of text times parameters of the model from which threads pay for one utterance: some 50 ms
 * of work. Below, making them and waiting for the slowest costs more, above all on a busy machine.
 */
static const double large_work = 1e10;

static mer_status predict_one(predictor *p, const char *text, const char *audio, int64_t threads,
                              mer_error *err) {
  double work = text ? (double)strlen(text) * (double)mer_model_n_parameters(p->model) : 0;
  if (threads == 0 && work < large_work) mer_threads_set(1);
  item it = {.text = copy(text), .audio = copy(audio), .id = cli_json_text(audio)};
  if (audio) snprintf(it.where, sizeof it.where, "%.200s: ", audio);
  mer_status status = predict_items(p, &it, 1, err);
  item_clear(&it);
  return status;
}

static int run(cli_common *common, int argc, char **argv) {
  const char *text = NULL, *audio = NULL, *lines = NULL;
  const cli_option options[] = {
      {CLI_TEXT, 0, "text", "TEXT", &text, 0, 0, "the utterance's words"},
      {CLI_TEXT, 0, "audio", "FILE", &audio, 0, 0, "its sound, any audio or video file"},
      {CLI_TEXT, 0, "jsonl", "FILE|-", &lines, 0, 0, "lines of {\"id\", \"text\", \"audio\"}"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_predict, options, common, argc, argv, &n);
  if (code >= 0) return code;
  int n_sources = (text || audio) + (lines != NULL) + (n == 2);
  if (n < 1 || n > 2 || n_sources != 1)
    return cli_usage(&cli_predict,
                     "expected a model and one of: --text and/or --audio, --jsonl, a folder");
  mer_error err = {0};
  predictor p = {.monitor = &common->monitor};
  mer_status status = predictor_open(&p, argv[1], &err);
  if (status == MER_OK)
    status = lines    ? predict_lines(&p, lines, &err)
             : n == 2 ? predict_folder(&p, argv[2], &err)
                      : predict_one(&p, text, audio, common->threads, &err);
  mer_feature_extractor_free(p.extractor);
  mer_model_close(p.model);
  err.status = status;
  if (status != MER_OK) return cli_fail(&err);
  return p.failed ? CLI_FAILED : CLI_DONE;
}

const cli_command cli_predict = {"predict",
                                 "MODEL [--text T] [--audio F] | --jsonl FILE|- | FOLDER",
                                 "Predicts the emotion of utterances, a JSON line for each.", run};
