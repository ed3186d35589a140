/* test_resume_kinds.c: interrupted and resumed trainings end in the bytes of uninterrupted ones,
 * whatever is trained: each kind of fusion, encoders of images and sound from a folder, on shares
 * of labels, on several data sets, with a teacher. */
#include "train_support.h"

/* The training `o`, and the same with an interruption. */
static void check(mer_train_options o) {
  mer_error err = {0};
  mer_train_options parts = o;
  o.out = in_folder("whole");
  train_whole(&o);
  parts.out = in_folder("parts");
  assert_int_equal(train(&parts, 8, NULL, &err), MER_STATUS_INTERRUPTED);
  assert_int_equal(watched.step, 8);
  parts.resume = true;
  assert_ok(train(&parts, 0, NULL, &err));
  assert_same_model(in_folder("whole"), in_folder("parts"));
  remove_tree(in_folder("parts"));
}

static void fusions_resume(void **state) {
  static const char *const kinds[] = {"gated", "attention", "late"};
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    mer_train_options o = options_of(MER_KIND_FUSION, "model");
    o.fusion = kinds[i];
    o.modality_dropout = 0.3;
    check(o);
  }
}

/* With copies of the sound that have noise. */
static void noise_resumes(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_FUSION, "model");
  o.noise = 0.5;
  check(o);
  o = options_of(MER_KIND_AUDIO, "model");
  o.encoder = NULL;
  o.noise = 0.5;
  check(o);
}

static void images_resume(void **state) {
  static const char *const encoders[] = {GOLDEN "vision/vit", GOLDEN "vision/resnet-basic"};
  (void)state;
  open_images(GOLDEN "images/grey.png", GOLDEN "images/photo.png");
  for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
    mer_train_options o = options_of(MER_KIND_IMAGE, "model");
    o.encoder = NULL;
    o.image_encoder = encoders[i];
    o.augment = true;
    check(o);
  }
}

static void sounds_resume(void **state) {
  static const char *const encoders[] = {GOLDEN "whisper", GOLDEN "wav2vec/wav2vec2",
                                         GOLDEN "wav2vec/hubert", GOLDEN "wav2vec/wavlm"};
  (void)state;
  for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
    mer_train_options o = options_of(MER_KIND_AUDIO, "model");
    o.encoder = NULL;
    o.speech_encoder = encoders[i];
    o.freeze_encoder = false;
    check(o);
  }
}

static void shares_of_labels_resume(void **state) {
  static const char *const labels[] = {"joy", "anger", "sadness"};
  char manifest[8192] = "split,text,label,votes_joy,votes_anger,votes_sadness\n";
  mer_dataset_options options;
  mer_error err = {0};
  (void)state;
  for (int i = 0; i < N_TRAIN + N_DEV; i++) {
    const size_t used = strlen(manifest);
    snprintf(manifest + used, sizeof manifest - used, "%s,\"%s %d\",%s,%d,%d,%d\n",
             i < N_TRAIN ? "train" : "dev", moods[i % 3].text, i, moods[i % 3].label, i % 4, i % 5,
             i % 2);
  }
  put("votes.csv", manifest);
  mer_dataset_options_init(&options, sizeof options);
  options.labels = labels;
  options.n_labels = 3;
  options.soft_labels = true;
  mer_dataset_close(dataset);
  dataset = NULL;
  assert_ok(mer_dataset_open(&dataset, in_folder("votes.csv"), &options, &err));
  check(options_of(MER_KIND_TEXT, "model"));
}

static void several_data_sets_resume(void **state) {
  static const double shares[] = {1, 0.5};
  mer_error err = {0};
  (void)state;
  put_manifest("second.csv", N_TRAIN, true);
  const char *paths[] = {in_folder("manifest.csv"), in_folder("second.csv")};
  mer_dataset_close(dataset);
  dataset = NULL;
  assert_ok(mer_dataset_open_several(&dataset, paths, 2, NULL, &err));
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  o.weights = shares;
  o.n_weights = 2;
  check(o);
}

static void pupils_resume(void **state) {
  (void)state;
  mer_train_options teacher = options_of(MER_KIND_TEXT, "teacher"),
                    o = options_of(MER_KIND_TEXT, "model");
  const char *teachers[] = {teacher.out};
  train_whole(&teacher);
  o.teachers = teachers;
  o.n_teachers = 1;
  o.seed = 1;
  check(o);
}

#define RESUME_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      RESUME_TEST(fusions_resume),
      RESUME_TEST(noise_resumes),
      RESUME_TEST(images_resume),
      RESUME_TEST(sounds_resume),
      RESUME_TEST(shares_of_labels_resume),
      RESUME_TEST(several_data_sets_resume),
      RESUME_TEST(pupils_resume),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
