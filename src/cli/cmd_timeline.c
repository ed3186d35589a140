/* cmd_timeline.c: `mer timeline`: the emotion of recordings over time, segment by segment. Nothing
 * but the result is stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/answer_options.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/default_models.h"
#include "cli/model_input.h"
#include "cli/output_file.h"
#include "cli/shell_command.h"
#include "cli/speaker_options.h"
#include "cli/speech_options.h"
#include "cli/standard_output.h"
#include "cli/timeline_output.h"
#include "cli/transcribe.h"
#include "mer/text.h"

/* What the command line asks for. */
typedef struct arguments {
  const char *model; /* NULL: the ones that come with the program, or those of `defaults` */
  cli_default_models defaults;
  const char *channels, *speakers, *transcript, *transcribe, *format, *output;
  bool text_only, contributions;
  cli_hearing hearing;
  cli_speech speech;
  cli_answering answering;
  char **recordings; /* [n_recordings] */
  int n_recordings;
} arguments;

/* What is open while recordings are answered. */
typedef struct session {
  mer_predictor *predictor;
  mer_voice_model *voice;
  mer_transcript *transcript;
  mer_timeline_options options;
  cli_timeline_output output;
  char *text; /* [size]: what is written to a file at the end; NULL: it is printed */
  size_t size;
  const char *transcript_path; /* NULL: a command writes it */
  cli_transcriber transcriber;
  bool interrupted;
  int64_t n_items, n_failed;
} session;

/* What is wrong with an entry of the transcript, with its place. */
static void tell_fault(const session *s, const mer_timeline_item *item) {
  if (!item->entry || !item->entry->fault) return;
  const long long line = item->entry->line;
  if (s->transcript_path)
    cli_warn(s->options.monitor, "%s:%lld: %s", s->transcript_path, line, item->entry->fault);
  else
    cli_warn(s->options.monitor, "%s:%lld: %s: in what the command has written of it: %s",
             s->output.recording, line, item->entry->fault, item->entry->text);
}

static mer_status take_item(void *user, const mer_timeline_item *item, mer_error *err) {
  session *s = user;
  if (s->output.out == stdout && isatty(STDOUT_FILENO)) cli_progress_end();
  s->n_items++;
  s->n_failed += item->answer.status != MER_OK;
  tell_fault(s, item);
  return cli_timeline_write(&s->output, item, err);
}

/* Answers a recording; NULL: the transcript alone. */
static mer_status answer_one(session *s, const arguments *a, const char *recording,
                             mer_error *err) {
  mer_recording heard = {0};
  mer_transcript *made = NULL;
  mer_status status = MER_OK;
  s->output.recording = recording;
  if (a->transcribe) {
    status = cli_transcribe(&made, recording, &s->transcriber, err);
    s->options.transcript = made;
  }
  if (status == MER_OK)
    status = mer_timeline_run(&heard, a->text_only ? NULL : recording, s->predictor, s->voice,
                              &s->options, take_item, s, err);
  /* A page has what was answered before an error, as the lines of other formats have. */
  if (status == MER_OK || (s->n_items > 0 && status != MER_STATUS_INTERRUPTED)) {
    mer_error second = {0};
    const mer_status ended = cli_timeline_end(&s->output, &heard, status == MER_OK ? err : &second);
    if (status == MER_OK) status = ended;
  }
  mer_transcript_close(made);
  return status;
}

/* One of several recordings that cannot be decoded has a row that says so. */
static int tell_failed(session *s, const arguments *a, const mer_error *fault) {
  mer_error err = {0};
  if (fault->status != MER_STATUS_INTERRUPTED && a->n_recordings > 1)
    err.status = cli_timeline_write_fault(&s->output, fault, &err);
  if (err.status != MER_OK) cli_fail(&err);
  return cli_fail(fault);
}

/* Answers the recordings; one that cannot be decoded does not keep the others from being answered.
 */
