/* test_images.c: classifiers of images: their answers to files, files in memory and a manifest's
 * rows, images at fault, and trainings that begin with a checkpoint. */
#include "copy_file.h"
#include "image/image_load.h"
#include "many_labels.h"
#include "mer/eval.h"
#include "mer/predict.h"
#include "train/train_support.h"

#define CHECKPOINT GOLDEN "vision/vit" /* of 24 x 24 pixels, with MELD's labels */
#define IMAGES GOLDEN "images/"

static mer_answer ask(const char *model, const mer_request *request) {
  mer_predictor *predictor;
  mer_answer answer;
  mer_error err = {0};
  assert_ok(mer_predictor_open(&predictor, model, &err));
  assert_ok(mer_predictor_answer(&answer, predictor, request, 1, &err));
  mer_predictor_close(predictor);
  return answer;
}

static mer_answer ask_path(const char *path) {
  return ask(CHECKPOINT, &(mer_request){.image.path = path});
}

static void a_checkpoint_is_a_model_of_images(void **state) {
  (void)state;
  mer_model *model;
  mer_error err = {0};
  assert_true(mer_model_is_in(CHECKPOINT));
  assert_ok(mer_model_open(&model, CHECKPOINT, &err));
  assert_string_equal(mer_model_kind(model), "image");
  const mer_modality_info info = mer_model_modality(model, 0);
  assert_string_equal(info.name, "image");
  assert_true(info.from_image && !info.from_sound && !info.is_text);
  const float vector[16] = {0};
  float probs[7];
  assert_int_equal(
      mer_model_predict(probs, model, &(mer_input_data){.vectors = {vector}}, 1, NULL, &err),
      MER_STATUS_INVALID);
  assert_string_equal(err.message, "'image' takes images, not a vector: use mer_predictor");
  mer_model_close(model);
}

static void files_and_memory_are_answered(void **state) {
  (void)state;
  char *bytes;
  size_t n;
  mer_error err = {0};
  const mer_answer photo = ask_path(IMAGES "photo.png"), small = ask_path(IMAGES "even.webp");
  assert_int_equal(photo.status, MER_OK);
  assert_true(photo.present[0]);
  assert_true(max_difference(photo.logits, small.logits, 7) > 1e-4);
  assert_ok(mer__file_read(&bytes, &n, IMAGES "photo.png", 1 << 20, &err));
  const mer_answer memory =
      ask(CHECKPOINT, &(mer_request){.image = {.bytes = bytes, .n_bytes = n}});
  assert_memory_equal(memory.logits, photo.logits, 7 * sizeof(float));
  mer__free(bytes);
}

static void pixels_are_answered(void **state) {
  (void)state;
  mer__image photo = {0};
  mer_error err = {0};
  assert_ok(mer__image_load(&photo, &(mer__media_file){.path = IMAGES "photo.png"}, &err));
  mer_image image = {.pixels = photo.pixels, .height = photo.height, .width = photo.width};
  const mer_answer file = ask_path(IMAGES "photo.png"),
                   pixels = ask(CHECKPOINT, &(mer_request){.image = image});
  assert_int_equal(pixels.status, MER_OK);
  assert_memory_equal(pixels.logits, file.logits, 7 * sizeof(float));
  image.height = 0;
  const mer_answer none = ask(CHECKPOINT, &(mer_request){.image = image});
  assert_int_equal(none.status, MER_STATUS_INVALID);
  assert_string_equal(none.missing[0], "corrupt");
  image.height = INT64_MAX / 2;
  const mer_answer large = ask(CHECKPOINT, &(mer_request){.image = image});
  assert_int_equal(large.status, MER_STATUS_LIMIT);
  assert_string_equal(large.missing[0], "too large");
  mer__image_clear(&photo);
}

