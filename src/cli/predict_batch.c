/* predict_batch.c: utterances are taken until there are enough for one call. */
#include "cli/predict_batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json_text.h"
#include "cli/model_input.h"
#include "mer/text.h"

enum { MAX_TRANSCRIPT_BYTES = 1 << 20 };

/* --- answering --- */

/* Adds what could not be read to an answer: without one it is the reason, else a text is missing.
 */
static void add_fault(const cli_batch *b, int i, mer_answer *answer) {
  if (b->faults[i].status == MER_OK) return;
  memcpy(answer->message, b->faults[i].message, sizeof answer->message);
  if (answer->status == MER_OK)
    answer->missing[cli_model_input(b->output.model, CLI_INPUT_TEXT)] = "cannot be read";
  else answer->status = b->faults[i].status;
}

/* What is wrong with an answer, with its place. One without an answer says so itself; else it is
 * told on standard error. */
static void tell_fault(cli_batch *b, int i, mer_answer *answer) {
  const bool failed = answer->status != MER_OK;
  const char *where = b->of_lines[i] || answer->status == MER_STATUS_INVALID ? b->where[i] : "";
  char message[sizeof answer->message];
  if (!answer->message[0]) return;
  snprintf(message, sizeof message, "%s%.*s", where, (int)(sizeof message - strlen(where) - 1),
           answer->message);
  memcpy(answer->message, message, sizeof message);
  mer_text_make_utf8(answer->message);
  if (failed || b->told[i]) return;
  b->told[i] = b->faults[i].status != MER_OK; /* that of all windows */
  cli_warn(b->monitor, "%s", answer->message);
}

static const char *id_of(const cli_batch *b, int i) {
  return b->of_lines[i] ? b->read[i].id : b->ids[i];
}

/* Writes an answer of utterance `i`, unless an earlier run has. */
static mer_status write_answer(cli_batch *b, int i, cli_answer_item *item, mer_answer *answer,
                               mer_error *err) {
  if (b->answered[i]) return MER_OK;
  add_fault(b, i, answer);
  tell_fault(b, i, answer);
  item->id = id_of(b, i);
  item->answer = answer;
  return cli_answer_write(&b->output, item, err);
}

/* Answers whole utterances in one call. */
static mer_status answer_whole(cli_batch *b, mer_error *err) {
  mer_status status = mer_predictor_contributions(b->answers, b->explains ? b->contributions : NULL,
                                                  b->predictor, b->requests, b->n, err);
  for (int i = 0; i < b->n && status == MER_OK; i++) {
    cli_answer_item item = {
        .start_s = NAN, .end_s = NAN, .contributions = b->explains ? &b->contributions[i] : NULL};
    b->counts[1] += !b->answered[i] && b->answers[i].status != MER_OK;
    status = write_answer(b, i, &item, &b->answers[i], err);
  }
  return status;
}

/* An utterance whose windows are answered. */
typedef struct windowed {
  cli_batch *batch;
  int index;
  bool answered; /* one of the windows is */
} windowed;

static mer_status take_window(void *user, const mer_window *window, mer_error *err) {
  windowed *w = user;
  mer_answer answer = *window->answer;
  w->answered |= answer.status == MER_OK;
  cli_answer_item item = {
      .start_s = window->start_s, .end_s = window->end_s, .contributions = window->contributions};
  return write_answer(w->batch, w->index, &item, &answer, err);
}

/* The sound ended in a fault after some of its windows. */
static mer_status tell_end(windowed *w, const mer_error *fault, mer_error *err) {
  mer_answer answer = {.status = fault->status, .label = -1};
  mer_window window = {.start_s = NAN, .end_s = NAN, .answer = &answer};
  memcpy(answer.message, fault->message, sizeof answer.message);
  w->answered = false;
  const mer_status status = take_window(w, &window, err);
  w->answered = false;
  return status;
}

static bool is_of_file(mer_status status) {
  return status == MER_STATUS_FORMAT || status == MER_STATUS_NOT_FOUND ||
         status == MER_STATUS_UNSUPPORTED || status == MER_STATUS_LIMIT;
}

static mer_status answer_windows(cli_batch *b, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < b->n && status == MER_OK; i++) {
    windowed w = {.batch = b, .index = i};
    mer_error fault = {0};
    if (b->answered[i] && !b->requests[i].speaker) continue;
    status = mer_windows_run(b->predictor, &b->requests[i], &b->windows, take_window, &w, &fault);
    if (is_of_file(status)) status = tell_end(&w, &fault, err);
    else if (status != MER_OK) *err = fault;
    b->counts[1] += !b->answered[i] && !w.answered;
  }
  return status;
}

static void forget(cli_batch *b) {
  for (int i = 0; i < b->n; i++) {
    mer_json_request_clear(&b->read[i]);
    mer_text_free(b->texts[i]);
    free(b->ids[i]);
    free(b->media[i]);
    b->texts[i] = b->ids[i] = b->media[i] = NULL;
    b->requests[i] = (mer_request){0};
    b->faults[i] = (mer_error){0};
    b->of_lines[i] = b->answered[i] = b->told[i] = false;
    b->where[i][0] = 0;
  }
  b->n = b->n_files = 0;
  cli_speakers_forget(&b->speakers);
}

