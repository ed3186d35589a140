/* test_text_turns.c: the tokens of utterances among the turns of their dialogues: order, speakers,
 * what is left out where there is no room, and contexts that nobody means well. */
#include "base/file.h"
#include "encoder/text_turns.h"
#include "test_support.h"

static char folder[64];
static mer_tokenizer *bert, *roberta;
static mer_error err;
static char shown[8192];

static void put(const char *name, const char *text) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_ok(mer__file_write(path, text, strlen(text), &err));
}

static const char *const files[] = {"vocab.txt", "vocab.json", "merges.txt"};

static int open_tokenizers(void **state) {
  (void)state;
  char path[160];
  make_temporary_folder(folder);
  put("vocab.txt",
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\naa\nab\n:\nhi\nyou\ngo\nno\nyes\n"
      "rachel\n");
  snprintf(path, sizeof path, "%s/vocab.txt", folder);
  assert_ok(mer_tokenizer_open(&bert, path, &err));
  remove(path);
  put("vocab.json",
      "{\"<s>\": 0, \"<pad>\": 1, \"</s>\": 2, \"<unk>\": 3, \"A\": 4, \"B\": 5, "
      "\":\": 6, \"\\u0120\": 7, \"g\": 8, \"o\": 9, \"go\": 10, \"\\u0120go\": 11, "
      "\"n\": 12, \"no\": 13, \"\\u0120no\": 14, \"C\": 15}");
  put("merges.txt", "#version: 0.2\ng o\nn o\n\xC4\xA0 go\n\xC4\xA0 no\n");
  assert_ok(mer_tokenizer_open(&roberta, folder, &err));
  return 0;
}

static int close_tokenizers(void **state) {
  (void)state;
  char path[160];
  mer_tokenizer_close(bert);
  mer_tokenizer_close(roberta);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, files[i]);
    remove(path);
  }
  return remove(folder);
}

/* The tokens as words, and after '|' their types. */
static const char *show(const mer_tokens *tokens, const mer_tokenizer *tokenizer) {
  size_t used = 0;
  shown[0] = 0;
  for (int32_t t = 0; t < tokens->n; t++)
    used += (size_t)snprintf(shown + used, sizeof shown - used, "%s ",
                             mer_tokenizer_token(tokenizer, tokens->ids[t]));
  used += (size_t)snprintf(shown + used, sizeof shown - used, "|");
  for (int32_t t = 0; t < tokens->n; t++)
    used += (size_t)snprintf(shown + used, sizeof shown - used, "%d", tokens->type_ids[t]);
  return shown;
}

static const char *encode(const mer_tokenizer *tokenizer, mer__turns turns, int64_t max_length,
                          const char *text, const mer_context *context) {
  mer_tokens tokens = {0};
  mer__turn_ids kept = {0};
  char first[sizeof shown];
  err = (mer_error){0};
  /* Turns that are kept, once or from the call before, say the same. */
  for (int time = 0; time < 3; time++) {
    assert_ok(mer__text_turns_encode(&tokens, tokenizer, &turns, max_length, text, strlen(text),
                                     context, time ? &kept : NULL, &err));
    assert_true(tokens.n <= max_length);
    show(&tokens, tokenizer);
    if (time > 0) assert_string_equal(shown, first);
    memcpy(first, shown, sizeof shown);
  }
  mer__turn_ids_clear(&kept);
  mer_tokens_clear(&tokens);
  return shown;
}

#define TURN(who, says) \
  { .speaker = (who), .text = (says), .text_size = sizeof(says) - 1 }

static const mer_turn past[] = {TURN("Ann", "hi"), TURN("Bob", "hi you"), TURN("Ann", "go"),
                                TURN("Cid", "no")};
static const mer_turn future[] = {TURN("Bob", "no"), TURN("Ann", "yes")};
enum { LONG = 64 };

/* The last turns, the oldest first, each with its speaker; a segment of its own, then the
 * utterance. */