/* Several of a call are decoded at the same time. */
static void a_batch_equals_one_by_one(void **state) {
  (void)state;
  static const char *const paths[] = {IMAGES "photo.png",           IMAGES "even.webp",
                                      IMAGES "alpha.png",           IMAGES "video.avi",
                                      IMAGES "animated-place.webp", IMAGES "faults/cut.png"};
  enum { N = 6 };
  mer_request requests[N] = {{0}};
  mer_answer answers[N];
  mer_predictor *predictor;
  mer_error err = {0};
  for (int i = 0; i < N; i++) requests[i].image.path = paths[i];
  assert_ok(mer_predictor_open(&predictor, CHECKPOINT, &err));
  assert_ok(mer_predictor_answer(answers, predictor, requests, N, &err));
  mer_predictor_close(predictor);
  for (int i = 0; i < N - 1; i++) {
    const mer_answer one = ask_path(paths[i]);
    assert_near(max_difference(answers[i].logits, one.logits, 7), 0, 1e-5);
  }
  assert_int_equal(answers[N - 1].status, MER_STATUS_FORMAT);
}

static void faults_are_told(void **state) {
  (void)state;
  static const struct {
    const char *path, *why, *message;
    mer_status status;
  } cases[] = {
      {IMAGES "faults/cut.jpg", "corrupt", "cannot be decoded", MER_STATUS_FORMAT},
      {GOLDEN "mfcc/chirp.wav", "empty", "has no pictures", MER_STATUS_NOT_FOUND},
      {IMAGES "faults/text.jpg", "corrupt", "not an image or video file", MER_STATUS_FORMAT},
      {IMAGES "faults/large.png", "too large", "at most 67108864", MER_STATUS_LIMIT},
      {IMAGES "faults/empty.png", "empty", "empty", MER_STATUS_FORMAT},
      {IMAGES "none.png", "missing file", "none.png: missing file", MER_STATUS_NOT_FOUND},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const mer_answer a = ask_path(cases[i].path);
    assert_int_equal(a.status, cases[i].status);
    assert_string_equal(a.missing[0], cases[i].why);
    if (!strstr(a.message, cases[i].message)) fail_msg("%s", a.message);
  }
  const mer_answer empty = ask(CHECKPOINT, &(mer_request){.image = {.bytes = ""}});
  assert_string_equal(empty.message, "image in memory: empty");
  const mer_answer none = ask(CHECKPOINT, &(mer_request){.text = "a", .text_size = 1});
  assert_int_equal(none.status, MER_STATUS_INVALID);
  assert_string_equal(none.message, "nothing here that the image model takes");
}

/* Eight rows of train in two labels, three of dev, one of them cut short. */
static void put_images(void) {
  static const char *const names[] = {"photo.png",  "even.webp",   "grey.png",   "photo.bmp",
                                      "alpha.webp", "palette.gif", "photo.webp", "bits.png"};
  char text[2048] = "split,text,image,label\n";
  for (int i = 0; i < 11; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%s,\"%s\",%s%s,%s\n", i < 8 ? "train" : "dev",
             moods[i % 2].text, IMAGES, i == 10 ? "faults/cut.png" : names[i % 8],
             moods[i % 2].label);
  }
  put("images.csv", text);
  open_data("images.csv");
}

static void rows_of_a_manifest_are_answered(void **state) {
  (void)state;
  mer_model *model;
  mer_predictions p;
  mer_predict_options options;
  mer_error err = {0};
  int64_t n;
  put_images();
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  assert_ok(mer_model_open(&model, CHECKPOINT, &err));
  assert_ok(mer_predict_rows(&p, model, dataset, rows, n, &options, &err));
  assert_int_equal(p.clip_counts[MER_CLIP_OK], 2);
  assert_int_equal(p.clip_counts[MER_CLIP_CORRUPT], 1);
  assert_int_equal(p.n_without_input, 1);
  const mer_answer a = ask_path(IMAGES "photo.png");
  assert_near(max_difference(p.probs, a.probs, 7), 0, 1e-6);
  mer_predictions_clear(&p);
  options.precomputed = (const char *const[]){"image=" GOLDEN "x.npy"};
  options.n_precomputed = 1;
  assert_true(mer_predict_rows(&p, model, dataset, rows, n, &options, &err) != MER_OK);
  mer_model_close(model);
}