static int answer_all(session *s, const arguments *a) {
  int code = CLI_DONE;
  mer_error fault = {0};
  fault.status = cli_timeline_begin(&s->output, &fault);
  if (fault.status != MER_OK) return cli_fail(&fault);
  for (int i = 0; i < a->n_recordings; i++) {
    mer_error err = {0};
    err.status = answer_one(s, a, a->recordings[i], &err);
    if (err.status != MER_OK) code = tell_failed(s, a, &err);
    if (s->output.out == stdout) cli_flush();
    s->interrupted = err.status == MER_STATUS_INTERRUPTED;
    if (s->interrupted || ferror(stdout)) return CLI_FAILED;
  }
  if (s->n_failed) {
    cli_progress_end();
    fprintf(stderr, "mer: not answered: %lld of %lld\n", (long long)s->n_failed,
            (long long)s->n_items);
    code = CLI_FAILED;
  }
  return code;
}

/* A model of texts alone needs a transcript, one of sound alone has nothing of one without sound.
 */
static mer_status check_model(const session *s, const arguments *a, mer_error *err) {
  const mer_model *model = mer_predictor_model(s->predictor);
  const char *fault =
      cli_model_input(model, CLI_INPUT_SOUND) < 0 && !s->transcript && !a->transcribe
          ? "does not hear: --transcript brings the words"
      : a->text_only && cli_model_input(model, CLI_INPUT_TEXT) < 0
          ? "does not read: --text-only leaves nothing"
          : NULL;
  if (!fault) return MER_OK;
  snprintf(err->message, sizeof err->message, "a model of the kind %s %s", mer_model_kind(model),
           fault);
  return err->status = MER_STATUS_INVALID;
}

/* A file of the user that is not a timeline is not replaced. */
static mer_status open_output(session *s, const arguments *a, mer_error *err) {
  s->output.model = mer_predictor_model(s->predictor);
  s->output.out = stdout;
  if (!a->output || strcmp(a->output, "-") == 0) return MER_OK;
  const cli_own_file own = cli_timeline_own_file(s->output.format);
  mer_status status = cli_check_output(a->output, &own, err);
  if (status != MER_OK) return status;
  s->output.out = open_memstream(&s->text, &s->size);
  return s->output.out ? MER_OK : cli_no_memory(err);
}

static mer_status open_session(session *s, const arguments *a, mer_error *err) {
  mer_status status = MER_OK;
  if (a->transcript)
    status = mer_transcript_open(&s->transcript, a->transcript, s->options.monitor, err);
  else if (!a->transcribe) status = cli_speech_open(&s->voice, &a->speech, err);
  if (status == MER_OK)
    status = a->model ? mer_predictor_open(&s->predictor, a->model, err)
                      : cli_default_models_open(&s->predictor, &a->defaults, err);
  if (status == MER_OK)
    status = cli_answering_set(s->predictor, &a->answering, s->options.monitor, err);
  if (status == MER_OK) status = check_model(s, a, err);
  if (status == MER_OK) status = open_output(s, a, err);
  if (s->transcript && mer_transcript_count(s->transcript) == 0)
    cli_warn(s->options.monitor, "%s: has no entries: nothing is said", a->transcript);
  s->options.transcript = s->transcript;
  s->transcript_path = a->transcript;
  return status;
}

/* What was answered before Ctrl-C, and not printed line by line. */
static void tell_lost(const session *s, const arguments *a) {
  const bool printed = s->output.out == stdout;
  if (!s->interrupted || s->n_items == 0) return;
  if (printed && s->output.format != CLI_TIMELINE_HTML) return;
  fprintf(stderr, "mer: %s is not written; answers lost: %lld\n", printed ? "the page" : a->output,
          (long long)s->n_items);
}

/* Writes the file that was asked for. An earlier one stays if there is nothing to write in its
 * place, as the recording could not be decoded, or not all of it. */
static int close_output(session *s, const arguments *a, const mer_monitor *monitor, int code) {
  mer_error err = {0};
  tell_lost(s, a);
  if (!s->output.out || s->output.out == stdout) return code;
  const bool failed = fclose(s->output.out) != 0;
  if (failed) err.status = cli_no_memory(&err);
  else if (code == CLI_DONE || (s->n_items > 0 && s->size > 0 && !s->interrupted))
    err.status = mer_file_write(a->output, s->text, s->size, monitor, &err);
  free(s->text);
  return err.status == MER_OK ? code : cli_fail(&err);
}

