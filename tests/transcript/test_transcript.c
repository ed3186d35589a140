/* test_transcript.c: transcripts as programs write them, and as they should not be: every text
 * comes back with its line, and what cannot be used is named. */
#include "mer/transcript.h"
#include "test_support.h"

static char folder[64], path[128];

static int set_up(void **state) {
  (void)state;
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a.txt", folder);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

static void write_text(const void *text, size_t size) {
  mer_error err = {0};
  assert_ok(mer_file_write(path, text, size, NULL, &err));
}

/* What an entry should be: "start end line speaker|text|fault", times in ms, "-" where there is
 * none. */
static void describe(char *out, size_t room, const mer_transcript *t, int64_t i) {
  const mer_transcript_entry e = mer_transcript_at(t, i);
  char times[64] = "- -";
  assert_int_equal(strlen(e.text), e.text_size);
  if (!e.fault) snprintf(times, sizeof times, "%.0f %.0f", e.start_s * 1000, e.end_s * 1000);
  else assert_true(isnan(e.start_s) && isnan(e.end_s));
  snprintf(out, room, "%s %lld %s|%s|%s", times, (long long)e.line, e.speaker ? e.speaker : "-",
           e.text, e.fault ? e.fault : "");
}

static void expect_size(const void *text, size_t size, const char *const *expected, int n) {
  mer_transcript *t;
  mer_error err = {0};
  char found[4096];
  write_text(text, size);
  assert_ok(mer_transcript_open(&t, path, &err));
  for (int64_t i = 0; i < mer_transcript_count(t); i++) {
    describe(found, sizeof found, t, i);
    assert_string_equal(found, i < n ? expected[i] : "(no more)");
  }
  assert_int_equal(mer_transcript_count(t), n);
  mer_transcript_close(t);
}

#define EXPECT(text, ...)                                             \
  expect_size(text, strlen(text), (const char *const[]){__VA_ARGS__}, \
              (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))

static void expect_refused(mer_status status, const char *text, const char *message) {
  mer_transcript *t;
  mer_error err = {0};
  write_text(text, strlen(text));
  assert_int_equal(mer_transcript_open(&t, path, &err), status);
  assert_null(t);
  if (!strstr(err.message, message)) fail_msg("'%s' is not in: %s", message, err.message);
}

static void srt_is_read(void **state) {
  (void)state;
  EXPECT(
      "1\n00:00:01,000 --> 00:00:02,500\nHi <i>there</i>,\n{\\an8}you\n\n"
      "2\n00:01:00,000 --> 01:00:00,000 X1:1\n1 < 2\n",
      "1000 2500 2 -|Hi there, you|", "60000 3600000 7 -|1 < 2|");
  /* CRLF, a byte-order mark, no numbers, no end of the last line, blank lines within a text. */
  EXPECT(
      "\xEF\xBB\xBF"
      "00:01.5 --> 00:02\r\nfirst\r\n\r\n42\r\n\r\n00:03 --> 00:04\r\nsecond",
      "1500 2000 1 -|first 42|", "3000 4000 6 -|second|");
  EXPECT("1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\n",
         "1000 2000 2 -||", "3000 4000 5 -||");
}

/* Times in brackets with the text after them, as whisper-cli and whisper print them. */
static void printed_lines_are_read(void **state) {
  (void)state;
  EXPECT(
      "\nDetected language: English\n[00:00.500 --> 00:02.000]  one [two]\n"
      "[00:00:02.000 --> 00:00:03.000]   three\nand four\n[x --> y] five\n[00:09 --> 00:08] six",
      "- - 2 -|Detected language: English|a text without times before it",
      "500 2000 3 -|one [two]|", "2000 3000 4 -|three and four [x --> y] five|",
      "- - 7 -|six|it ends before it begins");
}

/* A file for each channel: one that is not there, names within them, words, an order across them.
 */
static void channels_become_one(void **state) {
  (void)state;
  static const char left[] = "1 --> 2\nAnn: one\n\n5 --> 4\nAnn: back\n\n7 --> 8\nAnn: last\n";
  static const char right[] =
      "{\"segments\": [{\"start\": 3, \"end\": 4, \"text\": \"so it\", \"speaker\": \"Bob\", "
      "\"words\": "
      "[{\"word\": \" so\", \"start\": 3, \"end\": 3.5}, {\"word\": \" it\"}]}]}";
  static const char *const speakers[] = {"left", "right"};
  static const char *const expected[] = {"1000 2000 1 left|Ann: one|",
                                         "- - 4 left|Ann: back|it ends before it begins",
                                         "3000 4000 1 right|so it|", "7000 8000 7 left|Ann: last|"};
  static const int channels[] = {1, 1, 2, 1};
  char other[160], found[4096];
  const char *paths[] = {path, other};
  mer_transcript *t;
  mer_error err = {0};
  snprintf(other, sizeof other, "%s/b.txt", folder);
  write_text(left, strlen(left));
  assert_ok(mer_file_write(other, right, strlen(right), NULL, &err));
  assert_ok(mer_transcript_open_channels(&t, paths, speakers, 2, &err));
  assert_int_equal(mer_transcript_count(t), 4);
  for (int i = 0; i < 4; i++) {
    describe(found, sizeof found, t, i);
    assert_string_equal(found, expected[i]);
    assert_int_equal(mer_transcript_at(t, i).channel, channels[i]);
  }
  const mer_transcript_entry e = mer_transcript_at(t, 2);
  assert_int_equal(e.n_words, 2);
  assert_string_equal(e.words[0].text, "so");
  assert_string_equal(e.words[1].text, "it");
  mer_transcript_close(t);
  paths[0] = NULL;
  assert_ok(mer_transcript_open_channels(&t, paths, speakers, 2, &err));
  assert_int_equal(mer_transcript_count(t), 1);
  assert_int_equal(mer_transcript_at(t, 0).channel, 2);
  mer_transcript_close(t);
  assert_ok(mer_transcript_open_channels(&t, paths, speakers, 1, &err));
  assert_int_equal(mer_transcript_count(t), 0);
  mer_transcript_close(t);
  paths[0] = "none.srt";
  assert_int_equal(mer_transcript_open_channels(&t, paths, speakers, 2, &err),
                   MER_STATUS_NOT_FOUND);
  assert_null(t);
}

static void utf16_is_read(void **state) {
  (void)state;
  const char *text = "1\n00:00:01,000 --> 00:00:02,000\nhi\n";
  char wide[200] = "\xFF\xFE";
  size_t n = 2;
  for (const char *at = text; *at; at++, n += 2) wide[n] = *at;
  expect_size(wide, n, (const char *const[]){"1000 2000 2 -|hi|"}, 1);
}

static void names_before_colons_are_speakers(void **state) {
  (void)state;
  EXPECT("1\n0:01 --> 0:02\nAnn: hi\n\n2\n0:02 --> 0:03\nSPEAKER_00: ho\n\n3\n0:03 --> 0:04\nhm\n",
         "1000 2000 2 Ann|hi|", "2000 3000 6 SPEAKER_00|ho|", "3000 4000 10 -|hm|");
  /* Where few texts have one, it is a word like others. */
  EXPECT("1\n0:01 --> 0:02\nNote: hi\n\n2\n0:02 --> 0:03\nho\n\n3\n0:03 --> 0:04\nhe said: no\n",
         "1000 2000 2 -|Note: hi|", "2000 3000 6 -|ho|", "3000 4000 10 -|he said: no|");
}

static void bad_times_lose_nothing(void **state) {
  (void)state;
  EXPECT(
      "before\n\n1\n00:00:05,000 --> 00:00:02,000\nbackwards\n\n"
      "2\n-00:00:01,000 --> 00:00:02,000\nnegative\n\n3\nNaN --> 00:00:02,000\nnan\n\n"
      "4\n00:00:01,000 -->\nno end\n\n5\n99:59:59,999 --> 99:59:59,999\nlate\n\n"
      "6\n9999:00:00 --> 9999:00:01\nfar\n\n7\n00:00:03 --> 00:00:04\nearly\n",
      "- - 1 -|before|a text without times before it", "- - 4 -|backwards|it ends before it begins",
      "- - 8 -|negative|its beginning is not a time", "- - 12 -|nan|its beginning is not a time",
      "- - 16 -|no end|its end is not a time", "3000 4000 28 -|early|",
      "359999999 359999999 20 -|late|", "- - 24 -|far|a time of more than 1000 hours");
}

static void arrows_in_texts_are_not_times(void **state) {
  (void)state;
  EXPECT("1\n00:00:01,000 --> 00:00:02,000\ngo --> there\n", "1000 2000 2 -|go --> there|");
  EXPECT("WEBVTT\n\n00:01.000 --> 00:02.000\ngo --> there\n", "1000 2000 3 -|go --> there|");
  EXPECT("start,end,text\n1,2,go --> there\n", "1000 2000 2 -|go --> there|");
  EXPECT("sep=;\nSpeaker; Start;end;text\nA;1;2;1 --> 2\n", "1000 2000 3 A|1 --> 2|");
}

/* A tag that does not end is text; to look for its end each time would take hours. */
static void brackets_without_end_are_text(void **state) {
  (void)state;
  enum { N = 1 << 23 };
  static const char *const begins[] = {"WEBVTT\n\n1 --> 2\n", "1 --> 2\n"};
  mer_error err = {0};
  char *text = malloc(N + 64);
  for (int i = 0; i < 4; i++) {
    mer_transcript *t;
    const size_t n = (size_t)sprintf(text, "%s", begins[i % 2]);
    memset(text + n, i < 2 ? '<' : '{', N);
    write_text(text, n + N);
    assert_ok(mer_transcript_open(&t, path, &err));
    assert_int_equal(mer_transcript_count(t), 1);
    assert_int_equal(mer_transcript_at(t, 0).text_size, N);
    mer_transcript_close(t);
  }
  free(text);
}

static void names_of_speakers_are_one_line(void **state) {
  (void)state;
  EXPECT("start,end,speaker,text\n1,2,\"Ann \n  B \",a\n1,2,\" \",b\n", "1000 2000 2 Ann B|a|",
         "1000 2000 4 -|b|");
  EXPECT("WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud\tTom &amp;  Ann &lt;3>hi\n",
         "1000 2000 3 Tom & Ann <3|hi|");
}

static void vtt_needs_no_blank_line_after_its_header(void **state) {
  (void)state;
  EXPECT(
      "WEBVTT\nKind: captions\n00:01.000 --> 00:02.000\nfirst\n\n00:03.000 --> "
      "00:04.000\nsecond\n",
      "1000 2000 3 -|first|", "3000 4000 6 -|second|");
}

static void vtt_is_read(void **state) {
  (void)state;
  EXPECT(
      "WEBVTT - title\nKind: captions\n\nNOTE a\nb\n\nSTYLE\n::cue {}\n\n"
      "name\n00:01.000 --> 00:02.000 align:start\n<v.loud Ann B>Hi &amp; <b>bye</b></v>\nyou\n\n"
      "00:00:02.000 --> 00:00:03.000\n<v Ann>a <v Bob>b <00:00:02.500><c>c</c>\n",
      "1000 2000 11 Ann B|Hi & bye you|", "2000 3000 15 Ann|a|", "2000 3000 15 Bob|b c|");
  EXPECT("WEBVTT\n\nstray\nlines\n\n00:01 --> 00:02\nx < y & z\n\nlast",
         "- - 3 -|stray lines|a text without times before it", "1000 2000 6 -|x < y & z|",
         "- - 9 -|last|a text without times before it");
  expect_size("WEBVTT", 6, NULL, 0);
}

static void expect_words(const char *text, int64_t entry, const char *expected) {
  mer_transcript *t;
  mer_error err = {0};
  char found[1024] = "";
  write_text(text, strlen(text));
  assert_ok(mer_transcript_open(&t, path, &err));
  const mer_transcript_entry e = mer_transcript_at(t, entry);
  for (int64_t i = 0; i < e.n_words; i++)
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s %.0f %.0f;", e.words[i].text,
             e.words[i].start_s * 1000, e.words[i].end_s * 1000);
  assert_string_equal(found, expected);
  mer_transcript_close(t);
}