static mer_train_options image_options(mer_train_kind kind, const char *out) {
  mer_train_options o = options_of(kind, out);
  o.image_encoder = CHECKPOINT;
  return o;
}

static void a_training_begins_with_a_checkpoint(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  put_images();
  mer_train_options o = image_options(MER_KIND_IMAGE, "model");
  o.epochs = 8;
  o.keep_best = false;
  assert_ok(train(&o, 0, &result, &err));
  assert_true(result.epochs[7].loss < 0.7 * result.epochs[0].loss);
  mer_train_result_clear(&result);
  const mer_answer a = ask(o.out, &(mer_request){.image.path = IMAGES "photo.png"});
  assert_int_equal(a.status, MER_OK);
  assert_true(mer__path_is_file(in_folder("model/preprocessor_config.json")));
}

static bool is_adapted(const char *name) {
  return strstr(name, "query.weight") || strstr(name, "value.weight") ||
         strncmp(name, "classifier.", 11) == 0;
}

/* Also the norm after the last layer of a ViT. */
static void adapters_change_queries_and_values_alone(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  put_images();
  mer_train_options o = image_options(MER_KIND_IMAGE, "model");
  o.lora = 4;
  o.epochs = 8;
  o.keep_best = false;
  assert_ok(train(&o, 0, &result, &err));
  assert_true(result.epochs[7].loss < result.epochs[0].loss);
  mer_train_result_clear(&result);
  assert_changes(CHECKPOINT, o.out, is_adapted);
}

/* Layers of a ViT with dropout that are computed again. */
static void checkpoints_of_activations_change_no_byte(void **state) {
  (void)state;
  put_images();
  copy_file(CHECKPOINT, "config.json", "\"hidden_dropout_prob\": 0.0",
            "\"hidden_dropout_prob\": 0.1");
  copy_file(CHECKPOINT, "preprocessor_config.json", NULL, NULL);
  copy_file(CHECKPOINT, "model.safetensors", NULL, NULL);
  for (int lora = 0; lora < 3; lora += 2) {
    mer_train_options whole = image_options(MER_KIND_IMAGE, "whole"),
                      again = image_options(MER_KIND_IMAGE, "again");
    whole.image_encoder = again.image_encoder = in_folder("encoder");
    whole.lora = again.lora = lora;
    again.checkpoint_activations = true;
    train_whole(&whole);
    train_whole(&again);
    assert_same_model(whole.out, again.out);
    remove_tree(whole.out);
    remove_tree(again.out);
  }
}

static void images_are_fused_with_text(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  put_images();
  mer_train_options o = image_options(MER_KIND_FUSION, "model");
  o.modalities = "text,image";
  assert_ok(train(&o, 0, &result, &err));
  mer_train_result_clear(&result);
  const mer_request both = {
      .text = moods[0].text, .text_size = strlen(moods[0].text), .image.path = IMAGES "photo.png"};
  mer_answer a = ask(o.out, &both);
  assert_true(a.present[0] && a.present[1]);
  mer_request damaged = both;
  damaged.image.path = IMAGES "faults/cut.png";
  a = ask(o.out, &damaged);
  assert_int_equal(a.status, MER_OK);
  assert_true(a.present[0] && !a.present[1]);
  assert_string_equal(a.missing[1], "corrupt");
}

/* PyTorch counts the batches of a norm, and transformers misses the count where a file has none. */
static void batches_of_norms_are_counted(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  mer_safetensors *file;
  int64_t count;
  put_images();
  mer_train_options o = image_options(MER_KIND_IMAGE, "model");
  o.image_encoder = GOLDEN "vision/resnet-basic"; /* of no batches */
  o.keep_best = false;
  assert_ok(train(&o, 0, &result, &err));
  assert_ok(mer_safetensors_open(&file, in_folder("model/model.safetensors"), &err));
  const mer_tensor *tensor =
      mer_safetensors_find(file, "resnet.embedder.embedder.normalization.num_batches_tracked");
  assert_true(tensor && tensor->dtype == MER_DTYPE_I64 && tensor->rank == 0);
  memcpy(&count, tensor->data, sizeof count);
  assert_int_equal(count, 2 * EPOCHS);
  mer_safetensors_close(file);
  mer_train_result_clear(&result);
}

