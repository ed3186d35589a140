/* test_dialogues.c: utterances of dialogues that come one by one: what is remembered, of how many,
 * and how they are named. */
#include "mer/predict.h"
#include "train/train_support.h"

static mer_predictor *predictor, *reader; /* of two turns, and of MANY_TURNS */
static mer_dialogues *dialogues;
static mer_json_request read_request;

enum { MANY_TURNS = 64 };

static mer_status open_trained(mer_predictor **out, const char *name, int64_t context) {
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, name);
  o.epochs = 1;
  o.context = context;
  train_whole(&o);
  return mer_predictor_open(out, in_folder(name), &err);
}

static int open_model(void **state) {
  begin(state);
  return open_trained(&predictor, "model", 2) == MER_OK &&
                 open_trained(&reader, "reader", MANY_TURNS) == MER_OK
             ? 0
             : -1;
}

static int close_model(void **state) {
  mer_predictor_close(predictor);
  mer_predictor_close(reader);
  return end(state);
}

static int start(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(mer_dialogues_create(&dialogues, predictor, &err));
  return 0;
}

static int start_reader(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(mer_dialogues_create(&dialogues, reader, &err));
  return 0;
}

static int finish(void **state) {
  (void)state;
  mer_json_request_clear(&read_request);
  mer_dialogues_free(dialogues);
  mer_dialogues_free(NULL);
  return 0;
}

/* The context of a line: "speaker|speaker:text,speaker:text|future". */
static const char *context_of(const char *line) {
  static char shown[512];
  mer_error err = {0};
  size_t n = 0;
  assert_ok(mer_dialogues_request_read(&read_request, dialogues, line, strlen(line), NULL, &err));
  const mer_context *c = read_request.request.context;
  assert_non_null(c);
  n += (size_t)snprintf(shown, sizeof shown, "%s|", c->speaker ? c->speaker : "-");
  for (int64_t i = 0; i < c->n_past + c->n_future; i++) {
    const mer_turn *turn = i < c->n_past ? &c->past[i] : &c->future[i - c->n_past];
    n += (size_t)snprintf(shown + n, sizeof shown - n, "%s%s:%.20s", i == c->n_past ? "|" : ",",
                          turn->speaker ? turn->speaker : "-", turn->text ? turn->text : "-");
    assert_true(!turn->text || strlen(turn->text) <= turn->text_size);
  }
  return shown;
}

static void the_last_turns_are_remembered(void **state) {
  (void)state;
  assert_string_equal(context_of("{\"dialogue\": 1, \"speaker\": \"a\", \"text\": \"t0\"}"), "a|");
  assert_string_equal(context_of("{\"dialogue\": 1, \"speaker\": 5, \"text\": \"t1\"}"), "5|,a:t0");
  assert_string_equal(context_of("{\"dialogue\": 1}"), "-|,a:t0,5:t1");
  assert_string_equal(context_of("{\"text\": \"alone\", \"dialogue\": null}"), "-|");
  assert_string_equal(context_of("{\"dialogue\": 1, \"text\": \"t3\"}"), "-|,5:t1,-:-");
  /* A context that is said counts, and the line is a turn all the same. */
  assert_string_equal(context_of("{\"text\": \"t4\", \"context\": [\"x\", {\"text\": \"y\"}, "
                                 "{\"speaker\": \"b\", \"text\": \"z\\u0000\"}], \"dialogue\": 1}"),
                      "-|,-:y,b:z");
  assert_string_equal(context_of("{\"dialogue\": 1, \"context\": []}"), "-|");
  assert_string_equal(context_of("{\"dialogue\": 1}"), "-|,-:t4,-:-");
  assert_string_equal(context_of("{\"speaker\": null, \"text\": \"\", \"context\": null}"), "-|");
  assert_string_equal(read_request.request.text, "");
}

/* Any value names a dialogue; a text and a number are two. */
static void names_of_any_type(void **state) {
  (void)state;
  static const char *const names[] = {"1",   "\"1\"",      "1.0",  "true",
                                      "[1]", "{\"a\": 1}", "\"\"", "NaN"};
  enum { N = sizeof names / sizeof *names };
  char line[100];
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < N; i++) {
      char expected[32] = "-|";
      snprintf(line, sizeof line, "{\"text\": \"t%d\", \"dialogue\": %s}", i, names[i]);
      if (round) snprintf(expected, sizeof expected, "-|,-:t%d", i);
      assert_string_equal(context_of(line), expected);
    }
  assert_string_equal(context_of("{\"dialogue\": \"\\u0031\"}"), "-|,-:t1,-:t1");
}