mer_status cli_batch_answer(cli_batch *b, mer_error *err) {
  int n_new = 0;
  bool speaks = false; /* somebody does, who must be heard again in the same calls */
  for (int i = 0; i < b->n; i++) {
    n_new += !b->answered[i];
    speaks |= b->requests[i].speaker != NULL;
  }
  if (b->n == 0) return MER_OK;
  if (isatty(STDOUT_FILENO)) cli_progress_end();
  mer_status status = MER_OK;
  if (n_new > 0 || speaks)
    status = b->windows.window_s > 0 ? answer_windows(b, err) : answer_whole(b, err);
  if (status != MER_OK) return status;
  b->counts[0] += n_new;
  forget(b);
  if (n_new > 0) status = cli_answer_flush(&b->output, b->counts, err);
  if (status != MER_OK) return status;
  if (b->monitor->progress && b->total)
    b->monitor->progress(b->monitor->user, "predict", b->counts[0], b->total, NULL);
  if (!b->output.file && ferror(stdout)) return err->status = MER_STATUS_IO;
  return b->stops ? cli_check_interrupt(b->monitor, err) : MER_OK;
}

/* --- taking --- */

/* Lets an utterance with a sound have its speaker, if it says who that is. */
static mer_status find_speaker(cli_batch *b, int i, mer_error *err) {
  mer_request *request = &b->requests[i];
  const char *name = b->adapts && request->context ? request->context->speaker : NULL;
  if (!name || !name[0] || !request->sound.path) return MER_OK;
  return cli_speakers_find(&request->speaker, &b->speakers, b->predictor, name, err);
}

static mer_status read_object(cli_batch *b, int i, const cli_input_item *item) {
  const mer_line *object = item->object;
  mer_error *fault = &b->faults[i];
  b->of_lines[i] = true;
  snprintf(b->where[i], sizeof b->where[i], "%.250s:%lld: ", item->source,
           (long long)object->number);
  if (object->fault) {
    fault->status = MER_STATUS_FORMAT;
    snprintf(fault->message, sizeof fault->message, "%s", object->fault);
  } else if (mer_dialogues_request_read(&b->read[i], b->dialogues, object->text, object->size,
                                        item->folder, fault) == MER_OK) {
    b->requests[i] = b->read[i].request;
  }
  return fault->status == MER_STATUS_NO_MEMORY ? MER_STATUS_NO_MEMORY : MER_OK;
}

static mer_status take_object(cli_batch *b, const cli_input_item *item, mer_error *err) {
  if (item->first) {
    mer_dialogues_free(b->dialogues);
    b->dialogues = NULL;
    const mer_status status = mer_dialogues_create(&b->dialogues, b->predictor, err);
    if (status != MER_OK) return status;
    cli_speakers_begin_file(&b->speakers);
  }
  const int i = b->n++;
  if (read_object(b, i, item) != MER_OK) return cli_no_memory(err);
  const mer_status status = find_speaker(b, i, err);
  if (status != MER_OK) return status;
  if (b->requests[i].sound.path || b->requests[i].image.path) b->n_files++;
  return MER_OK;
}

/* A file is the sound and the image of its utterance, as far as the model takes them; of a video
 * the faces count. */
static mer_status take_file(cli_batch *b, const cli_media_file *file, mer_error *err) {
  const int i = b->n++;
  size_t size = 0;
  b->n_files++;
  b->ids[i] = cli_json_name(file->name);
  snprintf(b->where[i], sizeof b->where[i], "%.250s: ", file->name);
  if (file->media) b->media[i] = strdup(file->media);
  if (!b->ids[i] || (file->media && !b->media[i])) return cli_no_memory(err);
  b->requests[i].sound.path = b->requests[i].image.path = b->media[i];
  b->requests[i].image.faces = file->is_video;
  if (file->fault) {
    b->faults[i].status = MER_STATUS_NOT_FOUND;
    snprintf(b->faults[i].message, sizeof b->faults[i].message, "%.300s: %s", file->name,
             file->fault);
  }
  if (file->transcript && mer_text_read(&b->texts[i], &size, file->transcript, MAX_TRANSCRIPT_BYTES,
                                        &b->faults[i]) == MER_OK) {
    b->requests[i].text = b->texts[i];
    b->requests[i].text_size = size;
  }
  return MER_OK;
}

mer_status cli_batch_take(void *batch, const cli_input_item *item, mer_error *err) {
  cli_batch *b = batch;
  /* What was answered is still a turn of its dialogue, and of its speaker. */
  b->answered[b->n] = b->skip > 0;
  if (b->skip > 0) b->skip--;
  const mer_status status = item->file ? take_file(b, item->file, err) : take_object(b, item, err);
  if (status != MER_OK) return status;
  const bool full = b->n == MER_MAX_LINES || b->n_files == CLI_BATCH_FILES;
  return full || (b->waits && item->last) ? cli_batch_answer(b, err) : MER_OK;
}

mer_status cli_batch_take_request(cli_batch *b, const mer_request *request, const char *id,
                                  mer_error *err) {
  const int i = b->n++;
  b->requests[i] = *request;
  if (!id) return MER_OK;
  b->ids[i] = cli_json_name(id);
  snprintf(b->where[i], sizeof b->where[i], "%.250s: ", id);
  return b->ids[i] ? MER_OK : cli_no_memory(err);
}

void cli_batch_clear(cli_batch *b) {
  forget(b);
  mer_dialogues_free(b->dialogues);
  b->dialogues = NULL;
  cli_speakers_clear(&b->speakers);
}
