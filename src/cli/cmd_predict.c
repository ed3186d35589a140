/* cmd_predict.c: `mer predict`: the emotion of new utterances. Nothing but the answers is stored.
 * An utterance that cannot be answered gives an answer that says so, and the exit code 1 at the
 * end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/answer_options.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/default_models.h"
#include "cli/fingerprint.h"
#include "cli/model_input.h"
#include "cli/predict_batch.h"

/* What the command line asks for; NULL: it does not. */
typedef struct arguments {
  const char *model; /* NULL: the ones that come with the program, or those of `defaults` */
  cli_default_models defaults;
  const char *text, *audio, *image, *video; /* of one utterance */
  const char *lines, *face_detector, *format, *output;
  cli_inputs inputs;
  cli_answering answering;
  double window_s, hop_s;
  bool contributions, resume, lenient, adapt;
} arguments;

/* What is given and the model does not take; NULL: nothing. */
static const char *find_idle(const mer_model *model, const arguments *a) {
  const bool hears = cli_model_input(model, CLI_INPUT_SOUND) >= 0;
  if (a->text && cli_model_input(model, CLI_INPUT_TEXT) < 0) return "--text";
  if (a->audio && !hears) return "--audio";
  if (a->image && cli_model_input(model, CLI_INPUT_IMAGE) < 0) return "--image";
  if (a->video && !hears && cli_model_input(model, CLI_INPUT_IMAGE) < 0) return "--video";
  if (a->window_s > 0 && !hears) return "--window";
  return a->contributions && mer_model_n_modalities(model) < 2 ? "--contributions" : NULL;
}

/* What finds faces, where videos may come and the model sees. */
static mer_status open_detector(const cli_batch *b, const arguments *a, mer_error *err) {
  const char *folder = cli_face_detector(a->face_detector);
  const bool wanted = a->video || a->inputs.n > 0;
  if (!wanted || !folder || cli_model_input(b->output.model, CLI_INPUT_IMAGE) < 0) return MER_OK;
  return mer_predictor_set_face_detector(b->predictor, folder, err);
}

/* --- runs that go on --- */

/* What the answers depend on beside model and inputs. */
static uint64_t fingerprint_options(const cli_batch *b, const arguments *a) {
  char numbers[160];
  snprintf(numbers, sizeof numbers, "%s %d %d %d %.17g %.17g %.17g", mer_version(),
           (int)b->output.format, (int)b->explains, (int)b->adapts, a->window_s, a->hop_s,
           a->answering.min_confidence);
  uint64_t f = cli_fingerprint_text(CLI_FINGERPRINT_NONE, numbers);
  f = cli_fingerprint_text(f, a->answering.map);
  f = cli_fingerprint_file(f, a->answering.map);
  return cli_fingerprint_text(f, a->face_detector);
}

static uint64_t fingerprint_model(const cli_batch *b, const arguments *a) {
  const uint64_t f = cli_fingerprint_text(CLI_FINGERPRINT_NONE, mer_model_config(b->output.model));
  return a->model ? cli_fingerprint_folder(f, a->model)
                  : cli_default_models_fingerprint(f, &a->defaults);
}

/* Opens the file of the answers, and finds where an earlier run has ended. */
static mer_status open_output(cli_batch *b, const arguments *a, uint64_t inputs, mer_error *err) {
  char model[CLI_FINGERPRINT_BYTES], options[CLI_FINGERPRINT_BYTES], of[CLI_FINGERPRINT_BYTES];
  if (!a->output || strcmp(a->output, "-") == 0) return MER_OK;
  cli_fingerprint_print(model, fingerprint_model(b, a));
  cli_fingerprint_print(options, fingerprint_options(b, a));
  inputs = cli_fingerprint_text(inputs, a->text);
  inputs = cli_fingerprint_file(inputs, a->audio ? a->audio : a->video);
  cli_fingerprint_print(of, cli_fingerprint_file(inputs, a->image));
  const mer_part_key keys[] = {{"model", model}, {"options", options}, {"inputs", of}};
  const mer_status status = mer_part_file_open(&b->output.file, b->counts, a->output, keys, 3,
                                               a->resume, b->monitor, err);
  b->skip = b->counts[0];
  return status;
}

/* Gives the file its name, or leaves what a later run can go on with. */
static mer_status close_output(cli_batch *b, const arguments *a, mer_status status,
                               mer_error *err) {
  char reason[300];
  if (!b->output.file) return status;
  if (status == MER_OK) return mer_part_file_commit(b->output.file, err);
  snprintf(reason, sizeof reason, "%.299s", err->message);
  if (mer_part_file_abandon(b->output.file) && cli_inputs_are_files(&a->inputs))
    snprintf(err->message, sizeof err->message,
             "%s; run the same command with --resume to go on with %.150s.partial", reason,
             a->output);
  return status;
}

/* --- answering --- */

static mer_status take_one(cli_batch *b, const arguments *a, mer_error *err) {
  const char *media = a->video ? a->video : a->audio ? a->audio : a->image;
  const mer_request request = {.text = a->text,
                               .text_size = a->text ? strlen(a->text) : 0,
                               .sound.path = a->audio ? a->audio : a->video,
                               .image.path = a->image ? a->image : a->video,
                               .image.faces = !a->image};
  return b->skip ? MER_OK : cli_batch_take_request(b, &request, media, err);
}