static int answer_recordings(const arguments *a, cli_timeline_format format,
                             const cli_common *common) {
  const mer_monitor *monitor = &common->monitor;
  mer_error err = {0};
  session s = {.output = {.format = format}};
  mer_timeline_options_init(&s.options, sizeof s.options);
  s.options.speech = &a->speech.options;
  s.options.speakers = a->speakers;
  s.options.contributions = a->contributions;
  cli_hearing_set(&s.options, &a->hearing);
  s.options.monitor = monitor;
  s.options.channels = strcmp(a->channels, "apart") == 0   ? MER_CHANNELS_APART
                       : strcmp(a->channels, "mixed") == 0 ? MER_CHANNELS_MIXED
                                                           : MER_CHANNELS_AUTO;
  s.transcriber = (cli_transcriber){.command = a->transcribe,
                                    .channels = s.options.channels,
                                    .quiet = common->quiet,
                                    .tells_damage = a->text_only,
                                    .monitor = monitor};
  cli_catch_interrupt();
  err.status = open_session(&s, a, &err);
  int code = err.status == MER_OK ? answer_all(&s, a) : cli_fail(&err);
  code = close_output(&s, a, monitor, code);
  mer_timeline_page_free(s.output.page);
  mer_predictor_close(s.predictor);
  mer_voice_model_close(s.voice);
  mer_transcript_close(s.transcript);
  return code;
}

/* The format that is asked for, else that of the file's ending, else JSON lines; false: the ending
 * is unknown. */
static bool choose_format(cli_timeline_format *format, const arguments *a) {
  const char *ending = a->output ? strrchr(a->output, '.') : NULL;
  *format = CLI_TIMELINE_JSONL;
  if (a->format) return cli_timeline_find_format(format, a->format);
  if (!ending || strchr(ending, '/')) return true;
  return cli_timeline_find_format(format, ending + 1);
}

/* What is read would be lost: its path, or NULL. */
static const char *find_replaced(const arguments *a) {
  if (cli_same_file(a->output, a->transcript)) return a->transcript;
  for (int i = 0; i < a->n_recordings; i++)
    if (cli_same_file(a->output, a->recordings[i])) return a->recordings[i];
  return NULL;
}

static bool has_words(const arguments *a) { return a->transcript || a->transcribe; }

/* The names without options [n]: a model, where the first one is a folder, and recordings. The
 * first one that is not there may be a model, so nothing is answered by another one. -1: all is
 * well. */
static int take_names(arguments *a, char **names, int n) {
  struct stat info;
  const bool is_there = n > 0 && stat(names[0], &info) == 0;
  const bool is_folder = is_there && S_ISDIR(info.st_mode);
  if (n > 0 && (!is_there || (is_folder && !mer_model_is_in(names[0])))) {
    mer_error err = {.status = MER_STATUS_NOT_FOUND};
    snprintf(err.message, sizeof err.message,
             "%.400s: %s: expected the folder of a model, or a recording", names[0],
             is_there ? "a folder without a config.json" : "not there");
    return cli_fail(&err);
  }
  if (is_folder) a->model = *names++, n--;
  a->recordings = names;
  a->n_recordings = n;
  a->defaults.text = has_words(a);
  a->defaults.speech = !a->text_only;
  if (a->model && (a->defaults.text_folder || a->defaults.speech_folder))
    return cli_usage(&cli_timeline,
                     "--text-model and --speech-model stand in the place of a MODEL");
  if (a->defaults.text_folder && !has_words(a))
    return cli_usage(&cli_timeline, "--text-model needs --transcript or --transcribe");
  if (a->defaults.speech_folder && a->text_only)
    return cli_usage(&cli_timeline, "--speech-model has nothing to hear with --text-only");
  return -1;
}