static void past_turns_come_first(void **state) {
  (void)state;
  const mer_context context = {.speaker = "Bob", .past = past, .n_past = 4};
  assert_string_equal(encode(bert, (mer__turns){.past = 3}, LONG, "yes", &context),
                      "[CLS] a : hi you b : go c : no [SEP] a : yes [SEP] |0000000000001111");
  assert_string_equal(encode(bert, (mer__turns){.past = 1}, LONG, "yes", &context),
                      "[CLS] a : no [SEP] b : yes [SEP] |000001111");
  assert_string_equal(encode(bert, (mer__turns){.past = 64}, LONG, "yes", &context),
                      "[CLS] a : hi b : hi you a : go c : no [SEP] b : yes [SEP] "
                      "|0000000000000001111");
  assert_string_equal(encode(roberta, (mer__turns){.past = 2}, LONG, "go",
                             &(mer_context){.speaker = "x", .past = past + 2, .n_past = 2}),
                      "<s> A : \xC4\xA0go B : \xC4\xA0no </s> </s> C : \xC4\xA0go </s> "
                      "|0000000000000");
}

/* Without turns before it an utterance has an empty segment there, and without a speaker none is
 * written. */
static void what_is_not_known_is_not_written(void **state) {
  (void)state;
  const mer_turn some[] = {TURN(NULL, "hi"), TURN("", "go"), TURN("Ann", "no")};
  assert_string_equal(encode(bert, (mer__turns){.past = 3}, LONG, "yes", NULL),
                      "[CLS] [SEP] yes [SEP] |0011");
  assert_string_equal(
      encode(bert, (mer__turns){.past = 3}, LONG, "yes", &(mer_context){.speaker = "Ann"}),
      "[CLS] [SEP] a : yes [SEP] |001111");
  assert_string_equal(
      encode(bert, (mer__turns){.past = 3}, LONG, "yes", &(mer_context){.past = some, .n_past = 3}),
      "[CLS] hi go a : no [SEP] yes [SEP] |000000011");
}

/* A turn without text takes its place, is not written, and gives its speaker no letter. */
static void a_turn_without_text_is_not_written(void **state) {
  (void)state;
  const mer_turn some[] = {
      TURN("Ann", "hi"), TURN("Bob", " \n"), {.speaker = "Cid"}, TURN("Dan", "no")};
  const mer_context context = {.speaker = "Ann", .past = some, .n_past = 4};
  assert_string_equal(encode(bert, (mer__turns){.past = 3}, LONG, "yes", &context),
                      "[CLS] a : no [SEP] b : yes [SEP] |000001111");
  assert_string_equal(encode(bert, (mer__turns){.past = 4}, LONG, "yes", &context),
                      "[CLS] a : hi b : no [SEP] a : yes [SEP] |000000001111");
}

static void future_turns_come_only_if_asked_for(void **state) {
  (void)state;
  const mer_context context = {
      .speaker = "Bob", .past = past, .future = future, .n_past = 4, .n_future = 2};
  assert_null(strstr(encode(bert, (mer__turns){.past = 4}, LONG, "go", &context), "yes"));
  assert_string_equal(encode(bert, (mer__turns){.past = 1, .future = 2}, LONG, "go", &context),
                      "[CLS] a : no [SEP] b : go [SEP] b : no c : yes [SEP] |0000011110000000");
  assert_string_equal(encode(bert, (mer__turns){.future = 1}, LONG, "go", &context),
                      "[CLS] a : go [SEP] a : no [SEP] |000001111");
  assert_string_equal(encode(bert, (mer__turns){.past = 1, .future = 1}, LONG, "go", NULL),
                      "[CLS] [SEP] go [SEP] [SEP] |00110");
}

static void names_are_written_where_they_are_asked_for(void **state) {
  (void)state;
  const mer_turn some[] = {TURN("Rachel", "hi")};
  assert_string_equal(encode(bert, (mer__turns){.past = 1, .names = true}, LONG, "go",
                             &(mer_context){.speaker = "a b", .past = some, .n_past = 1}),
                      "[CLS] rachel : hi [SEP] a b : go [SEP] |0000011111");
}

