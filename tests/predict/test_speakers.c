/* test_speakers.c: the model of sound that comes with mer hears utterances beside what their
 * speakers have said. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "mer/predict.h"
#include "mer/tensor.h"
#include "test_support.h"

#define MODELS GOLDEN "../../models/"

enum { RATE = 16000, N = RATE, SOUNDS = 3 };

static mer_predictor *predictor;
static char folder[64];         /* for files, removed at the end */
static float sounds[SOUNDS][N]; /* hums of different heights and loudness */

static int open_model(void **state) {
  (void)state;
  mer_error err = {0};
  mer__rng rng = {.seed = 5};
  for (int s = 0; s < SOUNDS; s++)
    for (int i = 0; i < N; i++)
      sounds[s][i] = (float)(.1 * (s + 1) * sin(i * (.05 + .04 * s)) * sin(i * .002)) +
                     .01F * mer__rng_normal(&rng);
  make_temporary_folder(folder);
  return mer_predictor_open(&predictor, MODELS "speech", &err);
}

static int close_model(void **state) {
  (void)state;
  mer_predictor_close(predictor);
  remove_test_folder(folder);
  return 0;
}

/* For free. */
static char *path_of(const char *name) {
  char *path = malloc(strlen(folder) + strlen(name) + 2);
  assert_non_null(path);
  sprintf(path, "%s/%s", folder, name);
  return path;
}

static mer_request request_of(int sound, mer_speaker *speaker) {
  mer_request r = {.speaker = speaker};
  r.sound = (mer_sound){.samples = sounds[sound], .n_samples = N, .n_channels = 1, .rate_hz = RATE};
  return r;
}

static mer_answer ask(int sound, mer_speaker *speaker) {
  mer_error err = {0};
  mer_answer answer;
  const mer_request r = request_of(sound, speaker);
  assert_ok(mer_predictor_answer(&answer, predictor, &r, 1, &err));
  assert_int_equal(answer.status, MER_OK);
  return answer;
}

static float difference(const mer_answer *a, const mer_answer *b) {
  float most = 0;
  for (int k = 0; k < a->n_labels; k++) most = fmaxf(most, fabsf(a->logits[k] - b->logits[k]));
  return most;
}

static mer_speaker *new_speaker(void) {
  mer_error err = {0};
  mer_speaker *speaker;
  assert_ok(mer_speaker_create(&speaker, predictor, &err));
  return speaker;
}

/* What was said before counts, and only what the same speaker has said. */
static void an_utterance_is_heard_beside_the_others(void **state) {
  (void)state;
  mer_speaker *ann = new_speaker(), *bob = new_speaker();
  const mer_answer alone = ask(2, NULL), stranger = ask(2, bob);
  ask(0, ann);
  ask(1, ann);
  const mer_answer known = ask(2, ann), again = ask(2, NULL);
  assert_true(difference(&known, &alone) > .05F);
  assert_true(difference(&known, &stranger) > .05F);
  assert_near(difference(&again, &alone), 0, 0);
  mer_speaker_free(ann);
  mer_speaker_free(bob);
}

/* In one call as one after the other, also beside those of nobody. */
static void a_call_hears_in_order(void **state) {
  (void)state;
  mer_error err = {0};
  mer_speaker *apart = new_speaker(), *together = new_speaker();
  mer_request requests[SOUNDS + 1];
  mer_answer answers[SOUNDS + 1];
  for (int s = 0; s < SOUNDS; s++) requests[s] = request_of(s, together);
  requests[SOUNDS] = request_of(0, NULL);
  assert_ok(mer_predictor_answer(answers, predictor, requests, SOUNDS + 1, &err));
  for (int s = 0; s < SOUNDS; s++) {
    const mer_answer one = ask(s, apart);
    assert_near(difference(&one, &answers[s]), 0, 1e-3);
  }
  const mer_answer nobody = ask(0, NULL);
  assert_near(difference(&nobody, &answers[SOUNDS]), 0, 1e-3);
  mer_speaker_free(apart);
  mer_speaker_free(together);
}