static int check_and_answer(arguments *a, const cli_common *common) {
  static char *none[] = {NULL};
  cli_timeline_format format;
  if (!choose_format(&format, a))
    return cli_usage(&cli_timeline, "%s: no format has this ending: expected " CLI_TIMELINE_FORMATS,
                     a->output);
  if (a->text_only && !has_words(a))
    return cli_usage(&cli_timeline, "--text-only needs --transcript or --transcribe");
  if (a->transcript && a->transcribe)
    return cli_usage(&cli_timeline, "--transcript and --transcribe: one of them brings the words");
  if (a->transcribe && !cli_shell_command_has(a->transcribe, "wav"))
    return cli_usage(&cli_timeline, "--transcribe lacks {wav}, where the command finds the sound");
  if (a->n_recordings == 0 && !(a->text_only && a->transcript))
    return cli_usage(&cli_timeline, "expected a recording");
  const bool single = a->transcript || format == CLI_TIMELINE_SRT || format == CLI_TIMELINE_VTT ||
                      format == CLI_TIMELINE_HTML;
  if (a->n_recordings > 1 && single)
    return cli_usage(&cli_timeline,
                     "a transcript, subtitles and a page are those of one recording");
  int code = cli_speech_check(&cli_timeline, &a->speech);
  if (code < 0) code = cli_hearing_check(&cli_timeline, &a->hearing);
  if (code >= 0) return code;
  if (find_replaced(a))
    return cli_usage(&cli_timeline, "%s would be replaced by its timeline", find_replaced(a));
  if (a->n_recordings == 0) {
    a->recordings = none;
    a->n_recordings = 1;
  }
  return answer_recordings(a, format, common);
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = {.channels = "auto", .hearing = {.adapt = true}, .speech = cli_speech_default()};
  const cli_option options[] = {
      {CLI_NAME, 0, "transcript", "FILE", &a.transcript, 0, 0,
       "what is said, when and by whom: SRT, WebVTT, JSON of Whisper, CSV; its entries are the "
       "segments"},
      {CLI_NAME, 0, "transcribe", "COMMAND", &a.transcribe, 0, 0,
       "a command that makes the transcript of the sound in {wav}, and writes it to {out}.json or "
       "the like, or into the folder {dir}, or prints it"},
      {CLI_CHOICE, 0, "format", CLI_TIMELINE_FORMATS, &a.format, 0, 0,
       "of the result (default: that of the ending of the file, or jsonl)"},
      {CLI_NAME, 'o', "output", "FILE", &a.output, 0, 0, "where it is written (default: printed)"},
      {CLI_CHOICE, 0, "channels", "auto|apart|mixed", &a.channels, 0, 0,
       "the channels of a stereo recording are a speaker each, or one room (default auto: apart, "
       "unless they carry the same)"},
      {CLI_NAME, 0, "speakers", "A,B", &a.speakers, 0, 0,
       "answer these speakers alone: names of the transcript, or left, right"},
      {CLI_FLAG, 0, "text-only", NULL, &a.text_only, 0, 0,
       "answer the words alone, without the sound"},
      CLI_SPEAKER_OPTIONS(a.hearing),
      {CLI_FLAG, 0, "contributions", NULL, &a.contributions, 0, 0,
       "say what each modality contributes"},
      {CLI_NAME, 0, "text-model", "DIR", &a.defaults.text_folder, 0, 0,
       "without a MODEL: what reads a transcript (default models/text, which comes with the "
       "program)"},
      {CLI_NAME, 0, "speech-model", "DIR", &a.defaults.speech_folder, 0, 0,
       "without a MODEL: what hears sound (default models/speech)"},
      CLI_SPEECH_OPTIONS(a.speech),
      CLI_ANSWER_OPTIONS(a.answering),
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_timeline, options, common, argc, argv, &n);
  if (code >= 0) return code;
  code = take_names(&a, argv + 1, n);
  return code >= 0 ? code : check_and_answer(&a, common);
}

const cli_command cli_timeline = {
    "timeline", "[MODEL] RECORDING.. [--transcript F | --transcribe COMMAND] [-o FILE]",
    "Finds who speaks when in recordings, and the emotion of each segment.", run};
