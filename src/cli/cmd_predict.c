/* cmd_predict.c: `mer predict`: the emotion of new utterances, a JSON line for each. Nothing is
 * stored. An utterance that cannot be answered gives a line with "error", and the exit code 1 at
 * the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/answer_options.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/default_models.h"
#include "cli/json_text.h"
#include "cli/media_folder.h"
#include "cli/model_input.h"
#include "cli/path_join.h"
#include "cli/real_path.h"
#include "cli/standard_output.h"
#include "mer/predict.h"

enum { MAX_LINE_BYTES = 64 << 20, MAX_TRANSCRIPT_BYTES = 1 << 20, FOLDER_BATCH = 64 };

/* Utterances that are answered in one call and printed in their order. */
typedef struct batch {
  mer_predictor *predictor;
  mer_dialogues *dialogues; /* of lines */
  int n;
  mer_request requests[MER_MAX_LINES];
  mer_answer answers[MER_MAX_LINES];
  bool explains; /* with contributions */
  mer_contributions contributions[MER_MAX_LINES];
  /* Own what the requests borrow, of a line or of files. */
  mer_json_request read[MER_MAX_LINES];
  char *ids[MER_MAX_LINES], *texts[MER_MAX_LINES];
  mer_error faults[MER_MAX_LINES]; /* what could not be read */
  char where[MER_MAX_LINES][300];  /* "FILE:LINE: " or "FILE: ", of what an utterance is from */
  bool of_lines;                   /* they are lines of a file */
  int64_t n_done, n_failed;        /* utterances, and those of them without an answer */
} batch;

static const mer_model *model_of(const batch *b) { return mer_predictor_model(b->predictor); }

/* Adds what could not be read to an answer: without one it is the reason, else a text is missing.
 */
static void add_fault(batch *b, int i) {
  mer_answer *answer = &b->answers[i];
  if (b->faults[i].status == MER_OK) return;
  memcpy(answer->message, b->faults[i].message, sizeof answer->message);
  if (answer->status == MER_OK)
    answer->missing[cli_model_input(model_of(b), CLI_INPUT_TEXT)] = "cannot be read";
  else answer->status = b->faults[i].status;
}

/* What is wrong with an utterance, with its place. The line of one without an answer says so
 * itself; else it is told on standard error. */
static void tell_fault(batch *b, int i) {
  mer_answer *answer = &b->answers[i];
  const bool failed = answer->status != MER_OK;
  const char *where = b->of_lines || answer->status == MER_STATUS_INVALID ? b->where[i] : "";
  char message[sizeof answer->message];
  if (!answer->message[0]) return;
  snprintf(message, sizeof message, "%s%.*s", where, (int)(sizeof message - strlen(where) - 1),
           answer->message);
  memcpy(answer->message, message, sizeof message);
  cli_make_utf8(answer->message);
  b->n_failed += failed;
  if (failed) return;
  cli_progress_end();
  fprintf(stderr, "mer: warning: %s\n", answer->message);
}

/* Prints the line of an utterance. */
static mer_status print_answer(const batch *b, int i, mer_error *err) {
  const char *id = b->of_lines ? b->read[i].id : b->ids[i];
  char *json = NULL, *members = NULL;
  mer_status status = MER_OK;
  if (b->explains)
    status = mer_contributions_json(&members, &b->contributions[i], model_of(b), err);
  if (status == MER_OK)
    status = mer_answer_json(&json, &b->answers[i], model_of(b), id, members, err);
  if (json) puts(json);
  mer_text_free(json);
  mer_text_free(members);
  return status;
}

/* Answers the utterances, prints a line for each, in their order, and forgets them. */
static mer_status answer_batch(batch *b, mer_error *err) {
  mer_status status = mer_predictor_contributions(b->answers, b->explains ? b->contributions : NULL,
                                                  b->predictor, b->requests, b->n, err);
  for (int i = 0; i < b->n && status == MER_OK; i++) {
    add_fault(b, i);
    tell_fault(b, i);
    status = print_answer(b, i, err);
  }
  for (int i = 0; i < b->n; i++) {
    mer_json_request_clear(&b->read[i]);
    mer_text_free(b->texts[i]);
    free(b->ids[i]);
    b->texts[i] = b->ids[i] = NULL;
    b->requests[i] = (mer_request){0};
    b->faults[i] = (mer_error){0};
  }
  b->n_done += b->n;
  b->n = 0;
  cli_flush();
  return status;
}

static bool is_blank(const mer_line *line) {
  return !line->fault && strspn(line->text, " \t") == line->size;
}

static void take_line(batch *b, const mer_line *line, const char *name, const char *folder) {
  const int i = b->n++;
  snprintf(b->where[i], sizeof b->where[i], "%.250s:%lld: ", name, (long long)line->number);
  if (line->fault) {
    b->faults[i].status = MER_STATUS_FORMAT;
    snprintf(b->faults[i].message, sizeof b->faults[i].message, "%s", line->fault);
  } else if (mer_dialogues_request_read(&b->read[i], b->dialogues, line->text, line->size, folder,
                                        &b->faults[i]) == MER_OK) {
    b->requests[i] = b->read[i].request;
  }
}

