/* test_transcript.c: transcripts as programs write them, and as they should not be: every text
 * comes back with its line, and what cannot be used is named. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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
  assert_ok(mer_transcript_open(&t, path, NULL, &err));
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
  assert_int_equal(mer_transcript_open(&t, path, NULL, &err), status);
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
  assert_ok(mer_transcript_open_channels(&t, paths, speakers, 2, NULL, &err));
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
  assert_ok(mer_transcript_open_channels(&t, paths, speakers, 2, NULL, &err));
  assert_int_equal(mer_transcript_count(t), 1);
  assert_int_equal(mer_transcript_at(t, 0).channel, 2);
  mer_transcript_close(t);
  assert_ok(mer_transcript_open_channels(&t, paths, speakers, 1, NULL, &err));
  assert_int_equal(mer_transcript_count(t), 0);
  mer_transcript_close(t);
  paths[0] = "none.srt";
  assert_int_equal(mer_transcript_open_channels(&t, paths, speakers, 2, NULL, &err),
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
  enum { N = (1 << 20) - 1, ENTRIES = 16 };
  mer_error err = {0};
  char *text = malloc((size_t)ENTRIES * (N + 16) + 16);
  for (int i = 0; i < 4; i++) {
    mer_transcript *t;
    size_t n = (size_t)sprintf(text, "%s", i % 2 ? "" : "WEBVTT\n\n");
    for (int k = 0; k < ENTRIES; k++) {
      n += (size_t)sprintf(text + n, "1 --> 2\n");
      memset(text + n, i < 2 ? '<' : '{', N);
      n += N;
      n += (size_t)sprintf(text + n, "\n\n");
    }
    write_text(text, n);
    assert_ok(mer_transcript_open(&t, path, NULL, &err));
    assert_int_equal(mer_transcript_count(t), ENTRIES);
    for (int k = 0; k < ENTRIES; k++) assert_int_equal(mer_transcript_at(t, k).text_size, N);
    mer_transcript_close(t);
  }
  free(text);
}

/* Opens `before`, `n` times `piece`, and `after`. */
static mer_status open_repeated(mer_transcript **t, const char *before, const char *piece, size_t n,
                                const char *after, mer_error *err) {
  const size_t size = strlen(piece);
  char *text = malloc(strlen(before) + n * size + strlen(after) + 1), *at = text;
  at += sprintf(at, "%s", before);
  for (size_t i = 0; i < n; i++, at += size) memcpy(at, piece, size);
  at += sprintf(at, "%s", after);
  write_text(text, (size_t)(at - text));
  free(text);
  return mer_transcript_open(t, path, NULL, err);
}

