/* cmd_embed.c: `mer embed`: a line of text in, the encoder's [CLS] vector out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/standard_output.h"
#include "mer/model.h"

enum { MAX_LINE_BYTES = 64 << 20 };

static void print_vector(const float *cls, int64_t width) {
  fputs("{\"cls\": [", stdout);
  for (int64_t i = 0; i < width; i++) printf(i ? ", %.9g" : "%.9g", (double)cls[i]);
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
    for (int i = 0; i < n && status == MER_OK; i++) print_vector(cls + i * width, width);
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

static int run(cli_common *common, int argc, char **argv) {
  const char *folder = NULL, *dtype = NULL;
  int64_t max_length = 128;
  const cli_option options[] = {
      {CLI_ENCODER, 0, "encoder", "DIR|NAME", &folder, 0, 0, "encoder or model directory"},
      {CLI_CHOICE, 0, "dtype", "f32|int8", &dtype, 0, 0,
       "int8: round the weights first (default: as they are)"},
      {CLI_INT, 0, "max-length", "N", &max_length, 3, 100000,
       "most tokens of a line (default 128)"},
      {.kind = CLI_END}};
  int n, code = cli_parse(&cli_embed, options, common, argc, argv, &n);
  if (code >= 0) return code;
  if (!folder || n > 1) return cli_usage(&cli_embed, "expected --encoder and at most one file");
  mer_error err = {0};
  mer_encoder *encoder = NULL;
  mer_line_file *file = NULL;
  const char *path = n == 1 && strcmp(argv[1], "-") != 0 ? argv[1] : NULL;
  mer_status status = mer_encoder_open(&encoder, folder, &err);
  if (status == MER_OK && dtype) status = set_dtype(encoder, folder, dtype, &err);
  if (status == MER_OK) status = mer_line_file_open(&file, path, MAX_LINE_BYTES, &err);
  if (status == MER_OK) status = embed_lines(file, encoder, max_length, &err);
  mer_line_file_close(file);
  mer_encoder_close(encoder);
  err.status = status;
  return status == MER_OK ? CLI_DONE : cli_fail(&err);
}

const cli_command cli_embed = {"embed", "--encoder DIR [FILE|-]",
                               "Prints the [CLS] vector of each line of text as JSON.", run};