static mer_status predict_lines(batch *b, const char *path, mer_error *err) {
  mer_line_file *file = NULL;
  const mer_line *lines;
  int n = 0;
  if (strcmp(path, "-") == 0) path = NULL;
  b->of_lines = true;
  char *folder = cli_folder_of_lines(path);
  mer_status status =
      folder ? mer_line_file_open(&file, path, MAX_LINE_BYTES, err) : cli_no_memory(err);
  if (status == MER_OK) status = mer_dialogues_create(&b->dialogues, b->predictor, err);
  if (status == MER_OK) status = mer_line_file_next(&lines, &n, file, err);
  while (status == MER_OK && n > 0 && !ferror(stdout)) {
    for (int i = 0; i < n; i++)
      if (!is_blank(&lines[i])) take_line(b, &lines[i], mer_line_file_name(file), folder);
    status = answer_batch(b, err);
    if (status == MER_OK) status = mer_line_file_next(&lines, &n, file, err);
  }
  mer_dialogues_free(b->dialogues);
  mer_line_file_close(file);
  free(folder);
  return status;
}

/* A file is the sound and the image of its utterance, as far as the model takes them; of a video
 * the faces count. */
static void take_file(batch *b, const cli_media_file *file) {
  const int i = b->n++;
  size_t size = 0;
  b->ids[i] = cli_json_name(file->name);
  snprintf(b->where[i], sizeof b->where[i], "%.250s: ", file->name);
  b->requests[i].sound.path = b->requests[i].image.path = file->media;
  b->requests[i].image.faces = file->is_video;
  if (file->transcript && mer_text_read(&b->texts[i], &size, file->transcript, MAX_TRANSCRIPT_BYTES,
                                        &b->faults[i]) == MER_OK) {
    b->requests[i].text = b->texts[i];
    b->requests[i].text_size = size;
  }
}

static mer_status predict_folder(batch *b, const char *path, const mer_monitor *monitor,
                                 mer_error *err) {
  cli_media_folder folder = {0};
  const mer_model *model = model_of(b);
  const bool text = cli_model_input(model, CLI_INPUT_TEXT) >= 0,
             media = cli_model_input(model, CLI_INPUT_SOUND) >= 0 ||
                     cli_model_input(model, CLI_INPUT_IMAGE) >= 0;
  mer_status status = cli_media_folder_open(&folder, path, media, text, monitor, err);
  for (int64_t done = 0; done < folder.n && status == MER_OK && !ferror(stdout);) {
    while (b->n < FOLDER_BATCH && done < folder.n) take_file(b, &folder.files[done++]);
    status = answer_batch(b, err);
    if (monitor->progress) monitor->progress(monitor->user, "predict", done, folder.n, NULL);
  }
  cli_media_folder_close(&folder);
  return status;
}

/* What the command line asks for; NULL: it does not. */
typedef struct arguments {
  const char *model; /* NULL: the ones that come with the program, or those of `defaults` */
  cli_default_models defaults;
  const char *text, *audio, *image, *video; /* of one utterance */
  const char *lines, *folder, *face_detector;
  cli_answering answering;
  bool contributions;
} arguments;

/* What is given and the model does not take; NULL: nothing. */
static const char *find_idle(const mer_model *model, const arguments *a) {
  if (a->text && cli_model_input(model, CLI_INPUT_TEXT) < 0) return "--text";
  if (a->audio && cli_model_input(model, CLI_INPUT_SOUND) < 0) return "--audio";
  if (a->image && cli_model_input(model, CLI_INPUT_IMAGE) < 0) return "--image";
  if (a->video && cli_model_input(model, CLI_INPUT_SOUND) < 0 &&
      cli_model_input(model, CLI_INPUT_IMAGE) < 0)
    return "--video";
  return a->contributions && mer_model_n_modalities(model) < 2 ? "--contributions" : NULL;
}

static mer_status predict_one(batch *b, const arguments *a, mer_error *err) {
  const char *media = a->video ? a->video : a->audio ? a->audio : a->image;
  b->n = 1;
  b->requests[0].text = a->text;
  b->requests[0].text_size = a->text ? strlen(a->text) : 0;
  b->requests[0].sound.path = a->audio ? a->audio : a->video;
  b->requests[0].image.path = a->image ? a->image : a->video;
  b->requests[0].image.faces = !a->image;
  if (media) {
    b->ids[0] = cli_json_name(media);
    snprintf(b->where[0], sizeof b->where[0], "%.250s: ", media);
  }
  return answer_batch(b, err);
}

/* What finds faces, where videos may come and the model sees. */
static mer_status open_detector(batch *b, const arguments *a, mer_error *err) {
  const bool wanted = a->video || a->lines || a->folder;
  const char *folder = cli_face_detector(a->face_detector);
  if (!wanted || !folder || cli_model_input(model_of(b), CLI_INPUT_IMAGE) < 0) return MER_OK;
  return mer_predictor_set_face_detector(b->predictor, folder, err);
}

