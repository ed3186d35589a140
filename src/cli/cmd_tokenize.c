/* cmd_tokenize.c: `mer tokenize`: a line of text in, ids and tokens out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "mer/text.h"

/* Output is collected here; a call of stdio for every id would take longer than the tokenizing. */
typedef struct output {
  char bytes[1 << 16];
  size_t size;
} output;

static void out_flush(output *out) {
  fwrite(out->bytes, 1, out->size, stdout);
  out->size = 0;
}

static void out_bytes(output *out, const char *bytes, size_t size) {
  if (size > sizeof out->bytes - out->size) out_flush(out);
  if (size > sizeof out->bytes) {
    fwrite(bytes, 1, size, stdout);
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

static mer_status fail_errno(mer_error *err, const char *name, const char *verb) {
  err->status = errno == ENOENT ? MER_STATUS_NOT_FOUND : MER_STATUS_IO;
  snprintf(err->message, sizeof err->message, "%s: cannot %s: %s", name, verb, strerror(errno));
  return err->status;
}

/* The size of a line without its end, LF or CRLF. */
static size_t text_size(const char *line, size_t size) {
  if (size && line[size - 1] == '\n') size--;
  if (size && line[size - 1] == '\r') size--;
  return size;
}

static mer_status tokenize_lines(output *out, FILE *in, const char *name,
                                 const mer_tokenizer *tokenizer, int32_t max_length,
                                 mer_error *err) {
  char *line = NULL;
  size_t capacity = 0;
  ssize_t size = 0;
  mer_tokens tokens = {0};
  mer_status status = MER_OK;
  bool live = isatty(fileno(in)); /* somebody waits for each answer */
  while (status == MER_OK && !ferror(stdout)) {
    errno = 0;
    if ((size = getline(&line, &capacity, in)) < 0) break;
    status = mer_tokenizer_encode(&tokens, tokenizer, line, text_size(line, (size_t)size), NULL, 0,
                                  max_length, err);
    if (status == MER_OK) out_tokens(out, &tokens, tokenizer);
    if (live) out_flush(out), fflush(stdout);
  }
  if (status == MER_OK && size < 0 && !feof(in)) status = fail_errno(err, name, "read");
  out_flush(out);
  mer_tokens_clear(&tokens);
  free(line);
  return status;
}

static mer_status tokenize_file(const char *path, const mer_tokenizer *tokenizer,
                                int32_t max_length, mer_error *err) {
  bool standard = strcmp(path, "-") == 0;
  const char *name = standard ? "standard input" : path;
  FILE *in = standard ? stdin : fopen(path, "rb");
  if (!in) return fail_errno(err, name, "open");
  output *out = malloc(sizeof *out);
  mer_status status = MER_STATUS_NO_MEMORY;
  if (out) {
    out->size = 0;
    status = tokenize_lines(out, in, name, tokenizer, max_length, err);
  }
  free(out);
  if (!standard) fclose(in);
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
  mer_error err = {0};
  mer_tokenizer *tokenizer = NULL;
  mer_status status = mer_tokenizer_open(&tokenizer, encoder, &err);
  if (status == MER_OK)
    status = tokenize_file(n_operands ? argv[1] : "-", tokenizer, (int32_t)max_length, &err);
  mer_tokenizer_close(tokenizer);
  if (status == MER_OK) return CLI_DONE;
  err.status = status;
  return cli_fail(&err);
}

const cli_command cli_tokenize = {"tokenize", "--encoder DIR [--max-length N] [FILE|-]",
                                  "Prints the token ids of each line of text as JSON.", run};
