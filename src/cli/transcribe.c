/* transcribe.c: a recording's channels -> WAVs -> a command for each -> one transcript. In the
 * private folder a channel has NAME.wav and a folder NAME for what the command writes. */
#define _XOPEN_SOURCE 700 /* strdup, mkdir */
#include "cli/transcribe.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/path_join.h"
#include "cli/private_folder.h"
#include "cli/shell_command.h"
#include "cli/wav_file.h"
#include "mer/text.h"

enum { MAX_CHANNELS = 2, SAID_LINES = 10, SAID_BYTES = 4000, SHOWN_BYTES = 60 };

typedef struct channel {
  const char *name; /* and that of its speaker, where there are two */
  char *wav;        /* {wav} */
  char *folder;     /* {dir} */
  char *base;       /* {out}: a path in it that lacks its ending */
  char *printed;    /* what the command prints */
  char *said;       /* its standard error, if that is not shown */
  char *found;      /* the transcript; NULL: nothing is said */
  cli_wav_file sound;
} channel;

typedef struct work {
  const char *recording;
  const cli_transcriber *how;
  const char *folder;
  int n_channels; /* 0: none has been decoded */
  channel channels[MAX_CHANNELS];
} work;

static void clear_up(void) {
  cli_shell_command_kill();
  cli_private_folder_remove();
}

static mer_status fail(mer_error *err, mer_status status, const work *w, const char *what,
                       const char *detail) {
  char text[256];
  snprintf(text, sizeof text, "%.255s", detail); /* which may be the message itself */
  snprintf(err->message, sizeof err->message, "%.100s: %.140s%s", w->recording, what, text);
  return err->status = status;
}

/* --- the sound --- */

static char *join(const char *folder, const char *name, const char *ending) {
  char *path = cli_path_join(folder, name);
  const size_t size = path ? strlen(path) + strlen(ending) + 1 : 0;
  char *longer = path ? realloc(path, size) : NULL;
  if (longer) strcat(longer, ending);
  else free(path);
  return longer;
}

/* A WAV that cannot be written is told with the recording, too. */
static mer_status of_wav(mer_status status, const work *w, mer_error *err) {
  return status == MER_OK ? MER_OK : fail(err, status, w, "", err->message);
}

static mer_status begin_channel(channel *c, const work *w, const char *name, mer_error *err) {
  c->name = name;
  c->wav = join(w->folder, name, ".wav");
  c->folder = cli_path_join(w->folder, name);
  c->base = c->folder ? cli_path_join(c->folder, name) : NULL;
  c->printed = join(w->folder, name, ".printed");
  c->said = join(w->folder, name, ".said");
  if (!c->wav || !c->folder || !c->base || !c->printed || !c->said) return cli_no_memory(err);
  if (mkdir(c->folder, 0700) != 0)
    return fail(err, MER_STATUS_IO, w, "cannot make a folder: ", strerror(errno));
  return of_wav(cli_wav_create(&c->sound, c->wav, MER_VOICE_RATE_HZ, err), w, err);
}

static mer_status take(void *user, const float *const *channels, int n_channels, int64_t n,
                       mer_error *err) {
  static const char *const names[] = {"sound", "left", "right"};
  work *w = user;
  mer_status status = MER_OK;
  for (; w->n_channels < n_channels && status == MER_OK; w->n_channels++)
    status =
        begin_channel(&w->channels[w->n_channels], w, names[n_channels - 1 + w->n_channels], err);
  for (int c = 0; c < n_channels && status == MER_OK; c++)
    status = of_wav(cli_wav_add(&w->channels[c].sound, channels[c], n, err), w, err);
  return status;
}