static int end(const batch *b) {
  if (b->n_failed == 0) return CLI_DONE;
  cli_progress_end();
  fprintf(stderr, "mer: not answered: %lld of %lld (\"error\" says why)\n", (long long)b->n_failed,
          (long long)b->n_done);
  return CLI_FAILED;
}

static int predict(batch *b, const arguments *a, const mer_monitor *monitor) {
  mer_error err = {0};
  const char *idle = find_idle(model_of(b), a);
  if (idle)
    return cli_usage(&cli_predict, "%s does not apply to a model of the kind %s", idle,
                     mer_model_kind(model_of(b)));
  b->explains = a->contributions;
  mer_status status = cli_answering_set(b->predictor, &a->answering, &err);
  if (status == MER_OK) status = open_detector(b, a, &err);
  if (status == MER_OK)
    status = a->lines    ? predict_lines(b, a->lines, &err)
             : a->folder ? predict_folder(b, a->folder, monitor, &err)
                         : predict_one(b, a, &err);
  err.status = status;
  return status == MER_OK ? end(b) : cli_fail(&err);
}

static int open_and_predict(const arguments *a, const mer_monitor *monitor) {
  mer_error err = {0};
  batch *b = calloc(1, sizeof *b);
  err.status = !b         ? cli_no_memory(&err)
               : a->model ? mer_predictor_open(&b->predictor, a->model, &err)
                          : cli_default_models_open(&b->predictor, &a->defaults, &err);
  const int code = err.status == MER_OK ? predict(b, a, monitor) : cli_fail(&err);
  if (b) mer_predictor_close(b->predictor);
  free(b);
  return code;
}

/* Whether a name without an option is that of a model: a folder with a config.json, or nothing that
 * could be answered. */
static bool names_model(const char *path) {
  struct stat info;
  char *config = cli_path_join(path, "config.json");
  const bool found = config && stat(config, &info) == 0;
  free(config);
  return found || stat(path, &info) != 0;
}

/* What the names without options [n] are: a model, a folder, or both. */
static int take_names(arguments *a, char **names, int n) {
  const int n_sources = (a->text || a->audio || a->image || a->video) + (a->lines != NULL);
  if (n > 0 && (n_sources > 0 || n == 2 || names_model(names[0]))) a->model = *names++, n--;
  if (n > 0) a->folder = names[0];
  if (n > 1 || n_sources + n != 1)
    return cli_usage(&cli_predict,
                     "expected one of: --text, --audio, --image and/or --video, --jsonl, a folder");
  a->defaults.text = a->text || a->lines || a->folder;
  a->defaults.speech = a->audio || a->video || a->lines || a->folder;
  if (!a->model && a->image)
    return cli_usage(&cli_predict, "--image needs a MODEL: none that comes with mer sees");
  if (a->model && (a->defaults.text_folder || a->defaults.speech_folder))
    return cli_usage(&cli_predict, "--text-model and --speech-model stand in the place of a MODEL");
  return -1;
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = {0};
  const cli_option options[] = {
      {CLI_TEXT, 0, "text", "TEXT", &a.text, 0, 0, "the utterance's words"},
      {CLI_NAME, 0, "audio", "FILE", &a.audio, 0, 0, "its sound, any audio or video file"},
      {CLI_NAME, 0, "image", "FILE", &a.image, 0, 0, "its picture, any image, or a video's first"},
      {CLI_NAME, 0, "video", "FILE", &a.video, 0, 0,
       "its video: the sound, and the faces in its pictures"},
      {CLI_ENCODER, 0, "face-detector", "DIR|NAME", &a.face_detector, 0, 0,
       "what finds faces in videos (default: centerface, if it is there)"},
      {CLI_NAME, 0, "jsonl", "FILE|-", &a.lines, 0, 0,
       "lines of {\"id\", \"text\", \"audio\", \"image\", \"video\"}; of a dialogue also "
       "\"speaker\", "
       "\"dialogue\" "
       "or \"context\""},
      CLI_ANSWER_OPTIONS(a.answering),
      {CLI_NAME, 0, "text-model", "DIR", &a.defaults.text_folder, 0, 0,
       "without a MODEL: what reads text (default models/text, which comes with the program)"},
      {CLI_NAME, 0, "speech-model", "DIR", &a.defaults.speech_folder, 0, 0,
       "without a MODEL: what hears sound (default models/speech)"},
      {CLI_FLAG, 0, "contributions", NULL, &a.contributions, 0, 0,
       "also say what the answer would be without each modality (fusion)"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_predict, options, common, argc, argv, &n);
  if (code >= 0) return code;
  code = take_names(&a, argv + 1, n);
  return code >= 0 ? code : open_and_predict(&a, &common->monitor);
}

const cli_command cli_predict = {
    "predict", "[MODEL] [--text T] [--audio F] [--image F] [--video F] | --jsonl FILE|- | FOLDER",
    "Predicts the emotion of utterances, a JSON line for each.", run};
