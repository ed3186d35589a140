/* embed_clips.c: `mer embed` of an encoder that hears: clips, or JSON lines that name them, in, a
 * vector for each out, in their order. The first one that cannot be used ends the run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/embed.h"
#include "cli/real_path.h"
#include "cli/standard_output.h"
#include "mer/predict.h"

enum { MAX_LINE_BYTES = 64 << 20, BATCH = 16 };

/* Sounds that are embedded together. */
typedef struct batch {
  const mer_encoder *encoder;
  float *vectors; /* [BATCH, width] */
  int64_t width;
  int n;
  mer_sound sounds[BATCH];
  mer_json_request read[BATCH]; /* of lines: owns what the sounds borrow */
  int64_t numbers[BATCH];       /* of lines */
  const char *file;             /* of the lines, or NULL */
} batch;

/* Puts the line before the message. */
static void add_line(const batch *b, int64_t number, mer_error *err) {
  char message[sizeof err->message];
  if (!b->file) return;
  const int n = snprintf(message, sizeof message, "%.250s:%lld: ", b->file, (long long)number);
  snprintf(message + n, sizeof message - (size_t)n, "%.200s", err->message);
  memcpy(err->message, message, sizeof message);
}

/* Prints the vectors and forgets the sounds. */
static mer_status end_batch(batch *b, mer_error *err) {
  err->position = 0;
  mer_status status = mer_encoder_embed_sounds(b->vectors, b->encoder, b->sounds, b->n, NULL, err);
  if (status != MER_OK) add_line(b, b->numbers[err->position < b->n ? err->position : 0], err);
  for (int i = 0; i < b->n; i++) {
    if (status == MER_OK)
      cli_print_vector("vector", b->vectors + i * b->width, b->width, b->read[i].id);
    mer_json_request_clear(&b->read[i]);
    b->sounds[i] = (mer_sound){0};
  }
  b->n = 0;
  cli_flush();
  return status;
}

static mer_status embed_clips(batch *b, char **paths, int n, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < n && status == MER_OK && !ferror(stdout); i++) {
    b->sounds[b->n++].path = paths[i];
    if (b->n == BATCH || i + 1 == n) status = end_batch(b, err);
  }
  return status;
}

/* Blank lines are left out. */
static mer_status take_line(batch *b, const mer_line *line, const char *folder, mer_error *err) {
  mer_status status = MER_OK;
  mer_json_request *read = &b->read[b->n];
  if (line->fault) {
    status = MER_STATUS_FORMAT;
    snprintf(err->message, sizeof err->message, "%s", line->fault);
  } else if (strspn(line->text, " \t") == line->size) {
    return MER_OK;
  } else {
    status = mer_json_request_read(read, line->text, line->size, folder, err);
  }
  if (status == MER_OK && !read->request.sound.path) {
    status = MER_STATUS_FORMAT;
    snprintf(err->message, sizeof err->message, "no \"audio\"");
  }
  if (status != MER_OK) {
    add_line(b, line->number, err);
    mer_json_request_clear(read);
    return status;
  }
  b->sounds[b->n] = read->request.sound;
  b->numbers[b->n++] = line->number;
  return b->n == BATCH ? end_batch(b, err) : MER_OK;
}

static mer_status embed_lines(batch *b, mer_line_file *file, const char *folder, mer_error *err) {
  const mer_line *lines;
  int n = 0;
  b->file = mer_line_file_name(file);
  mer_status status = mer_line_file_next(&lines, &n, file, err);
  while (status == MER_OK && n > 0 && !ferror(stdout)) {
    for (int i = 0; i < n && status == MER_OK; i++) status = take_line(b, &lines[i], folder, err);
    if (status == MER_OK && b->n) status = end_batch(b, err); /* somebody may wait for it */
    if (status == MER_OK) status = mer_line_file_next(&lines, &n, file, err);
  }
  return status;
}

static mer_status embed_file(batch *b, const char *path, mer_error *err) {
  mer_line_file *file = NULL;
  if (strcmp(path, "-") == 0) path = NULL;
  char *folder = cli_folder_of_lines(path);
  mer_status status =
      folder ? mer_line_file_open(&file, path, MAX_LINE_BYTES, err) : MER_STATUS_NO_MEMORY;
  if (status == MER_OK) status = embed_lines(b, file, folder, err);
  mer_line_file_close(file);
  free(folder);
  return status;
}

mer_status cli_embed_sounds(const mer_encoder *encoder, const char *lines, char **paths, int n,
                            mer_error *err) {
  const int64_t width = mer_encoder_describe(encoder).hidden_size;
  batch *b = calloc(1, sizeof *b);
  float *vectors = malloc(sizeof *vectors * (size_t)width * BATCH);
  mer_status status = b && vectors ? MER_OK : MER_STATUS_NO_MEMORY;
  if (status == MER_OK) {
    b->encoder = encoder;
    b->vectors = vectors;
    b->width = width;
    status = lines ? embed_file(b, lines, err) : embed_clips(b, paths, n, err);
    for (int i = 0; i < b->n; i++) mer_json_request_clear(&b->read[i]);
  }
  free(vectors);
  free(b);
  return status;
}
