/* cmd_timeline.c: `mer timeline`: the emotion of recordings over time, a line for each segment of
 * speech. Nothing is stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/map_labels.h"
#include "cli/model_folder.h"
#include "cli/standard_output.h"
#include "mer/timeline.h"

/* What the command line asks for. */
typedef struct arguments {
  const char *voice, *channels, *speakers, *map;
  double min_confidence;
  mer_speech_options speech;
  char **recordings;
  int n_recordings;
} arguments;

/* What is open while recordings are answered. */
typedef struct session {
  mer_predictor *predictor;
  mer_voice_model *voice;
  mer_timeline_options options;
  const char *recording; /* the one at hand */
  int64_t n_items, n_failed;
} session;

static mer_status fail_memory(mer_error *err) {
  snprintf(err->message, sizeof err->message, "out of memory");
  return err->status = MER_STATUS_NO_MEMORY;
}

/* The further members of an item's JSON; for free(). */
static char *members_of(const mer_timeline_item *item) {
  char *text = NULL;
  json_t *object = json_pack("{s:f,s:f,s:i,s:s?}", "start", item->start_s, "end", item->end_s,
                             "channel", item->channel, "speaker", item->speaker);
  if (object) text = json_dumps(object, JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII | JSON_COMPACT);
  json_decref(object);
  if (!text) return NULL;
  const size_t n = strlen(text); /* without its braces */
  memmove(text, text + 1, n - 2);
  text[n - 2] = 0;
  return text;
}

static mer_status print_item(void *user, const mer_timeline_item *item, mer_error *err) {
  session *s = user;
  char *json = NULL, *id = cli_json_name(s->recording), *members = members_of(item);
  mer_status status = id && members
                          ? mer_answer_json(&json, &item->answer, mer_predictor_model(s->predictor),
                                            id, members, err)
                          : fail_memory(err);
  if (json) puts(json);
  s->n_items++;
  s->n_failed += item->answer.status != MER_OK;
  mer_text_free(json);
  free(id);
  free(members);
  return status;
}

/* Answers the recordings; one that cannot be decoded does not keep the others from being answered.
 */
static int answer_all(session *s, const arguments *a) {
  int code = CLI_DONE;
  for (int i = 0; i < a->n_recordings; i++) {
    mer_error err = {0};
    mer_recording recording;
    s->recording = a->recordings[i];
    err.status = mer_timeline_run(&recording, s->recording, s->predictor, s->voice, &s->options,
                                  print_item, s, &err);
    cli_flush();
    if (err.status != MER_OK) code = cli_fail(&err);
    if (err.status == MER_STATUS_INTERRUPTED || ferror(stdout)) return CLI_FAILED;
  }
  return code;
}

static mer_status open_session(session *s, const char *model, const arguments *a, mer_error *err) {
  char *map = NULL, *voice = a->voice ? strdup(a->voice) : cli_model_folder("vad");
  mer_status status = voice ? mer_voice_model_open(&s->voice, voice, err) : fail_memory(err);
  if (status == MER_OK) status = mer_predictor_open(&s->predictor, model, err);
  if (status == MER_OK && a->map) {
    status = cli_map_labels(&map, a->map, err);
    if (status == MER_OK) status = mer_predictor_map_labels(s->predictor, map, err);
  }
  if (status == MER_OK)
    status = mer_predictor_set_min_confidence(s->predictor, a->min_confidence, err);
  free(map);
  free(voice);
  return status;
}

static int answer_recordings(const char *model, const arguments *a, const mer_monitor *monitor) {
  mer_error err = {0};
  session s = {0};
  mer_timeline_options_init(&s.options, sizeof s.options);
  s.options.speech = &a->speech;
  s.options.speakers = a->speakers;
  s.options.monitor = monitor;
  s.options.channels = strcmp(a->channels, "apart") == 0   ? MER_CHANNELS_APART
                       : strcmp(a->channels, "mixed") == 0 ? MER_CHANNELS_MIXED
                                                           : MER_CHANNELS_AUTO;
  err.status = open_session(&s, model, a, &err);
  const int code = err.status == MER_OK ? answer_all(&s, a) : cli_fail(&err);
  mer_predictor_close(s.predictor);
  mer_voice_model_close(s.voice);
  return code;
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = {.channels = "auto"};
  mer_speech_options_init(&a.speech, sizeof a.speech);
  const cli_option options[] = {
      {CLI_CHOICE, 0, "channels", "auto|apart|mixed", &a.channels, 0, 0,
       "the channels of a stereo recording are a speaker each, or one room (default auto: apart, "
       "unless they carry the same)"},
      {CLI_NAME, 0, "speakers", "A,B", &a.speakers, 0, 0,
       "answer these speakers alone: left, right"},
      {CLI_REAL, 0, "threshold", "P", &a.speech.threshold, 0, 1,
       "probability with which speech begins (default .5)"},
      {CLI_REAL, 0, "release", "P", &a.speech.release, 0, 1,
       "probability below which silence begins (default .35)"},
      {CLI_REAL, 0, "min-silence", "S", &a.speech.min_silence_s, 0, 600,
       "shorter silences are part of the speech around them (default .3)"},
      {CLI_REAL, 0, "min-speech", "S", &a.speech.min_speech_s, 0, 600,
       "shorter speech is none (default .25)"},
      {CLI_REAL, 0, "padding", "S", &a.speech.padding_s, 0, 600,
       "added at both ends of a segment (default .1)"},
      {CLI_REAL, 0, "longest", "S", &a.speech.longest_s, 1, 600,
       "longer speech is cut at a pause (default 15)"},
      {CLI_NAME, 0, "map-labels", "FILE|A=B,..", &a.map, 0, 0,
       "other names for the model's labels (happy=joy); A= drops one"},
      {CLI_REAL, 0, "min-confidence", "P", &a.min_confidence, 0, 1,
       "answer \"uncertain\" where no probability is as high (default 0)"},
      {CLI_NAME, 0, "voice", "DIR", &a.voice, 0, 0,
       "weights that find speech (default models/vad, which come with the program)"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_timeline, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n < 2) return cli_usage(&cli_timeline, "expected a model and recordings");
  if (a.speech.release > a.speech.threshold)
    return cli_usage(&cli_timeline, "--release is above --threshold");
  a.recordings = argv + 2;
  a.n_recordings = n - 1;
  return answer_recordings(argv[1], &a, &common->monitor);
}

const cli_command cli_timeline = {
    "timeline", "MODEL RECORDING..",
    "Finds who speaks when in recordings, and the emotion of each segment, a JSON line for each.",
    run};