/* Answers everything from where an earlier run has ended. */
static mer_status answer_all(cli_batch *b, const arguments *a, mer_error *err) {
  mer_status status = b->skip ? MER_OK : cli_answer_begin(&b->output, err);
  if (status != MER_OK) return status;
  status = a->inputs.n ? cli_inputs_walk(&a->inputs, cli_batch_take, b, err) : take_one(b, a, err);
  return status == MER_OK ? cli_batch_answer(b, err) : status;
}

static mer_status answer_to_output(cli_batch *b, arguments *a, mer_error *err) {
  uint64_t fingerprint = CLI_FINGERPRINT_NONE;
  mer_status status = MER_OK;
  b->waits = !cli_inputs_are_files(&a->inputs);
  a->inputs.media.monitor = b->monitor;
  if (!b->waits && a->inputs.n) {
    status = cli_inputs_count(&b->total, &fingerprint, &a->inputs, err);
    a->inputs.media.monitor = NULL; /* it has been told */
  }
  if (status == MER_OK) status = open_output(b, a, fingerprint, err);
  if (status == MER_OK) status = answer_all(b, a, err);
  return close_output(b, a, status, err);
}

static int end(const cli_batch *b, const arguments *a) {
  cli_progress_end();
  if (b->counts[1] == 0) return CLI_DONE;
  fprintf(stderr, "mer: not answered: %lld of %lld (\"error\" says why)\n", (long long)b->counts[1],
          (long long)b->counts[0]);
  return a->lenient ? CLI_DONE : CLI_FAILED;
}

/* Sets what the model must be known for. */
static mer_status set_up(cli_batch *b, arguments *a, mer_error *err) {
  const mer_model *model = b->output.model;
  mer_status status = cli_answering_set(b->predictor, &a->answering, b->monitor, err);
  if (status == MER_OK) status = open_detector(b, a, err);
  mer_window_options_init(&b->windows, sizeof b->windows);
  b->windows.window_s = a->window_s;
  b->windows.hop_s = a->hop_s;
  b->windows.contributions = b->explains = a->contributions;
  if (b->stops) b->windows.monitor = b->monitor;
  b->adapts = a->adapt && mer_predictor_adapts(b->predictor);
  b->output.windows = a->window_s > 0;
  a->inputs.media.text = cli_model_input(model, CLI_INPUT_TEXT) >= 0;
  a->inputs.media.media =
      cli_model_input(model, CLI_INPUT_SOUND) >= 0 || cli_model_input(model, CLI_INPUT_IMAGE) >= 0;
  if (status == MER_OK && a->window_s > 0)
    status = mer_window_options_check(b->predictor, &b->windows, err);
  return status;
}

static int predict(cli_batch *b, arguments *a) {
  mer_error err = {0};
  b->output.model = mer_predictor_model(b->predictor);
  const char *idle = find_idle(b->output.model, a);
  if (idle)
    return cli_usage(&cli_predict, "%s does not apply to a model of the kind %s", idle,
                     mer_model_kind(b->output.model));
  err.status = set_up(b, a, &err);
  if (err.status == MER_OK) err.status = answer_to_output(b, a, &err);
  if (err.status != MER_OK && ferror(stdout)) return CLI_FAILED; /* main says why */
  return err.status == MER_OK ? end(b, a) : cli_fail(&err);
}

static int open_and_predict(arguments *a, cli_answer_format format, const mer_monitor *monitor) {
  mer_error err = {0};
  cli_batch *b = calloc(1, sizeof *b);
  if (!b) return cli_fail(&(mer_error){.status = MER_STATUS_NO_MEMORY});
  b->monitor = monitor;
  b->output.format = format;
  b->stops = a->output != NULL;
  if (b->stops) cli_catch_interrupt();
  err.status = a->model ? mer_predictor_open(&b->predictor, a->model, &err)
                        : cli_default_models_open(&b->predictor, &a->defaults, &err);
  const int code = err.status == MER_OK ? predict(b, a) : cli_fail(&err);
  cli_batch_clear(b);
  mer_predictor_close(b->predictor);
  free(b);
  return code;
}

/* --- the command line --- */

/* Whether the first name without an option is that of a model: a folder with a config.json, or
 * nothing that could be answered. */
static bool names_model(const char *name) {
  struct stat info;
  if (strcmp(name, "-") == 0) return false;
  if (mer_model_is_in(name)) return true;
  return stat(name, &info) != 0 && !name[strcspn(name, "*?[")];
}