static void openai_whisper_is_read(void **state) {
  (void)state;
  const char *text =
      "{\"text\": \" Hi there\", \"language\": \"en\",\n \"segments\": [\n"
      "{\"id\": 0, \"start\": 0.5, \"end\": 1.25, \"text\": \" Hi: th\\u00e9re\", \"words\": [\n"
      "{\"word\": \" Hi\", \"start\": 0.5, \"end\": 0.75, \"probability\": 0.9},\n"
      "{\"word\": \" there\", \"start\": 0.75, \"end\": -1}]},\n"
      "{\"start\": NaN, \"end\": 2, \"text\": \"x\", \"speaker\": \"SPEAKER_01\"},\n"
      "{\"start\": 2, \"text\": \"y\", \"speaker\": 1},\n7]}";
  EXPECT(text, "500 1250 3 -|Hi: th\xC3\xA9re|", "- - 6 SPEAKER_01|x|its beginning is not a time",
         "- - 7 1|y|its end is not a time", "- - 8 -||it is not an object");
  expect_words(text, 0, "Hi 500 750;there nan nan;");
}

static void whisper_cpp_is_read(void **state) {
  (void)state;
  const char *text =
      "{\"model\": {\"type\": \"tiny\"}, \"transcription\": [\n{\"timestamps\": {\"from\": "
      "\"00:00:00,000\"}, \"offsets\": {\"from\": 100, \"to\": 2500}, \"text\": \" And so\", "
      "\"tokens\": [\n{\"text\": \"[_BEG_]\", \"offsets\": {\"from\": 0, \"to\": 0}},\n"
      "{\"text\": \" An\", \"offsets\": {\"from\": 100, \"to\": 300}},\n"
      "{\"text\": \"d\", \"offsets\": {\"from\": 300, \"to\": 400}},\n"
      "{\"text\": \" so\", \"offsets\": {\"from\": 400, \"to\": 900}}]}]}";
  EXPECT(text, "100 2500 2 -|And so|");
  expect_words(text, 0, "And 100 400;so 400 900;");
}

