/* predict_speakers.c: a list of speakers, from which the oldest go. */
#include "cli/predict_speakers.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/grow.h"

static void clear(cli_speaker *speaker) {
  free(speaker->name);
  mer_speaker_free(speaker->heard);
}

void cli_speakers_begin_file(cli_speakers *speakers) { speakers->file++; }

static mer_status add(cli_speakers *speakers, const mer_predictor *predictor, const char *name,
                      mer_error *err) {
  cli_speaker new = {.file = speakers->file};
  if (cli_grow(&speakers->items, &speakers->capacity, speakers->n, sizeof *speakers->items) != 0)
    return cli_no_memory(err);
  const mer_status status = mer_speaker_create(&new.heard, predictor, err);
  if (status != MER_OK) return status;
  new.name = strdup(name);
  if (!new.name) {
    clear(&new);
    return cli_no_memory(err);
  }
  speakers->items[speakers->n++] = new;
  return MER_OK;
}

mer_status cli_speakers_find(mer_speaker **out, cli_speakers *speakers,
                             const mer_predictor *predictor, const char *name, mer_error *err) {
  size_t i = 0;
  while (i < speakers->n &&
         (speakers->items[i].file != speakers->file || strcmp(speakers->items[i].name, name) != 0))
    i++;
  const mer_status status = i < speakers->n ? MER_OK : add(speakers, predictor, name, err);
  if (status != MER_OK) return status;
  speakers->items[i].used = ++speakers->n_uses;
  *out = speakers->items[i].heard;
  return MER_OK;
}

/* The latest first. */
static int compare(const void *a, const void *b) {
  const cli_speaker *x = a, *y = b;
  return (x->used < y->used) - (x->used > y->used);
}

void cli_speakers_forget(cli_speakers *speakers) {
  size_t n = 0;
  for (size_t i = 0; i < speakers->n; i++)
    if (speakers->items[i].file == speakers->file) speakers->items[n++] = speakers->items[i];
    else clear(&speakers->items[i]);
  speakers->n = n;
  if (n <= CLI_MOST_SPEAKERS) return;
  qsort(speakers->items, n, sizeof *speakers->items, compare);
  while (speakers->n > CLI_MOST_SPEAKERS) clear(&speakers->items[--speakers->n]);
}

void cli_speakers_clear(cli_speakers *speakers) {
  for (size_t i = 0; i < speakers->n; i++) clear(&speakers->items[i]);
  free(speakers->items);
  *speakers = (cli_speakers){0};
}