/* What the names without options [n] are: a model, inputs, or both. */
static int take_names(arguments *a, char **names, int n) {
  mer_error err = {0};
  const bool one = a->text || a->audio || a->image || a->video;
  if (n > 0 && (one || a->lines || names_model(names[0]))) a->model = *names++, n--;
  const int n_kinds = one + (a->lines != NULL) + (n > 0);
  if (!one && !a->lines && a->model && !mer_model_is_in(a->model)) {
    err.status = MER_STATUS_NOT_FOUND;
    snprintf(err.message, sizeof err.message,
             "%.400s: not there: expected the folder of a model, or a file", a->model);
    return cli_fail(&err);
  }
  if (n_kinds != 1)
    return cli_usage(&cli_predict,
                     "expected one of: --text, --audio, --image and/or --video, --jsonl, files and "
                     "folders");
  if (a->lines) err.status = cli_inputs_add_lines(&a->inputs, a->lines, &err);
  for (int i = 0; i < n && err.status == MER_OK; i++)
    err.status = cli_inputs_add(&a->inputs, names[i], &err);
  if (err.status != MER_OK) return cli_fail(&err);
  a->defaults.text = a->text || a->inputs.n;
  a->defaults.speech = a->audio || a->video || a->inputs.n;
  if (!a->model && a->image)
    return cli_usage(&cli_predict, "--image needs a MODEL: none that comes with mer sees");
  if (a->model && (a->defaults.text_folder || a->defaults.speech_folder))
    return cli_usage(&cli_predict, "--text-model and --speech-model stand in the place of a MODEL");
  return -1;
}

/* The format that is asked for, else that of the file's ending, else JSON lines; false: the ending
 * is unknown. */
static bool choose_format(cli_answer_format *format, const arguments *a) {
  const char *ending = a->output ? strrchr(a->output, '.') : NULL;
  *format = CLI_ANSWER_JSONL;
  if (a->format) return cli_answer_find_format(format, a->format);
  if (!ending || strchr(ending, '/')) return true;
  return cli_answer_find_format(format, ending + 1);
}

static int check_options(cli_answer_format *format, const arguments *a, bool json) {
  const bool to_file = a->output && strcmp(a->output, "-") != 0;
  if (!choose_format(format, a))
    return cli_usage(&cli_predict,
                     "%s: no format has this ending: expected " CLI_ANSWER_FORMATS ", or --format",
                     a->output);
  if (*format != CLI_ANSWER_JSONL && (a->contributions || json))
    return cli_usage(&cli_predict, "%s has answers as JSON: it needs --format jsonl",
                     json ? "--json" : "--contributions");
  if (a->hop_s > 0 && !(a->window_s > 0)) return cli_usage(&cli_predict, "--hop needs --window");
  if (a->hop_s > a->window_s)
    return cli_usage(&cli_predict, "--hop is longer than --window: sound would be left out");
  if (a->resume && !to_file)
    return cli_usage(&cli_predict, "--resume needs -o FILE, which an earlier run has begun");
  if (a->resume && !cli_inputs_are_files(&a->inputs))
    return cli_usage(&cli_predict, "--resume cannot read a stream again");
  const char *replaced = cli_inputs_find(&a->inputs, a->output);
  const char *const one[] = {a->audio, a->image, a->video};
  for (int i = 0; i < 3; i++)
    if (cli_same_file(a->output, one[i])) replaced = one[i];
  return replaced ? cli_usage(&cli_predict, "%s would be replaced by its answers", replaced) : -1;
}

static int check_and_predict(arguments *a, const cli_common *common) {
  mer_error err = {0};
  cli_answer_format format;
  const int code = check_options(&format, a, common->json);
  if (code >= 0) return code;
  const cli_own_file own = cli_answer_own_file(format);
  if (cli_check_output(a->output, &own, &err) != MER_OK) return cli_fail(&err);
  a->inputs.media.output = a->output;
  return open_and_predict(a, format, &common->monitor);
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = {.adapt = true};
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
       "\"speaker\", \"dialogue\", \"context\" or \"future\""},
      {CLI_CHOICE, 0, "format", CLI_ANSWER_FORMATS, &a.format, 0, 0,
       "of the answers (default: that of the ending of the file, or jsonl)"},
      {CLI_NAME, 'o', "output", "FILE", &a.output, 0, 0,
       "where they are written (default: printed)"},
      {CLI_FLAG, 0, "resume", NULL, &a.resume, 0, 0,
       "go on with what an interrupted run has left of FILE"},
      {CLI_REAL, 0, "window", "S", &a.window_s, .1, 3600,
       "answer a sound window by window of so many seconds (default: one answer; some models hear "
       "its beginning alone)"},
      {CLI_REAL, 0, "hop", "S", &a.hop_s, .1, 3600,
       "seconds from one window to the next (default: that of a window)"},
      {CLI_FLAG, 0, "lenient", NULL, &a.lenient, 0, 0,
       "exit code 0 also where utterances cannot be answered"},
      {CLI_NO, 0, "no-adapt", NULL, &a.adapt, 0, 0,
       "each line by itself, not beside what its speaker has said before"},
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
  if (code < 0) code = check_and_predict(&a, common);
  cli_inputs_clear(&a.inputs);
  return code;
}

const cli_command cli_predict = {
    "predict",
    "[MODEL] FILE|FOLDER.. | --jsonl FILE|- | [--text T] [--audio F] [--image F] [--video F]",
    "Predicts the emotion of utterances: media files, texts, folders of them, JSON lines, CSV.",
    run};