/* Whole turns are left out, the oldest first; one that does not fit ends its side. */
static void the_oldest_turns_are_cut_first(void **state) {
  (void)state;
  const mer_context context = {.speaker = "Bob", .past = past, .n_past = 4};
  const mer__turns turns = {.past = 4};
  assert_string_equal(encode(bert, turns, 16, "yes", &context),
                      "[CLS] b : hi you a : go c : no [SEP] b : yes [SEP] |0000000000001111");
  assert_string_equal(encode(bert, turns, 15, "yes", &context),
                      "[CLS] a : go c : no [SEP] b : yes [SEP] |000000001111");
  assert_string_equal(encode(bert, turns, 11, "yes", &context),
                      "[CLS] c : no [SEP] b : yes [SEP] |000001111");
  assert_string_equal(encode(bert, turns, 8, "yes", &context), "[CLS] [SEP] b : yes [SEP] |001111");
  const mer_context both = {
      .speaker = "Bob", .past = past, .future = future, .n_past = 4, .n_future = 2};
  assert_string_equal(encode(bert, (mer__turns){.past = 4, .future = 2}, 14, "yes", &both),
                      "[CLS] c : no [SEP] b : yes [SEP] b : no [SEP] |0000011110000");
}

/* The utterance alone is cut as it would be without a context: at its end. */
static void the_utterance_is_never_cut_for_turns(void **state) {
  (void)state;
  const mer_context context = {.speaker = "Bob", .past = past, .n_past = 4};
  assert_string_equal(encode(bert, (mer__turns){.past = 4}, 8, "go no yes", &context),
                      "[CLS] [SEP] b : go no yes [SEP] |00111111");
  assert_string_equal(encode(bert, (mer__turns){.past = 4}, 6, "go no yes", &context),
                      "[CLS] [SEP] b : go [SEP] |001111");
}

/* What makes a turn too long, or one without text, does not count for the utterance. */
static void the_utterance_may_be_anything(void **state) {
  (void)state;
  char *text = malloc(MER__TURN_BYTES + 20);
  const mer_context context = {.speaker = "Bob", .past = past, .n_past = 1};
  memset(text, ' ', MER__TURN_BYTES + 10);
  strcpy(text + MER__TURN_BYTES + 10, "go");
  assert_string_equal(encode(bert, (mer__turns){.past = 1}, LONG, text, &context),
                      "[CLS] a : hi [SEP] b : go [SEP] |000001111");
  free(text);
  assert_string_equal(encode(roberta, (mer__turns){.past = 1}, LONG, " ", NULL),
                      "<s> </s> </s> \xC4\xA0 </s> |00000");
}

/* After Z come AA, AB. */
static void many_speakers(void **state) {
  (void)state;
  static char names[28][16];
  mer_turn turns[28];
  for (int i = 0; i < 28; i++) {
    snprintf(names[i], sizeof names[i], "n%d", i);
    turns[i] = (mer_turn){.speaker = names[i], .text = "go", .text_size = 2};
  }
  const char *tokens = encode(bert, (mer__turns){.past = 28}, 512, "hi",
                              &(mer_context){.speaker = "n26", .past = turns, .n_past = 28});
  assert_non_null(strstr(tokens, "aa : go ab : go [SEP] aa : hi [SEP]"));
}

/* Turns beyond the window are not looked at, too long ones do not fit, and strange names and bytes
 * are taken as they are. */
