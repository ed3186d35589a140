/* cmd_stream.c: `mer stream`: raw sound on standard input, a line of JSON for each segment of
 * speech as soon as it has ended, with what `mer timeline` answers. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/answer_options.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/default_models.h"
#include "cli/speaker_options.h"
#include "cli/speech_options.h"
#include "cli/standard_output.h"
#include "cli/timeline_output.h"

/* Bytes that are taken at a time: 64 ms of 16 bit mono at 16 kHz. */
enum { PIECE_BYTES = 2048, POLL_MS = 100 };

typedef struct arguments {
  const char *model; /* NULL: the one that comes with the program, or that of `defaults` */
  cli_default_models defaults;
  const char *pcm;
  int64_t rate_hz, channels;
  double provisional_s;
  cli_hearing hearing;
  cli_speech speech;
  cli_answering answering;
} arguments;

typedef struct session {
  const arguments *a;
  const mer_monitor *monitor;
  mer_predictor *predictor;
  mer_voice_model *voice;
  mer_timeline *timeline;
  cli_timeline_output output;
  uint8_t bytes[PIECE_BYTES]; /* [n_bytes]: not yet taken */
  size_t n_bytes;
  int64_t n_samples, n_provisional; /* taken; up to where provisional answers have been given */
} session;

static mer_status print_item(void *user, const mer_timeline_item *item, mer_error *err) {
  const mer_status status = cli_timeline_write(user, item, err);
  cli_flush();
  return status;
}

static float read_sample(const uint8_t *bytes, bool is_float) {
  float x;
  int16_t i;
  if (is_float) {
    memcpy(&x, bytes, sizeof x);
    return x;
  }
  memcpy(&i, bytes, sizeof i);
  return (float)i / 32768;
}

/* Hands on the samples that are whole, and keeps the rest. */
static mer_status take(session *s, mer_error *err) {
  const bool is_float = strcmp(s->a->pcm, "f32le") == 0;
  const size_t width = is_float ? sizeof(float) : sizeof(int16_t);
  const size_t n_channels = (size_t)s->a->channels, n = s->n_bytes / (width * n_channels);
  float samples[2][PIECE_BYTES / sizeof(int16_t)];
  const float *const channels[2] = {samples[0], samples[1]};
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < n_channels; c++)
      samples[c][i] = read_sample(s->bytes + (i * n_channels + c) * width, is_float);
  const size_t taken = n * width * n_channels;
  s->n_bytes -= taken;
  memmove(s->bytes, s->bytes + taken, s->n_bytes);
  s->n_samples += (int64_t)n;
  mer_status status = mer_timeline_push(s->timeline, channels, (int64_t)n, err);
  const double since = (double)(s->n_samples - s->n_provisional) / (double)s->a->rate_hz;
  if (status != MER_OK || !(s->a->provisional_s > 0) || since < s->a->provisional_s) return status;
  s->n_provisional = s->n_samples;
  return mer_timeline_provisional(s->timeline, err);
}

static mer_status fail(mer_error *err, mer_status status, const char *what, const char *reason) {
  snprintf(err->message, sizeof err->message, "%s%s", what, reason);
  return err->status = status;
}

/* Waits for input, unless the program is to stop: `*n` bytes more, 0 at the end. */
static mer_status read_more(session *s, size_t *n, mer_error *err) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  for (;;) {
    if (cli_check_interrupt(s->monitor, err) != MER_OK) return err->status;
    const int ready = poll(&input, 1, POLL_MS);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = read(STDIN_FILENO, s->bytes + s->n_bytes, PIECE_BYTES - s->n_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(err, MER_STATUS_IO, "standard input: cannot read: ", strerror(errno));
    *n = (size_t)got;
    s->n_bytes += *n;
    return MER_OK;
  }
}

/* A stream that is interrupted, or cannot be read on, ends as one whose input ends: what has been
 * heard is answered before anything is told. */