static void a_copy_goes_its_own_way(void **state) {
  (void)state;
  mer_error err = {0};
  mer_speaker *ann = new_speaker(), *first, *second;
  ask(0, ann);
  assert_ok(mer_speaker_copy(&first, ann, &err));
  ask(1, first);
  assert_ok(mer_speaker_copy(&second, ann, &err));
  const mer_answer of_first = ask(2, first), of_second = ask(2, second), of_ann = ask(2, ann);
  assert_near(difference(&of_second, &of_ann), 0, 0);
  assert_true(difference(&of_first, &of_ann) > 0);
  mer_speaker_free(ann);
  mer_speaker_free(first);
  mer_speaker_free(second);
}

static void speakers_belong_to_their_predictor(void **state) {
  (void)state;
  mer_error err = {0};
  mer_predictor *text, *other;
  mer_speaker *none, *ann = new_speaker();
  mer_answer answer;
  assert_true(mer_predictor_adapts(predictor));
  assert_ok(mer_predictor_open(&text, MODELS "text", &err));
  assert_false(mer_predictor_adapts(text));
  assert_int_equal(mer_speaker_create(&none, text, &err), MER_STATUS_INVALID);
  assert_null(none);
  assert_ok(mer_predictor_open(&other, MODELS "speech", &err));
  const mer_request r = request_of(0, ann);
  assert_int_equal(mer_predictor_answer(&answer, other, &r, 1, &err), MER_STATUS_INVALID);
  mer_predictor_close(other);
  mer_predictor_close(text);
  mer_speaker_free(ann);
  mer_speaker_free(NULL);
}

/* Of a model that adapts, "speaker" is read, and what no model of sound reads is not looked at. */
static void lines_say_who_speaks(void **state) {
  (void)state;
  static const struct {
    const char *line, *speaker;
  } cases[] = {
      {"{\"audio\": \"a.wav\", \"speaker\": \"Ann\", \"context\": 5, \"dialogue\": 1}", "Ann"},
      {"{\"text\": \"no\", \"speaker\": 7, \"dialogue\": 1}", "7"},
      {"{\"speaker\": null, \"dialogue\": 1, \"dialogue\": 2}", NULL},
      {"{}", NULL}};
  static const char bad[] = "{\"id\": 5, \"speaker\": [\"Ann\"]}";
  mer_dialogues *dialogues;
  mer_json_request read = {0};
  mer_error err = {0};
  assert_ok(mer_dialogues_create(&dialogues, predictor, &err));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *line = cases[i].line;
    assert_ok(mer_dialogues_request_read(&read, dialogues, line, strlen(line), NULL, &err));
    assert_non_null(read.request.context);
    assert_int_equal(read.request.context->n_past, 0);
    assert_null(read.request.speaker);
    if (!cases[i].speaker) assert_null(read.request.context->speaker);
    else assert_string_equal(read.request.context->speaker, cases[i].speaker);
  }
  assert_int_equal(mer_dialogues_request_read(&read, dialogues, bad, strlen(bad), NULL, &err),
                   MER_STATUS_FORMAT);
  mer_json_request_clear(&read);
  mer_dialogues_free(dialogues);
}

static mer_speaker *speaker_of(const char *path) {
  mer_error err = {0};
  mer_speaker *speaker;
  assert_ok(mer_speaker_read(&speaker, path, predictor, &err));
  return speaker;
}

/* Who is read from a file is answered as who was written to it. */
static void a_profile_is_read_as_it_was_written(void **state) {
  (void)state;
  mer_error err = {0};
  char *path = path_of("ann.profile");
  mer_speaker *ann = new_speaker();
  ask(0, ann);
  assert_ok(mer_speaker_write(ann, path, &err));
  ask(1, ann);
  assert_ok(mer_speaker_write(ann, path, &err)); /* in the place of the first */
  mer_speaker *again = speaker_of(path);
  const mer_answer before = ask(2, ann), after = ask(2, again);
  assert_near(difference(&before, &after), 0, 0);
  mer_speaker_free(ann);
  mer_speaker_free(again);
  free(path);
}

static mode_t rights_before_renaming;

