/* cmd_embed.c: `mer embed`: a line of text in, the encoder's [CLS] vector out; of encoders that
 * hear a clip in (embed_clips.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/embed.h"
#include "cli/standard_output.h"
#include "mer/model.h"

enum { MAX_LINE_BYTES = 64 << 20 };

void cli_print_vector(const char *name, const float *values, int64_t n, const char *id) {
  if (id) printf("{\"id\": %s, \"%s\": [", id, name);
  else printf("{\"%s\": [", name);
  for (int64_t i = 0; i < n; i++) printf(i ? ", %.9g" : "%.9g", (double)values[i]);
  fputs("]}\n", stdout);
}

/* The texts of a batch; a line that cannot be used ends the run. */
static mer_status gather(const char **texts, const mer_line *lines, int n, const char *name,
                         mer_error *err) {
  for (int i = 0; i < n; i++) {
    texts[i] = lines[i].text;
    if (!lines[i].fault) continue;
    snprintf(err->message, sizeof err->message, "%.300s:%lld: %s", name, (long long)lines[i].number,
             lines[i].fault);
    return MER_STATUS_FORMAT;
  }
  return MER_OK;
}

static mer_status embed_lines(mer_line_file *file, const mer_encoder *encoder, int64_t max_length,
                              mer_error *err) {
  int64_t width = mer_encoder_describe(encoder).hidden_size;
  float *cls = malloc(sizeof *cls * (size_t)width * MER_MAX_LINES);
  const char *texts[MER_MAX_LINES];
  const mer_line *lines;
  int n = 0;
  mer_status status = cls ? mer_line_file_next(&lines, &n, file, err) : MER_STATUS_NO_MEMORY;
  while (status == MER_OK && n > 0 && !ferror(stdout)) {
    status = gather(texts, lines, n, mer_line_file_name(file), err);
    if (status == MER_OK) status = mer_encoder_embed(cls, encoder, texts, n, max_length, NULL, err);
    for (int i = 0; i < n && status == MER_OK; i++)
      cli_print_vector("cls", cls + i * width, width, NULL);
    cli_flush();
    if (status == MER_OK) status = mer_line_file_next(&lines, &n, file, err);
  }
  free(cls);
  return status;
}

/* Rounds the weights if that is asked for; what is rounded cannot become f32 again. */
static mer_status set_dtype(mer_encoder *encoder, const char *folder, const char *dtype,
                            mer_error *err) {
  const bool is_int8 = strcmp(mer_encoder_describe(encoder).dtype, "int8") == 0;
  if (strcmp(dtype, "int8") == 0) return mer_encoder_quantize(encoder, err);
  if (!is_int8) return MER_OK;
  snprintf(err->message, sizeof err->message, "%.400s: is int8, not f32", folder);
  return MER_STATUS_INVALID;
}

typedef struct arguments {
  const char *folder, *dtype, *lines, *layers, *pool;
  int64_t max_length; /* 0: the default */
} arguments;

static mer_status embed_texts(const mer_encoder *encoder, const arguments *a, const char *path,
                              mer_error *err) {
  mer_line_file *file = NULL;
  if (path && strcmp(path, "-") == 0) path = NULL;
  mer_status status = mer_line_file_open(&file, path, MAX_LINE_BYTES, err);
  if (status == MER_OK) status = embed_lines(file, encoder, a->max_length, err);
  mer_line_file_close(file);
  return status;
}

/* What does not go with the encoder: -1, or the exit code. */
static int check_usage(const mer_encoder *encoder, const arguments *a, int n) {
  if (!mer_encoder_describe(encoder).hears) {
    const char *idle = a->lines ? "--jsonl" : a->layers ? "--layers" : a->pool ? "--pool" : NULL;
    if (idle) return cli_usage(&cli_embed, "%s does not apply to an encoder of texts", idle);
    return n <= 1 ? -1 : cli_usage(&cli_embed, "expected at most one file of texts");
  }
  if (a->max_length)
    return cli_usage(&cli_embed, "--max-length does not apply to an encoder of sound");
  return (n > 0) != (a->lines != NULL) ? -1 : cli_usage(&cli_embed, "expected clips, or --jsonl");
}

static int embed(mer_encoder *encoder, const arguments *a, int n, char **operands) {
  mer_error err = {0};
  const int code = check_usage(encoder, a, n);
  if (code >= 0) return code;
  mer_status status = a->dtype ? set_dtype(encoder, a->folder, a->dtype, &err) : MER_OK;
  if (status == MER_OK)
    status = mer_encoder_describe(encoder).hears
                 ? cli_embed_sounds(encoder, a->lines, operands, n, &err)
                 : embed_texts(encoder, a, n ? operands[0] : NULL, &err);
  err.status = status;
  return status == MER_OK ? CLI_DONE : cli_fail(&err);
}

static mer_status open_encoder(mer_encoder **encoder, const arguments *a, mer_error *err) {
  mer_encoder_options options;
  mer_encoder_options_init(&options, sizeof options);
  options.layer_sum = a->layers && strcmp(a->layers, "sum") == 0;
  if (a->pool) options.pool = a->pool;
  return mer_encoder_open_with(encoder, a->folder, &options, err);
}

static int run(cli_common *common, int argc, char **argv) {
  arguments a = {0};
  const cli_option options[] = {
      {CLI_ENCODER, 0, "encoder", "DIR|NAME", &a.folder, 0, 0, "encoder or model directory"},
      {CLI_CHOICE, 0, "dtype", "f32|int8", &a.dtype, 0, 0,
       "int8: round the weights first (default: as they are)"},
      {CLI_INT, 0, "max-length", "N", &a.max_length, 3, 100000,
       "most tokens of a line (default 128)"},
      {CLI_CHOICE, 0, "layers", "sum|last", &a.layers, 0, 0,
       "of an encoder of sound: a sum of all layers, or the last one (default)"},
      {CLI_CHOICE, 0, "pool", "mean|mean-std", &a.pool, 0, 0,
       "of an encoder of sound, over time: mean (default), or mean and deviation"},
      {CLI_NAME, 0, "jsonl", "FILE|-", &a.lines, 0, 0,
       "of an encoder of sound: lines of {\"id\", \"audio\"} in the place of clips"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_embed, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (!a.folder) return cli_usage(&cli_embed, "expected --encoder");
  mer_error err = {0};
  mer_encoder *encoder = NULL;
  const bool is_chosen = a.layers || a.pool;
  if (open_encoder(&encoder, &a, &err) == MER_OK) code = embed(encoder, &a, n, argv + 1);
  else if (is_chosen && err.status == MER_STATUS_INVALID)
    code = cli_usage(&cli_embed, "%s", err.message);
  else code = cli_fail(&err);
  mer_encoder_close(encoder);
  return code;
}

const cli_command cli_embed = {
    "embed", "--encoder DIR [FILE|-] | CLIP... | --jsonl FILE|-",
    "Prints the vector of each line of text ([CLS]), or of each clip (mean over time), as JSON.",
    run};