/* The dialogues that were used least recently are forgotten, by their number. */
static void dialogues_are_bounded(void **state) {
  (void)state;
  enum { BIG = 1 << 20, MANY = 1500 };
  char line[100], *big = malloc(BIG + 100);
  for (int i = 0; i < MANY; i++) {
    snprintf(line, sizeof line, "{\"dialogue\": %d, \"text\": \"t%d\"}", i, i);
    assert_string_equal(context_of(line), "-|");
    if (i % 100 == 0) assert_non_null(context_of("{\"dialogue\": 0, \"text\": \"t0\"}"));
  }
  assert_string_equal(context_of("{\"dialogue\": 0}"), "-|,-:t0,-:t0");
  assert_string_equal(context_of("{\"dialogue\": 1499}"), "-|,-:t1499");
  assert_string_equal(context_of("{\"dialogue\": 300}"), "-|");
  /* Of a long text as much is kept as shows that it is too long. */
  const int head = snprintf(big, 100, "{\"dialogue\": \"big\", \"text\": \"");
  memset(big + head, 'a', BIG);
  strcpy(big + head + BIG, "\"}");
  for (int i = 0; i < 3; i++) context_of(big);
  assert_int_equal(read_request.request.context->past[1].text_size, 16385);
  free(big);
}

/* How many turns are remembered of a dialogue, after which one without text stands. */
static int64_t n_remembered(int dialogue) {
  mer_error err = {0};
  char line[100];
  snprintf(line, sizeof line, "{\"dialogue\": %d}", dialogue);
  assert_ok(mer_dialogues_request_read(&read_request, dialogues, line, strlen(line), NULL, &err));
  return read_request.request.context->n_past;
}

/* And by their size: of dialogues of a mebibyte each far fewer are remembered than of small ones.
 */
static void bytes_are_bounded(void **state) {
  (void)state;
  enum { BYTES = 16384, N_DIALOGUES = 80 };
  mer_error err = {0};
  char *line = malloc(BYTES + 100);
  for (int i = 0; i < N_DIALOGUES; i++)
    for (int turn = 0; turn < MANY_TURNS; turn++) {
      const int head = snprintf(line, 100, "{\"dialogue\": %d, \"text\": \"", i);
      memset(line + head, 'a', BYTES);
      strcpy(line + head + BYTES, "\"}");
      assert_ok(
          mer_dialogues_request_read(&read_request, dialogues, line, strlen(line), NULL, &err));
    }
  assert_int_equal(n_remembered(N_DIALOGUES - 1), MANY_TURNS);
  assert_int_equal(n_remembered(N_DIALOGUES - 50), MANY_TURNS);
  assert_int_equal(n_remembered(N_DIALOGUES - 70), 0);
  assert_int_equal(n_remembered(0), 0);
  free(line);
}

static void a_line_with_a_fault_is_not_remembered(void **state) {
  (void)state;
  static const char *const lines[] = {
      "{\"id\": 7, \"dialogue\": 1, \"text\": 5}",
      "{\"id\": 7, \"dialogue\": 1, \"context\": 5, \"text\": \"a\"}",
      "{\"id\": 7, \"dialogue\": 1, \"dialogue\": 2}",
      "{\"id\": 7, \"dialogue\": 1, \"text\": \"a\""};
  mer_error err = {0};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    assert_int_equal(mer_dialogues_request_read(&read_request, dialogues, lines[i],
                                                strlen(lines[i]), NULL, &err),
                     MER_STATUS_FORMAT);
    assert_string_equal(read_request.id, "7");
  }
  assert_string_equal(context_of("{\"dialogue\": 1}"), "-|");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_last_turns_are_remembered, start, finish),
      cmocka_unit_test_setup_teardown(names_of_any_type, start, finish),
      cmocka_unit_test_setup_teardown(dialogues_are_bounded, start, finish),
      cmocka_unit_test_setup_teardown(bytes_are_bounded, start_reader, finish),
      cmocka_unit_test_setup_teardown(a_line_with_a_fault_is_not_remembered, start, finish),
  };
  return cmocka_run_group_tests(tests, open_model, close_model);
}
