/* cmd_tokenize.c: `mer tokenize`: a line of text in, ids and tokens out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/standard_output.h"
#include "mer/text.h"

enum { MAX_LINE_BYTES = 64 << 20 };

/* Output is collected here; a call of stdio for every id would take longer than the tokenizing. */
typedef struct output {
  char bytes[1 << 16];
  size_t size;
} output;

static void out_flush(output *out) {
  cli_print(out->bytes, out->size);
  out->size = 0;
}

static void out_bytes(output *out, const char *bytes, size_t size) {
  if (size > sizeof out->bytes - out->size) out_flush(out);
  if (size > sizeof out->bytes) {
    cli_print(bytes, size);
    return;
  }
  memcpy(out->bytes + out->size, bytes, size);
  out->size += size;
}

static void out_text(output *out, const char *text) { out_bytes(out, text, strlen(text)); }

static void out_number(output *out, int32_t number) {
  char digits[12], *first = digits + sizeof digits;
  uint32_t rest = (uint32_t)number;
  do *--first = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  out_bytes(out, first, (size_t)(digits + sizeof digits - first));
}

/* A JSON string of UTF-8. */
static void out_string(output *out, const char *text) {
  out_text(out, "\"");
  while (*text) {
    size_t plain = 0;
    while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\') plain++;
    out_bytes(out, text, plain);
    text += plain;
    if (!*text) break;
    char escape[8];
    unsigned c = (unsigned char)*text++;
    snprintf(escape, sizeof escape, c < 0x20 ? "\\u%04x" : "\\%c", c);
    out_text(out, escape);
  }
  out_text(out, "\"");
}

static void out_tokens(output *out, const mer_tokens *tokens, const mer_tokenizer *tokenizer) {
  out_text(out, "{\"ids\": [");
  for (int32_t i = 0; i < tokens->n; i++) {
    if (i) out_text(out, ", ");
    out_number(out, tokens->ids[i]);
  }
  out_text(out, "], \"tokens\": [");
  for (int32_t i = 0; i < tokens->n; i++) {
    if (i) out_text(out, ", ");
    out_string(out, mer_tokenizer_token(tokenizer, tokens->ids[i]));
  }
  out_text(out, "]}\n");
}

/* A line that cannot be used ends the run. */
static mer_status fail_line(const mer_line *line, const char *name, mer_error *err) {
  snprintf(err->message, sizeof err->message, "%.300s:%lld: %s", name, (long long)line->number,
           line->fault);
  return MER_STATUS_FORMAT;
}

static mer_status tokenize_lines(output *out, mer_line_file *file, const mer_tokenizer *tokenizer,
                                 int32_t max_length, mer_error *err) {
  mer_tokens tokens = {0};
  const mer_line *lines;
  int n = 0;
  mer_status status = mer_line_file_next(&lines, &n, file, err);
  while (status == MER_OK && n > 0 && !ferror(stdout)) {
    for (int i = 0; i < n && status == MER_OK; i++) {
      status = lines[i].fault ? fail_line(&lines[i], mer_line_file_name(file), err)
                              : mer_tokenizer_encode(&tokens, tokenizer, lines[i].text,
                                                     lines[i].size, NULL, 0, max_length, err);
      if (status == MER_OK) out_tokens(out, &tokens, tokenizer);
    }
    out_flush(out);
    cli_flush(); /* somebody may wait for each answer */
    if (status == MER_OK) status = mer_line_file_next(&lines, &n, file, err);
  }
  mer_tokens_clear(&tokens);
  return status;
}

static mer_status tokenize_file(const char *path, const mer_tokenizer *tokenizer,
                                int32_t max_length, mer_error *err) {
  mer_line_file *file = NULL;
  output *out = calloc(1, sizeof *out);
  mer_status status = MER_STATUS_NO_MEMORY;
  if (out) status = mer_line_file_open(&file, path, MAX_LINE_BYTES, err);
  if (status == MER_OK) status = tokenize_lines(out, file, tokenizer, max_length, err);
  mer_line_file_close(file);
  free(out);
  return status;
}

static int run(cli_common *common, int argc, char **argv) {
  const char *encoder = NULL;
  int64_t max_length = 128;
  const cli_option options[] = {{CLI_ENCODER, 0, "encoder", "DIR|NAME", &encoder, 0, 0,
                                 "encoder or model directory with the vocabulary"},
                                {CLI_INT, 0, "max-length", "N", &max_length, 2, 100000,
                                 "most tokens of a line (default 128)"},
                                {.kind = CLI_END}};
  int n_operands, code = cli_parse(&cli_tokenize, options, common, argc, argv, &n_operands);
  if (code >= 0) return code;
  if (!encoder || n_operands > 1)
    return cli_usage(&cli_tokenize, "expected --encoder and at most one file");
  const char *path = n_operands && strcmp(argv[1], "-") != 0 ? argv[1] : NULL;
  mer_error err = {0};
  mer_tokenizer *tokenizer = NULL;
  mer_status status = mer_tokenizer_open(&tokenizer, encoder, &err);
  if (status == MER_OK) status = tokenize_file(path, tokenizer, (int32_t)max_length, &err);
  mer_tokenizer_close(tokenizer);
  if (status == MER_OK) return CLI_DONE;
  err.status = status;
  return cli_fail(&err);
}

const cli_command cli_tokenize = {"tokenize", "--encoder DIR [--max-length N] [FILE|-]",
                                  "Prints the token ids of each line of text as JSON.", run};