static void tables_are_read(void **state) {
  (void)state;
  EXPECT("start,end,speaker,text\n1.5,2,Ann,\"hi, \nyou\"\n00:01:00,61,,ho: x\n-1,2,Bob,no\n",
         "1500 2000 2 Ann|hi, you|", "60000 61000 4 -|ho: x|",
         "- - 5 Bob|no|its beginning is not a time");
  EXPECT(
      "{\"start\": 1, \"end\": 2, \"text\": \"a\"}\n{\"start\": 0, \"end\": 2, \"text\": "
      "\"b\", \"speaker\": \"S\"}\n",
      "0 2000 2 S|b|", "1000 2000 1 -|a|");
}

static void what_is_none_is_refused(void **state) {
  (void)state;
  expect_refused(MER_STATUS_FORMAT, "", "no transcript");
  expect_refused(MER_STATUS_FORMAT, "hello\nyou\n", "no transcript");
  expect_refused(MER_STATUS_FORMAT, "{\"segments\": [\n{\"start\": 1,\n", ":3: expected");
  expect_refused(MER_STATUS_FORMAT, "{\"segments\": 1}", "expected a list");
  expect_refused(MER_STATUS_FORMAT, "start,text\n1,a\n", "no column 'end'");
  expect_refused(MER_STATUS_FORMAT, "start,end\n1\n", ":2");
  mer_transcript *t;
  mer_error err = {0};
  assert_int_equal(mer_transcript_open(&t, "/nowhere", &err), MER_STATUS_NOT_FOUND);
  assert_int_equal(mer_transcript_open(&t, "", &err), MER_STATUS_INVALID);
  mer_transcript_close(NULL);
}