/* An encoder without a head, which is not a model. */
static void put_bare_encoder(void) {
  copy_file(CHECKPOINT, "config.json", "\"ViTForImageClassification\"",
            "\"ViTModel\"                 ");
  copy_file(CHECKPOINT, "preprocessor_config.json", NULL, NULL);
  copy_file(CHECKPOINT, "model.safetensors", NULL, NULL);
}

/* In int8 nothing could use it: it gives vectors to trainings alone. */
static void a_bare_encoder_is_rounded_to_bf16_alone(void **state) {
  (void)state;
  char bare[256], rounded[256];
  mer_encoder *encoder;
  mer_error err = {0};
  mer_train_result result = {0};
  put_images();
  put_bare_encoder();
  snprintf(bare, sizeof bare, "%s", in_folder("encoder"));
  snprintf(rounded, sizeof rounded, "%s", in_folder("rounded"));
  assert_false(mer_model_is_in(bare));
  assert_int_equal(mer_model_quantize(bare, rounded, MER_DTYPE_I8, false, NULL, &err),
                   MER_STATUS_UNSUPPORTED);
  if (!strstr(err.message, "/encoder: an encoder of images is int8 within a model alone"))
    fail_msg("%s", err.message);
  assert_ok(mer_model_quantize(bare, rounded, MER_DTYPE_BF16, false, NULL, &err));
  mer_train_options o = image_options(MER_KIND_IMAGE, "model");
  o.image_encoder = rounded;
  o.freeze_encoder = true;
  assert_ok(train(&o, 0, &result, &err));
  mer_train_result_clear(&result);
  assert_int_equal(ask(o.out, &(mer_request){.image.path = IMAGES "photo.png"}).status, MER_OK);
  assert_int_equal(mer_encoder_open(&encoder, bare, &err), MER_STATUS_UNSUPPORTED);
  if (!strstr(err.message, "'vit' is an encoder of images")) fail_msg("%s", err.message);
}

/* The weights of `from` with a row of the head for each of many labels. */
static void put_many_weights(const char *from) {
  enum { MOST = 128, H = 32 };
  static float head[N_MANY_LABELS * H];
  char path[512];
  mer_tensor tensors[MOST];
  mer_safetensors *file;
  mer_error err = {0};
  for (int i = 0; i < N_MANY_LABELS * H; i++) head[i] = (float)sin(i);
  snprintf(path, sizeof path, "%s/model.safetensors", from);
  assert_ok(mer_safetensors_open(&file, path, &err));
  const int64_t n = mer_safetensors_count(file);
  assert_true(n <= MOST);
  for (int64_t i = 0; i < n; i++) {
    mer_tensor *t = &tensors[i];
    *t = *mer_safetensors_at(file, i);
    if (strncmp(t->name, "classifier", 10) != 0) continue;
    t->n_elements = t->n_elements / t->shape[0] * N_MANY_LABELS;
    assert_true(t->n_elements <= N_MANY_LABELS * H);
    t->shape[0] = N_MANY_LABELS;
    t->data = head;
  }
  assert_ok(mer_safetensors_write(in_folder("many/model.safetensors"), tensors, n, NULL, 0, &err));
  mer_safetensors_close(file);
}

/* The classifier golden/vision/`kind` with many labels, in the test's folder "many". */
static void put_many(const char *kind) {
  char from[256];
  snprintf(from, sizeof from, GOLDEN "vision/%s", kind);
  put_many_config(from);
  copy_test_file(in_folder("many"), from, "preprocessor_config.json");
  put_many_weights(from);
}

static void expect_part(const char *text, const char *part) {
  if (!strstr(text, part)) fail_msg("%s lacks %s", text, part);
}