static mer_status answer_all(session *s, mer_error *err) {
  mer_status status = MER_OK;
  mer_error ended = {0};
  size_t n = 1;
  while (n > 0 && status == MER_OK && !ferror(stdout)) {
    if (read_more(s, &n, &ended) != MER_OK) break;
    status = take(s, err);
  }
  if (status == MER_OK) status = mer_timeline_finish(s->timeline, err);
  if (status != MER_OK || ended.status == MER_STATUS_INTERRUPTED) return status;
  if (ended.status != MER_OK) *err = ended;
  return ended.status;
}

static mer_status open_session(session *s, mer_error *err) {
  const arguments *a = s->a;
  mer_timeline_options options;
  mer_status status = cli_speech_open(&s->voice, &a->speech, err);
  if (status == MER_OK)
    status = a->model ? mer_predictor_open(&s->predictor, a->model, err)
                      : cli_default_models_open(&s->predictor, &a->defaults, err);
  if (status == MER_OK) status = cli_answering_set(s->predictor, &a->answering, s->monitor, err);
  mer_timeline_options_init(&options, sizeof options);
  options.speech = &a->speech.options;
  options.immediate = true;
  cli_hearing_set(&options, &a->hearing);
  options.rate_hz = (int)a->rate_hz;
  if (status == MER_OK)
    status = mer_timeline_create(&s->timeline, s->predictor, s->voice, (int)a->channels, &options,
                                 print_item, &s->output, err);
  if (status == MER_OK)
    s->output = (cli_timeline_output){
        .out = stdout, .format = CLI_TIMELINE_JSONL, .model = mer_predictor_model(s->predictor)};
  return status;
}

static int stream(const arguments *a, const mer_monitor *monitor) {
  mer_error err = {0};
  session s = {.a = a, .monitor = monitor};
  cli_catch_interrupt();
  err.status = open_session(&s, &err);
  if (err.status == MER_OK) err.status = answer_all(&s, &err);
  mer_timeline_free(s.timeline);
  mer_predictor_close(s.predictor);
  mer_voice_model_close(s.voice);
  return err.status == MER_OK ? CLI_DONE : cli_fail(&err);
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = {.defaults.speech = true,
                 .pcm = "s16le",
                 .rate_hz = 16000,
                 .channels = 1,
                 .hearing = {.adapt = true},
                 .speech = cli_speech_default()};
  const cli_option options[] = {
      {CLI_CHOICE, 0, "pcm", "s16le|f32le", &a.pcm, 0, 0, "the samples (default s16le)"},
      {CLI_INT, 0, "rate", "HZ", &a.rate_hz, 100, 768000, "their rate (default 16000)"},
      {CLI_INT, 0, "channels", "N", &a.channels, 1, 2,
       "1, or 2 that are a speaker each (default 1)"},
      {CLI_REAL, 0, "provisional", "S", &a.provisional_s, 0, 600,
       "answer those who speak every S seconds, too, with \"provisional\":true (default 0: never)"},
      CLI_SPEAKER_OPTIONS(a.hearing),
      {CLI_NAME, 0, "speech-model", "DIR", &a.defaults.speech_folder, 0, 0,
       "without a MODEL: what hears sound (default models/speech, which comes with the program)"},
      CLI_SPEECH_OPTIONS(a.speech),
      CLI_ANSWER_OPTIONS(a.answering),
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_stream, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (n > 1) return cli_usage(&cli_stream, "expected a model, or none");
  a.model = n > 0 ? argv[1] : NULL;
  if (a.model && a.defaults.speech_folder)
    return cli_usage(&cli_stream, "--speech-model stands in the place of a MODEL");
  code = cli_speech_check(&cli_stream, &a.speech);
  if (code < 0) code = cli_hearing_check(&cli_stream, &a.hearing);
  return code >= 0 ? code : stream(&a, &common->monitor);
}

const cli_command cli_stream = {
    "stream", "[MODEL] < SOUND",
    "Answers speech as it comes on standard input, a JSON line for each segment.", run};
