/* fuzz_request.c: a line of JSON as `mer predict --jsonl` reads it; what is read is answered by a
 * line that must be JSON, with the id as it was written. */
#include <jansson.h>

#include "fuzz.h"
#include "mer/predict.h"
#include "predict/context_json.h"
#include "text/text_decode.h"

/* What jansson refuses of an id that is JSON: a number that no double holds, half a surrogate pair,
 * deep nesting. An id comes back as it was written. */
static bool is_limit(const char *fault) {
  return strstr(fault, "overflow") || strstr(fault, "Unicode") || strstr(fault, "depth");
}

/* An answer needs a model for its labels; one that says why there is none does not. */
static void answer(const mer_json_request *read) {
  const mer_answer none = {.status = MER_STATUS_FORMAT, .label = -1, .message = "nothing"};
  mer_error err = {0};
  json_error_t fault;
  char *line = NULL;
  FUZZ_REQUIRE(mer_answer_json(&line, &none, NULL, read->id, NULL, &err) == MER_OK);
  FUZZ_REQUIRE(line && !strchr(line, '\n'));
  json_t *root = json_loads(line, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &fault);
  FUZZ_REQUIRE(root || is_limit(fault.text));
  json_decref(root);
  mer_text_free(line);
}

/* A turn is a text of its own, which an end may not cut short. */
static void look_at(const mer_turn *turns, int64_t n, int64_t most) {
  FUZZ_REQUIRE(n <= most);
  for (int64_t i = 0; i < n; i++) {
    FUZZ_REQUIRE(!turns[i].text || turns[i].text[turns[i].text_size] == 0);
    FUZZ_REQUIRE(!turns[i].speaker || strlen(turns[i].speaker) < SIZE_MAX);
  }
}

/* What is said around the utterance of a line that has no fault. */
static void read_context(mer_json_request *read, const char *line, size_t size) {
  const mer__turns turns = {.past = 2, .future = 1};
  mer__kept_context context = {0};
  mer_error err = {0};
  const mer_status status = mer__kept_context_read(&context, line, size, &turns, &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) {
    FUZZ_REQUIRE(mer__kept_context_give(read, &context, &err) == MER_OK);
    const mer_context *given = read->request.context;
    look_at(given->past, given->n_past, turns.past);
    look_at(given->future, given->n_future, turns.future);
  }
  mer__kept_context_clear(&context);
}

static void read_line(const char *line, size_t size) {
  mer_json_request read = {0};
  mer_error err = {0};
  mer_status status = mer_json_request_read(&read, line, size, "folder", &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) read_context(&read, line, size);
  const mer_request *r = &read.request;
  FUZZ_REQUIRE(!r->text || strlen(r->text) <= r->text_size);
  FUZZ_REQUIRE(!r->sound.path || r->sound.path[0]);
  answer(&read);
  mer_json_request_clear(&read);
}

/* A line is UTF-8 and has no end: so the reader of lines gives it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer__text_buffer line = {0};
  mer__text_decode(&line, MER__ENCODING_UTF8, (const char *)data, size, true);
  if (line.data && !memchr(line.data, '\n', line.size)) read_line(line.data, line.size);
  mer__text_clear(&line);
  return 0;
}