static void hostile_contexts(void **state) {
  (void)state;
  enum { MANY = 100000 };
  mer_turn *turns = calloc(MANY, sizeof *turns);
  char *text = malloc(MER__TURN_BYTES + 2), name[MER__SPEAKER_BYTES + 2];
  memset(name, 'a', sizeof name);
  name[sizeof name - 1] = 0;
  for (int i = 0; i < MER__TURN_BYTES + 1; i++) text[i] = ' ';
  memcpy(text, "hi", 2);
  turns[MANY - 3] = (mer_turn){.speaker = "Ann", .text = "no", .text_size = 2};
  turns[MANY - 2] = (mer_turn){.speaker = "Ann", .text = text, .text_size = MER__TURN_BYTES};
  turns[MANY - 1] = (mer_turn){.speaker = name, .text = "go\0\xFF", .text_size = 4};
  const mer_context context = {.speaker = "\xFF", .past = turns, .n_past = MANY};
  assert_string_equal(encode(bert, (mer__turns){.past = 64}, LONG, "yes", &context),
                      "[CLS] a : no a : hi go [SEP] b : yes [SEP] |0000000001111");
  turns[MANY - 2].text_size++;
  assert_string_equal(encode(bert, (mer__turns){.past = 64}, LONG, "yes", &context),
                      "[CLS] go [SEP] b : yes [SEP] |0001111");
  free(turns);
  free(text);
}

static void settings_are_checked(void **state) {
  (void)state;
  assert_ok(mer__text_turns_check(&(mer__turns){.past = 1, .names = true}, bert, 4, "x", &err));
  assert_int_equal(mer__text_turns_check(&(mer__turns){.past = 1}, bert, 3, "x", &err),
                   MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "leaves no room beside the 3 special ones"));
  assert_int_equal(
      mer__text_turns_check(&(mer__turns){.past = 1, .future = 1}, roberta, 6, "x", &err),
      MER_STATUS_INVALID);
  assert_int_equal(mer__text_turns_check(&(mer__turns){.names = true}, bert, 64, "x", &err),
                   MER_STATUS_INVALID);
}

/* In a dialogue of two who take turns each is read with the three after it, and made once by each
 * letter that its speaker has there. */
static void turns_are_made_once(void **state) {
  (void)state;
  enum { N = 300 };
  static const char *const words[] = {"hi", "you", "go", "no", "yes"};
  const mer__turns turns = {.past = 3};
  static char texts[N][16];
  mer_turn said[N];
  mer__turn_ids kept = {0};
  mer_tokens alone = {0}, shared = {0};
  for (int i = 0; i < N; i++) {
    snprintf(texts[i], sizeof texts[i], "%s %s", words[i % 5], words[i / 5 % 5]);
    said[i] = (mer_turn){i % 2 ? "Ann" : "Bob", texts[i], strlen(texts[i]), {0}};
  }
  for (int i = 0; i < N; i++) {
    const mer_context context = {.speaker = said[i].speaker, .past = said, .n_past = i};
    assert_ok(mer__text_turns_encode(&shared, bert, &turns, LONG, said[i].text, said[i].text_size,
                                     &context, &kept, &err));
    assert_ok(mer__text_turns_encode(&alone, bert, &turns, LONG, said[i].text, said[i].text_size,
                                     &context, NULL, &err));
    assert_int_equal(shared.n, alone.n);
    assert_memory_equal(shared.ids, alone.ids, (size_t)alone.n * sizeof *alone.ids);
  }
  assert_true(kept.n >= N && kept.n <= 2 * N);
  assert_int_equal(kept.ids.n, 4 * kept.n); /* A : hi you */
  kept.ids.n = 1 << 20;
  mer__turn_ids_limit(&kept);
  assert_int_equal(kept.n, 0);
  mer__turn_ids_clear(&kept);
  mer_tokens_clear(&alone);
  mer_tokens_clear(&shared);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(turns_are_made_once),
      cmocka_unit_test(past_turns_come_first),
      cmocka_unit_test(what_is_not_known_is_not_written),
      cmocka_unit_test(a_turn_without_text_is_not_written),
      cmocka_unit_test(future_turns_come_only_if_asked_for),
      cmocka_unit_test(names_are_written_where_they_are_asked_for),
      cmocka_unit_test(the_oldest_turns_are_cut_first),
      cmocka_unit_test(the_utterance_is_never_cut_for_turns),
      cmocka_unit_test(the_utterance_may_be_anything),
      cmocka_unit_test(many_speakers),
      cmocka_unit_test(hostile_contexts),
      cmocka_unit_test(settings_are_checked),
  };
  return cmocka_run_group_tests(tests, open_tokenizers, close_tokenizers);
}