/* It is described as an encoder, and asked and copied as nothing. */
static void check_many(const char *many) {
  static const char refusal[] =
      "/many/config.json: a classifier of 65 labels, but a model answers at "
      "most 64: train a model of your own labels upon it";
  char *text;
  mer_model *model;
  mer_error err = {0};
  assert_true(mer_model_is_in(many));
  assert_int_equal(mer_model_open(&model, many, &err), MER_STATUS_LIMIT);
  expect_part(err.message, refusal);
  assert_int_equal(mer_model_quantize(many, in_folder("int8"), MER_DTYPE_I8, false, NULL, &err),
                   MER_STATUS_LIMIT);
  expect_part(err.message, refusal);
  assert_ok(mer_describe_folder(&text, many, &err));
  expect_part(text, "\"type\": \"encoder\"");
  expect_part(text, "ForImageClassification\"");
  expect_part(text, "\"n_labels\": 65, \"classifier\": \"more labels than a model answers");
  expect_part(text, "\"image_size\": {\"height\": 24, \"width\": 24}");
  expect_part(text, "\"unused\": [\"classifier.");
  mer_text_free(text);
}

/* As google/vit-base-patch16-224 and microsoft/resnet-18 are: a model of the data's labels is
 * trained upon it, in the form of its head. */
static void a_classifier_of_many_labels_is_an_encoder(void **state) {
  (void)state;
  static const char *const kinds[] = {"vit", "resnet-basic"};
  put_images();
  for (int i = 0; i < 2; i++) {
    char *config;
    size_t size;
    put_many(kinds[i]);
    check_many(in_folder("many"));
    mer_train_options o = image_options(MER_KIND_IMAGE, "model");
    o.image_encoder = in_folder("many");
    o.freeze_encoder = i == 1;
    train_whole(&o);
    expect_part(watched.text, "has other labels than the data");
    const mer_answer a = ask(o.out, &(mer_request){.image.path = IMAGES "photo.png"});
    assert_int_equal(a.status, MER_OK);
    assert_int_equal(a.n_labels, 7);
    read_whole(&config, &size, o.out, "config.json");
    expect_part(config, "ForImageClassification\"");
    assert_null(strstr(config, "crane"));
    mer__free(config);
    remove_tree(o.out);
  }
}

static void wrong_options_are_refused(void **state) {
  (void)state;
  mer_error err = {0};
  put_images();
  mer_train_options o = options_of(MER_KIND_IMAGE, "model");
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_string_equal(err.message, "expected the directory of an encoder of images");
  o.image_encoder = in_folder("nowhere");
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  if (!strstr(err.message, "is not the folder of an encoder of images"))
    fail_msg("%s", err.message);
  o.image_encoder = in_folder("encoder"); /* of text */
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  if (!strstr(err.message, ": not an encoder of images")) fail_msg("%s", err.message);
  o = options_of(MER_KIND_AUDIO, "model");
  o.speech_encoder = CHECKPOINT;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  if (!strstr(err.message, ": not an encoder of sound")) fail_msg("%s", err.message);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_checkpoint_is_a_model_of_images),
      cmocka_unit_test(files_and_memory_are_answered),
      cmocka_unit_test(pixels_are_answered),
      cmocka_unit_test(a_batch_equals_one_by_one),
      cmocka_unit_test(faults_are_told),
      cmocka_unit_test_setup_teardown(rows_of_a_manifest_are_answered, begin, end),
      cmocka_unit_test_setup_teardown(a_training_begins_with_a_checkpoint, begin, end),
      cmocka_unit_test_setup_teardown(adapters_change_queries_and_values_alone, begin, end),
      cmocka_unit_test_setup_teardown(checkpoints_of_activations_change_no_byte, begin, end),
      cmocka_unit_test_setup_teardown(images_are_fused_with_text, begin, end),
      cmocka_unit_test_setup_teardown(batches_of_norms_are_counted, begin, end),
      cmocka_unit_test_setup_teardown(a_bare_encoder_is_rounded_to_bf16_alone, begin, end),
      cmocka_unit_test_setup_teardown(a_classifier_of_many_labels_is_an_encoder, begin, end),
      cmocka_unit_test_setup_teardown(wrong_options_are_refused, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