/* A line, a cell or an entry of more than a MiB, in each kind of transcript. */
static void what_is_too_long_is_refused_with_its_line(void **state) {
  (void)state;
  enum { MANY = 1 << 20 };
  static const struct {
    const char *before, *piece, *after, *message;
    mer_status status;
  } cases[] = {
      {"1\n1 --> 2\nhi\n\n2\n3 --> 4\n", "ab", "\n\n3\n5 --> 6\nyou\n",
       ":7: the line is too long, at most 1048576 bytes are read", MER_STATUS_LIMIT},
      {"1 --> 2\nhi\n3 --> 4\n", "word\n", "5 --> 6\nyou\n",
       ":3: an entry of over 1048576 bytes of text", MER_STATUS_LIMIT},
      {"1 --> 2\nhi\n3 --> 4\n", "12\n\n", "", ":3: an entry of over", MER_STATUS_LIMIT},
      {"", "1\n", "", ": no transcript: expected SRT", MER_STATUS_FORMAT},
      {"", "ab", "", ":1: the line is too long", MER_STATUS_LIMIT},
      {"[00:01 --> 00:02] hi\n[00:02 --> 00:03] ", "ab", "", ":2: the line is", MER_STATUS_LIMIT},
      {"WEBVTT\n\n1 --> 2\n", "a <b>\n", "", ":3: an entry of over", MER_STATUS_LIMIT},
      {"WEBVTT\n\n1 --> 2\n<v Ann>", "ab", "", ":4: the line is too long", MER_STATUS_LIMIT},
      {"WEBVTT\n\nstray\n", "word\n", "", ":3: an entry of over", MER_STATUS_LIMIT},
      {"start,end,text\n1,2,a\n3,4,", "ab", "", ":3: the line is too long", MER_STATUS_LIMIT},
      {"start,end,text\n1,2,a\n3,4,\"", "a b\n", "\"\n",
       ":3: a record of over 4194304 bytes: is a quote not closed?", MER_STATUS_FORMAT},
      {"start,end,text\n1,2,a\n3,4,\"", "a\n", "\"\n", ":3: more than 1048576 bytes in a field",
       MER_STATUS_LIMIT},
      {"{\"start\": 1, \"end\": 2, \"text\": \"a\"}\n{\"start\": 1, \"end\": 2, \"text\": \"", "ab",
       "\"}\n", ":2: the line is too long", MER_STATUS_LIMIT},
      {"{\"segments\": [{},\n{\"start\": 1, \"end\": 2, \"text\": \"", "ab", "\"}]}",
       ":2: a text of over 1048576 bytes", MER_STATUS_LIMIT},
      {"{\"segments\": [{},\n{\"start\": 1, \"end\": 2, \"speaker\": \"", "ab", "\"}]}",
       ":2: a text of over 1048576 bytes", MER_STATUS_LIMIT},
      {"{\"transcription\": [\n\n{\"tokens\": [{\"text\": \"", "ab", "\"}]}]}",
       ":3: a text of over 1048576 bytes", MER_STATUS_LIMIT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer_transcript *t;
    mer_error err = {0};
    const mer_status status =
        open_repeated(&t, cases[i].before, cases[i].piece, MANY, cases[i].after, &err);
    if (status != cases[i].status || !strstr(err.message, cases[i].message))
      fail_msg("case %zu: %d, %s", i, status, err.message);
    assert_null(t);
  }
}

/* What has just the size that is read, also where JSON has other texts that are longer. */
static void what_is_as_long_as_can_be_is_read(void **state) {
  (void)state;
  enum { MOST = 1 << 20 };
  static const struct {
    const char *before, *piece, *after;
    size_t n, size;
  } cases[] = {
      {"1 --> 2\n", "a", "\r\n", MOST - 1, MOST - 1},
      {"1 --> 2\n", "a ", "\n", MOST / 2, MOST - 1},
      {"WEBVTT\n\n1 --> 2\n", "abc\n", "", MOST / 4, MOST - 1},
      {"start,end,text\n1,2,\"", "a\n", "\"\n", MOST / 2, MOST - 1},
      {"{\"segments\": [{\"start\": 1, \"end\": 2, \"text\": \"hi\"}], \"text\": \"", "ab", "\"}",
       MOST, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer_transcript *t;
    mer_error err = {0};
    assert_ok(open_repeated(&t, cases[i].before, cases[i].piece, cases[i].n, cases[i].after, &err));
    assert_int_equal(mer_transcript_count(t), 1);
    assert_int_equal(mer_transcript_at(t, 0).text_size, cases[i].size);
    mer_transcript_close(t);
  }
}

/* KiB; the address sanitizer's allocator keeps what is freed, by its size. */
#if defined(__SANITIZE_ADDRESS__)
enum { MOST_HELD = 512 << 10 };
#else
enum { MOST_HELD = 64 << 10 };
#endif

/* A file of 1 GiB, which takes no room on the disk, with a line or a cell that does not end: it is
 * refused with little more memory than before. */
static void what_does_not_end_is_not_held(void **state) {
  (void)state;
  static const char *const begins[] = {"", "1\n1 --> 2\n", "WEBVTT\n\n1 --> 2\n",
                                       "start,end,text\n1,2,\"",
                                       "{\"start\": 1, \"end\": 2}\n{\"text\": \""};
  struct rusage before, after;
  for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
    mer_transcript *t;
    mer_error err = {0};
    write_text(begins[i], strlen(begins[i]));
    assert_int_equal(truncate(path, 1 << 30), 0);
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(mer_transcript_open(&t, path, NULL, &err), MER_STATUS_LIMIT);
    getrusage(RUSAGE_SELF, &after);
    assert_non_null(strstr(err.message, "the line is too long"));
    assert_true(after.ru_maxrss - before.ru_maxrss < MOST_HELD);
  }
}

/* Ends of lines of old, and a CRLF that is cut where the file is. */
static void any_end_of_a_line_is_one(void **state) {
  (void)state;
  EXPECT("1\r1 --> 2\rhi\r\r2\r3 --> 4\ryou", "1000 2000 2 -|hi|", "3000 4000 6 -|you|");
  EXPECT("WEBVTT\r\r1 --> 2\r<v Ann>hi\r\r3 --> 4\ryou\r", "1000 2000 3 Ann|hi|",
         "3000 4000 6 -|you|");
  EXPECT("start,end,text\r1,2,\"a\rb\"\r3,4,c\r", "1000 2000 2 -|a b|", "3000 4000 4 -|c|");
  enum { READ = 1 << 16 };
  for (int shift = 0; shift < 3; shift++) {
    mer_transcript *t;
    mer_error err = {0};
    assert_ok(open_repeated(&t, "0 --> 1\r\n", "a", READ - 10 + (size_t)shift,
                            "\r\n2 --> 3\r\nhi\r\n", &err));
    assert_int_equal(mer_transcript_count(t), 2);
    assert_int_equal(mer_transcript_at(t, 1).line, 3);
    assert_string_equal(mer_transcript_at(t, 1).text, "hi");
    mer_transcript_close(t);
  }
}

/* What is read as a stream goes on over what is read at a time: names, numbers, voices. */
static void what_is_read_in_parts_is_whole(void **state) {
  (void)state;
  enum { N = 3000 }; /* lines, several batches of them */
  mer_transcript *t;
  mer_error err = {0};
  assert_ok(open_repeated(&t, "WEBVTT\n\nname\n1 --> 2\n<v Ann &amp; Bob>a\n", "word\n", N,
                          "end\n\nstray\nline\n\n5 --> 6\nb\n", &err));
  assert_int_equal(mer_transcript_count(t), 3);
  mer_transcript_entry e = mer_transcript_at(t, 0);
  assert_string_equal(e.speaker, "Ann & Bob");
  assert_int_equal(e.text_size, 1 + 5 * N + 4);
  e = mer_transcript_at(t, 1);
  assert_string_equal(e.text, "stray line");
  assert_int_equal(e.line, 8 + N);
  mer_transcript_close(t);
  assert_ok(open_repeated(&t, "1 --> 2\n7\n", "\n", N, "8\n3 --> 4\nb\n9\n", &err));
  assert_int_equal(mer_transcript_count(t), 2);
  assert_string_equal(mer_transcript_at(t, 0).text, "7");
  e = mer_transcript_at(t, 1);
  assert_string_equal(e.text, "b 9");
  assert_int_equal(e.line, N + 4);
  mer_transcript_close(t);
  assert_ok(open_repeated(&t, "", "\n", N, "start,end,text\n1,2,a\n", &err));
  assert_int_equal(mer_transcript_at(t, 0).line, N + 2);
  mer_transcript_close(t);
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
  assert_ok(mer_transcript_open(&t, path, NULL, &err));
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
  /* What makes a file that of Whisper is a member, not a word of a text. */
  EXPECT("{\"start\": 1, \"end\": 2, \"text\": \"\\\"segments\\\": 1\"}\n\n{\"text\": \"b\"}",
         "1000 2000 1 -|\"segments\": 1|", "- - 3 -|b|its beginning is not a time");
  EXPECT("start,end\n1,2\n,\n3,x\n", "1000 2000 2 -||", "- - 4 -||its end is not a time");
}

static void what_is_none_is_refused(void **state) {
  (void)state;
  expect_refused(MER_STATUS_FORMAT, "", "no transcript");
  expect_refused(MER_STATUS_FORMAT, "hello\nyou\n", "no transcript");
  expect_refused(MER_STATUS_FORMAT, "{\"segments\": [\n{\"start\": 1,\n", ":3: expected");
  expect_refused(MER_STATUS_FORMAT, "{\"segments\": 1}", "expected a list");
  expect_refused(MER_STATUS_FORMAT, "start,text\n1,a\n", "no column 'end'");
  expect_refused(MER_STATUS_FORMAT, "start,end\n1\n", ":2: 1 fields, expected 2");
  expect_refused(MER_STATUS_FORMAT, "start,end,start\n1,2,3\n", ":1: column 'start' is there");
  expect_refused(MER_STATUS_FORMAT, "start,end,text\n1,2,a\n1,2,\"a\nb\n", ":3: a quoted field");
  expect_refused(MER_STATUS_FORMAT, "{\"text\": 1}\n", "no column 'start'");
  expect_refused(MER_STATUS_FORMAT, "{\"start\": 1}\n\n{\"end\"", ":3: expected a JSON object");
  expect_refused(MER_STATUS_FORMAT, "{\"start\": [1]}\n", ":1: expected a text or a number: start");
  mer_transcript *t;
  mer_error err = {0};
  static const char zero[] = "1\n1 --> 2\na\0b\n";
  write_text(zero, sizeof zero - 1);
  assert_int_equal(mer_transcript_open(&t, path, NULL, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, ":3: a zero byte: expected a text"));
  assert_int_equal(mer_transcript_open(&t, "/nowhere", NULL, &err), MER_STATUS_NOT_FOUND);
  /* Nothing is waited for, nor read without an end. */
  assert_int_equal(remove(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_int_equal(mer_transcript_open(&t, path, NULL, &err), MER_STATUS_IO);
  assert_non_null(strstr(err.message, "not a regular file"));
  assert_int_equal(remove(path), 0);
  assert_int_equal(mer_transcript_open(&t, "/dev/zero", NULL, &err), MER_STATUS_IO);
  assert_int_equal(mer_transcript_open(&t, "", NULL, &err), MER_STATUS_INVALID);
  mer_transcript_close(NULL);
}

static bool stop(void *user) { return --*(int *)user < 0; }

/* Each reader asks at its entries whether to go on. */
static void reading_can_be_interrupted(void **state) {
  static const char *const texts[] = {
      "1\n1 --> 2\na\n\n2\n3 --> 4\nb\n", "WEBVTT\n\n1 --> 2\na\n\n3 --> 4\nb\n",
      "start,end,text\n1,2,a\n3,4,b\n",
      "{\"start\":1,\"end\":2,\"text\":\"a\"}\n{\"start\":3,\"end\":4,\"text\":\"b\"}\n",
      "{\"segments\":[{\"start\":1,\"end\":2,\"text\":\"a\"},{\"start\":3,\"end\":4}]}"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (int n = 0; n <= 2; n++) {
      mer_transcript *t;
      mer_error err = {0};
      int left = n;
      const mer_monitor monitor = {.should_stop = stop, .user = &left};
      write_text(texts[i], strlen(texts[i]));
      assert_int_equal(mer_transcript_open(&t, path, &monitor, &err),
                       n < 2 ? MER_STATUS_INTERRUPTED : MER_OK);
      assert_int_equal(t != NULL, n == 2);
      mer_transcript_close(t);
    }
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
  assert_ok(mer_transcript_open(&t, path, NULL, &err));
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
      cmocka_unit_test(what_is_too_long_is_refused_with_its_line),
      cmocka_unit_test(what_is_as_long_as_can_be_is_read),
      cmocka_unit_test(what_does_not_end_is_not_held),
      cmocka_unit_test(any_end_of_a_line_is_one),
      cmocka_unit_test(what_is_read_in_parts_is_whole),
      cmocka_unit_test(names_of_speakers_are_one_line),
      cmocka_unit_test(vtt_needs_no_blank_line_after_its_header),
      cmocka_unit_test(vtt_is_read),
      cmocka_unit_test(openai_whisper_is_read),
      cmocka_unit_test(whisper_cpp_is_read),
      cmocka_unit_test(tables_are_read),
      cmocka_unit_test(what_is_none_is_refused),
      cmocka_unit_test(reading_can_be_interrupted),
      cmocka_unit_test(many_entries_are_put_in_order),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