/* A great many, the last of which comes first. */
static void many_entries_are_put_in_order(void **state) {
  (void)state;
  enum { N = 100000 };
  mer_transcript *t;
  mer_error err = {0};
  char *text = malloc((size_t)N * 40), *at = text;
  for (int i = N; i > 0; i--) at += sprintf(at, "%d --> %d\nturn %d\n\n", i, i + 1, i);
  write_text(text, (size_t)(at - text));
  free(text);
  assert_ok(mer_transcript_open(&t, path, &err));
  assert_int_equal(mer_transcript_count(t), N);
  for (int i = 0; i < N; i++) {
    const mer_transcript_entry e = mer_transcript_at(t, i);
    assert_near(e.start_s, i + 1, 0);
    assert_int_equal(e.line, (N - i - 1) * 3 + 1);
    assert_int_equal(atoi(e.text + 5), i + 1);
  }
  mer_transcript_close(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(srt_is_read),
      cmocka_unit_test(printed_lines_are_read),
      cmocka_unit_test(channels_become_one),
      cmocka_unit_test(utf16_is_read),
      cmocka_unit_test(names_before_colons_are_speakers),
      cmocka_unit_test(bad_times_lose_nothing),
      cmocka_unit_test(arrows_in_texts_are_not_times),
      cmocka_unit_test(brackets_without_end_are_text),
      cmocka_unit_test(names_of_speakers_are_one_line),
      cmocka_unit_test(vtt_needs_no_blank_line_after_its_header),
      cmocka_unit_test(vtt_is_read),
      cmocka_unit_test(openai_whisper_is_read),
      cmocka_unit_test(whisper_cpp_is_read),
      cmocka_unit_test(tables_are_read),
      cmocka_unit_test(what_is_none_is_refused),
      cmocka_unit_test(many_entries_are_put_in_order),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