/* The C library's, which looks at what gets its name. */
int rename(const char *from, const char *to) {
  struct stat info;
  rights_before_renaming = stat(from, &info) == 0 ? info.st_mode & 0777 : 0;
  return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* A voice is its owner's, also while it is written; who gives others a right keeps it. */
static void a_profile_is_never_readable_by_others(void **state) {
  (void)state;
  mer_error err = {0};
  char *path = path_of("private.profile");
  mer_speaker *ann = new_speaker();
  const mode_t mask = umask(0);
  assert_ok(mer_speaker_write(ann, path, &err));
  assert_int_equal(rights_before_renaming, 0600);
  assert_int_equal(chmod(path, 0640), 0);
  assert_ok(mer_speaker_write(ann, path, &err));
  assert_int_equal(rights_before_renaming, 0640);
  umask(mask);
  mer_speaker_free(ann);
  free(path);
}

/* A profile of this model with one number changed: of tensor `part` (count, mean, squares) the
 * first, which becomes `bytes`. */
static void write_changed(const char *path, int part, const void *bytes) {
  mer_error err = {0};
  mer_speaker *ann = new_speaker();
  mer_safetensors *file;
  mer_tensor tensors[3];
  double values[3][4096];
  ask(0, ann);
  assert_ok(mer_speaker_write(ann, path, &err));
  assert_ok(mer_safetensors_open(&file, path, &err));
  const mer_metadata metadata[] = {{"format", "mer-speaker"},
                                   {"model", mer_safetensors_metadata(file, "model")}};
  for (int i = 0; i < 3; i++) {
    tensors[i] = *mer_safetensors_at(file, i);
    assert_true(tensors[i].n_elements <= 4096);
    memcpy(values[i], tensors[i].data, (size_t)tensors[i].n_elements * sizeof values[i][0]);
    if (i == part) memcpy(values[i], bytes, sizeof values[i][0]);
    tensors[i].data = values[i];
  }
  char *changed = path_of("changed.profile");
  assert_ok(mer_safetensors_write(changed, tensors, 3, metadata, 2, &err));
  mer_safetensors_close(file);
  assert_int_equal(rename(changed, path), 0);
  mer_speaker_free(ann);
  free(changed);
}

static void assert_damaged(const char *path) {
  mer_error err = {0};
  mer_speaker *none;
  assert_int_equal(mer_speaker_read(&none, path, predictor, &err), MER_STATUS_FORMAT);
  assert_null(none);
  assert_non_null(strstr(err.message, "'audio' is damaged"));
}

static void damaged_profiles_are_refused(void **state) {
  (void)state;
  char *path = path_of("damaged.profile");
  const int64_t negative = -1, beyond = INT64_MAX;
  const double nan = NAN, below = -1, huge = 1e300;
  const struct {
    int part;
    const void *bytes;
  } damages[] = {{0, &negative}, {0, &beyond}, {1, &nan}, {1, &huge}, {2, &below}, {2, &nan}};
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    write_changed(path, damages[i].part, damages[i].bytes);
    assert_damaged(path);
  }
  free(path);
}

/* Other files are neither read as profiles nor replaced by them. */
static void files_of_others_stay(void **state) {
  (void)state;
  mer_error err = {0};
  const float number = 1;
  const mer_tensor tensor = {.name = "x",
                             .dtype = MER_DTYPE_F32,
                             .rank = 1,
                             .shape = {1},
                             .n_elements = 1,
                             .data = &number};
  const mer_metadata of_another = {"format", "mer-speaker"};
  char *path = path_of("other.safetensors");
  mer_speaker *none, *ann = new_speaker();
  assert_int_equal(mer_speaker_read(&none, path, predictor, &err), MER_STATUS_NOT_FOUND);
  assert_ok(mer_safetensors_write(path, &tensor, 1, NULL, 0, &err));
  assert_int_equal(mer_speaker_read(&none, path, predictor, &err), MER_STATUS_FORMAT);
  assert_int_equal(mer_speaker_write(ann, path, &err), MER_STATUS_INVALID);
  assert_ok(mer_safetensors_write(path, &tensor, 1, &of_another, 1, &err));
  assert_int_equal(mer_speaker_read(&none, path, predictor, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "another model"));
  mer_speaker_free(ann);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_profile_is_read_as_it_was_written),
                                     cmocka_unit_test(a_profile_is_never_readable_by_others),
                                     cmocka_unit_test(damaged_profiles_are_refused),
                                     cmocka_unit_test(files_of_others_stay),
                                     cmocka_unit_test(an_utterance_is_heard_beside_the_others),
                                     cmocka_unit_test(a_call_hears_in_order),
                                     cmocka_unit_test(a_copy_goes_its_own_way),
                                     cmocka_unit_test(speakers_belong_to_their_predictor),
                                     cmocka_unit_test(lines_say_who_speaks)};
  return cmocka_run_group_tests(tests, open_model, close_model);
}
