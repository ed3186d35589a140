/* test_timeline.c: timelines that have nothing to answer, or cannot begin. */
#include "mer/timeline.h"
#include "test_support.h"

static mer_status refuse(void *user, const mer_timeline_item *item, mer_error *err) {
  (void)user;
  (void)item;
  (void)err;
  fail_msg("there is nothing to answer");
  return MER_OK;
}

/* No model is asked, so that there need not be one. */
static void a_transcript_may_be_empty(void **state) {
  (void)state;
  char folder[64], path[128];
  mer_transcript *transcript;
  mer_timeline *timeline;
  mer_timeline_options options;
  mer_error err = {0};
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a.vtt", folder);
  assert_ok(mer_file_write(path, "WEBVTT\n", 7, NULL, &err));
  assert_ok(mer_transcript_open(&transcript, path, NULL, &err));
  mer_timeline_options_init(&options, sizeof options);
  options.transcript = transcript;
  assert_ok(mer_timeline_create(&timeline, NULL, NULL, 0, &options, refuse, NULL, &err));
  assert_ok(mer_timeline_finish(timeline, &err));
  mer_timeline_free(timeline);
  mer_transcript_close(transcript);
  remove_test_folder(folder);
}

static void sound_alone_needs_a_model_of_voice(void **state) {
  (void)state;
  mer_timeline *timeline;
  mer_error err = {0};
  assert_int_equal(mer_timeline_create(&timeline, NULL, NULL, 1, NULL, refuse, NULL, &err),
                   MER_STATUS_INVALID);
  assert_null(timeline);
  assert_non_null(strstr(err.message, "a model of voice is needed"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_transcript_may_be_empty),
      cmocka_unit_test(sound_alone_needs_a_model_of_voice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