static mer_status write_sound(work *w, mer_error *err) {
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.rate_hz = MER_VOICE_RATE_HZ;
  options.max_duration_s = (double)CLI_WAV_MAX_SAMPLES / MER_VOICE_RATE_HZ; /* 37 hours */
  mer_monitor monitor = *w->how->monitor;
  if (!w->how->tells_damage) monitor.log = NULL;
  options.monitor = &monitor;
  mer_status status = mer_recording_decode(w->recording, w->how->channels, &options, take, w, err);
  for (int c = 0; c < w->n_channels && status == MER_OK; c++)
    status = of_wav(cli_wav_finish(&w->channels[c].sound, err), w, err);
  return status;
}

/* --- what the command writes --- */

/* How good a file is as the transcript, by its ending: words with times are best; 0: it is none.
 * Whisper's .txt has no times, and those of its .tsv are no seconds. */
static int rank(const char *name) {
  static const char *const endings[] = {"", ".jsonl", ".csv", ".srt", ".vtt", ".json"};
  const char *dot = strrchr(name, '.');
  for (int i = 0; i < (int)(sizeof endings / sizeof *endings); i++)
    if (strcasecmp(dot ? dot : "", endings[i]) == 0) return i + 1;
  return 0;
}

static bool is_file(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* The best file of the channel's folder; NULL: none. */
static mer_status find_written(char **best, const channel *c, mer_error *err) {
  DIR *folder = opendir(c->folder);
  int best_rank = 0;
  bool no_memory = false;
  *best = NULL;
  if (!folder) return MER_OK;
  for (const struct dirent *entry; (entry = readdir(folder));) {
    if (rank(entry->d_name) <= best_rank) continue;
    char *path = cli_path_join(c->folder, entry->d_name);
    if (path && is_file(path)) {
      best_rank = rank(entry->d_name);
      free(*best);
      *best = path;
      continue;
    }
    free(path);
    no_memory |= !path;
  }
  closedir(folder);
  return no_memory ? cli_no_memory(err) : MER_OK;
}

/* Whether a file has nothing but blanks; its beginning [SHOWN_BYTES], in one line, is kept. */
static bool is_blank(const char *path, char shown[SHOWN_BYTES + 1]) {
  size_t n = 0;
  FILE *file = fopen(path, "rb");
  for (int c; file && n < SHOWN_BYTES && (c = fgetc(file)) != EOF;) {
    const bool blank = strchr(" \t\r\n\f\v", c) != NULL; /* also 0 */
    if (n || !blank) shown[n++] = (char)(c > 0 && c < ' ' ? ' ' : c);
  }
  if (file) fclose(file);
  shown[n] = 0;
  return n == 0;
}

static mer_status find_transcript(channel *c, mer_error *err) {
  char shown[SHOWN_BYTES + 1];
  mer_status status = find_written(&c->found, c, err);
  if (status == MER_OK && !c->found) {
    c->found = strdup(c->printed);
    if (!c->found) return cli_no_memory(err);
  }
  if (status != MER_OK || !is_blank(c->found, shown)) return status;
  free(c->found);
  c->found = NULL;
  return MER_OK;
}

/* --- the command --- */

/* The last lines of what the command has said to nobody. */
static void show_said(const channel *c) {
  char text[SAID_BYTES + 1];
  FILE *file = fopen(c->said, "rb");
  if (!file) return;
  if (fseek(file, -SAID_BYTES, SEEK_END) != 0) rewind(file);
  const size_t n = fread(text, 1, SAID_BYTES, file);
  fclose(file);
  size_t from = n;
  for (int lines = 0; from > 0; from--) {
    lines += text[from - 1] == '\n' && from < n;
    if (lines == SAID_LINES) break;
  }
  fwrite(text + from, 1, n - from, stderr);
  if (n > from && text[n - 1] != '\n') fputc('\n', stderr);
}

static void tell(const work *w, const channel *c, mer_log_level level, const char *what) {
  char message[512];
  if (!w->how->monitor->log) return;
  snprintf(message, sizeof message, "%.300s%s%s: %s", w->recording, w->n_channels > 1 ? ", " : "",
           w->n_channels > 1 ? c->name : "", what);
  w->how->monitor->log(w->how->monitor->user, level, message);
}

static mer_status run_command(channel *c, const work *w, mer_error *err) {
  const cli_placeholder placeholders[] = {{"wav", c->wav}, {"out", c->base}, {"dir", c->folder}};
  const cli_shell_command command = {.text = w->how->command,
                                     .placeholders = placeholders,
                                     .n_placeholders = sizeof placeholders / sizeof *placeholders,
                                     .printed = c->printed,
                                     .said = w->how->quiet ? c->said : NULL};
  tell(w, c, MER_LOG_INFO, "is transcribed");
  mer_status status = cli_shell_command_run(&command, w->how->monitor, err);
  if (status == MER_OK) status = find_transcript(c, err);
  else {
    if (command.said && status != MER_STATUS_INTERRUPTED) show_said(c);
    return fail(err, status, w,
                status == MER_STATUS_INTERRUPTED ? "" : "the command of --transcribe ",
                err->message);
  }
  if (status == MER_OK && !c->found)
    tell(w, c, MER_LOG_WARNING, "the command has written nothing, so nothing is said here");
  return status;
}

/* --- all of it --- */

/* What cannot be read is told with its beginning, as it will be gone. */
static mer_status refuse(const work *w, mer_error *err) {
  char detail[sizeof err->message], shown[SHOWN_BYTES + 1];
  for (int c = 0; c < w->n_channels; c++) {
    const char *found = w->channels[c].found;
    const char *told = found ? strstr(err->message, strrchr(found, '/') + 1) : NULL;
    if (!told) continue;
    is_blank(found, shown);
    mer_text_make_utf8(shown);
    snprintf(detail, sizeof detail, "%.160s; it begins with: %s", told, shown);
    return fail(err, err->status, w, "what the command of --transcribe has written, ", detail);
  }
  return err->status;
}

static mer_status read_transcripts(mer_transcript **out, const work *w, mer_error *err) {
  const char *paths[MAX_CHANNELS], *names[MAX_CHANNELS];
  bool any = w->n_channels == 0;
  for (int c = 0; c < w->n_channels; c++) {
    paths[c] = w->channels[c].found;
    names[c] = w->channels[c].name;
    any |= paths[c] != NULL;
  }
  if (!any)
    return fail(err, MER_STATUS_NOT_FOUND, w,
                "the command of --transcribe ended with exit code 0, but wrote no transcript into "
                "{dir} or {out}, and printed none",
                "");
  const mer_status status =
      w->n_channels == 1
          ? mer_transcript_open(out, paths[0], w->how->monitor, err)
          : mer_transcript_open_channels(out, paths, names, w->n_channels, w->how->monitor, err);
  return status == MER_OK ? MER_OK : refuse(w, err);
}

static void clear(work *w) {
  for (int i = 0; i < MAX_CHANNELS; i++) {
    channel *c = &w->channels[i];
    cli_wav_abandon(&c->sound);
    free(c->wav);
    free(c->folder);
    free(c->base);
    free(c->printed);
    free(c->said);
    free(c->found);
  }
}

mer_status cli_transcribe(mer_transcript **out, const char *recording,
                          const cli_transcriber *transcriber, mer_error *err) {
  work w = {.recording = recording, .how = transcriber};
  *out = NULL;
  /* A reader of the messages who leaves would end the program before the sound is removed. */
  void (*const before)(int) = signal(SIGPIPE, SIG_IGN);
  cli_before_interrupted_end(clear_up);
  mer_status status = cli_private_folder_create(&w.folder, err);
  if (status == MER_OK) status = write_sound(&w, err);
  for (int c = 0; c < w.n_channels && status == MER_OK; c++)
    status = run_command(&w.channels[c], &w, err);
  if (status == MER_OK) status = read_transcripts(out, &w, err);
  cli_private_folder_remove();
  cli_before_interrupted_end(NULL);
  signal(SIGPIPE, before);
  clear(&w);
  return status;
}
