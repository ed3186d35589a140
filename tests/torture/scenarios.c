/* scenarios.c: what the library is asked to do while its calls fail. */
#include "base/error.h"
#include "base/file.h"
#include "data/feature_values.h"
#include "data/noisy_values.h"
#include "face/face_clip.h"
#include "image/bmp.h"
#include "image/image_load.h"
#include "image/packed_image.h"
#include "many_labels.h"
#include "mer/eval.h"
#include "mer/media.h"
#include "mer/predict.h"
#include "mer/report.h"
#include "mer/timeline.h"
#include "model/family_files.h"
#include "report/compare_inputs.h"
#include "tensor/json_memory.h"
#include "tensor/tensor_files.h"
#include "torch_support.h"
#include "torture.h"
#include "train/train_support.h"

enum { FEW_TRAIN = 6 };

static mer_dataset *spoken; /* clips whose speakers are known */

static const char *const texts[] = {"what a lovely day, i am so happy 1", "", "she is gone !"};
enum { N_TEXTS = 3 };

/* Files */

static const float numbers[6] = {1, 2, 3, 4, 5, 6};
static const int64_t shape[2] = {2, 3};

static mer_status write_npy(mer_error *err) {
  return mer_npy_write(in_folder("out"), numbers, shape, 2, err);
}

static mer_status read_npy(mer_error *err) {
  float *data;
  int64_t found[MER_MAX_RANK];
  int rank;
  mer_status status = mer_npy_read(&data, found, &rank, in_folder("a.npy"), err);
  if (status == MER_OK) give(data, sizeof numbers);
  mer_npy_free(data);
  return status;
}

static mer_status write_safetensors(mer_error *err) {
  const mer_tensor tensors[] = {{"a", MER_DTYPE_F32, 2, {2, 3}, 6, numbers},
                                {"b", MER_DTYPE_F32, 1, {6}, 6, numbers}};
  const mer_metadata metadata[] = {{"format", "pt"}};
  return mer_safetensors_write(in_folder("out"), tensors, 2, metadata, 1, err);
}

static mer_status read_safetensors(mer_error *err) {
  mer_safetensors *file = NULL;
  float values[6];
  mer_status status = mer_safetensors_open(&file, in_folder("a.safetensors"), err);
  if (status == MER_OK) status = mer_tensor_to_f32(values, mer_safetensors_find(file, "b"), err);
  if (status == MER_OK) give(values, sizeof values);
  mer_safetensors_close(file);
  return status;
}

/* PyTorch's files, both forms, of which an index tells. */
static mer_status read_pieces(mer_error *err) {
  mer__tensor_files *files = NULL;
  float values[12];
  mer_status status = mer__tensor_files_open(&files, in_folder("pieces"), err);
  if (status == MER_OK)
    status = mer_tensor_to_f32(values, mer__tensor_files_find(files, "of.float32"), err);
  if (status == MER_OK) give(values, sizeof values);
  mer__tensor_files_close(files);
  return status;
}

static mer_status read_text(mer_error *err) {
  char *text = NULL;
  size_t size;
  mer_status status = mer_text_read(&text, &size, in_folder("manifest.csv"), 1 << 20, err);
  if (status == MER_OK) give(text, size);
  mer_text_free(text);
  return status;
}

static mer_status read_lines(mer_error *err) {
  mer_line_file *file = NULL;
  const mer_line *lines;
  int n = 0;
  mer_status status = mer_line_file_open(&file, in_folder("manifest.csv"), 1 << 16, err);
  while (status == MER_OK) {
    status = mer_line_file_next(&lines, &n, file, err);
    if (status != MER_OK || n == 0) break;
    for (int i = 0; i < n; i++) give(lines[i].text, lines[i].size);
  }
  mer_line_file_close(file);
  return status;
}

static mer_status read_objects(mer_error *err) {
  mer_object_file *file = NULL;
  const mer_line *objects;
  int n = 0;
  mer_status status =
      mer_object_file_open(&file, in_folder("manifest.csv"), MER_OBJECTS_ANY, 1 << 16, err);
  while (status == MER_OK) {
    status = mer_object_file_next(&objects, &n, file, err);
    if (status != MER_OK || n == 0) break;
    for (int i = 0; i < n; i++) give(objects[i].text, objects[i].size);
  }
  mer_object_file_close(file);
  return status;
}

static mer_status write_parts(mer_error *err) {
  static const mer_part_key keys[] = {{"model", "m"}};
  mer_part_file *file = NULL;
  int64_t counts[MER_PART_COUNTS];
  mer_status status =
      mer_part_file_open(&file, counts, in_folder("out"), keys, 1, false, NULL, err);
  if (status != MER_OK) return status;
  mer_part_file_write(file, numbers, sizeof numbers);
  return mer_part_file_commit(file, err);
}

/* Models */

static mer_status tokenize_by(const char *name, const char *text, mer_error *err) {
  mer_tokenizer *tokenizer = NULL;
  mer_tokens tokens = {0};
  mer_status status = mer_tokenizer_open(&tokenizer, in_folder(name), err);
  if (status == MER_OK)
    status = mer_tokenizer_encode(&tokens, tokenizer, text, strlen(text), NULL, 0, 64, err);
  if (status == MER_OK) give(tokens.ids, sizeof *tokens.ids * (size_t)tokens.n);
  mer_tokens_clear(&tokens);
  mer_tokenizer_close(tokenizer);
  return status;
}

static mer_status tokenize(mer_error *err) { return tokenize_by("encoder", texts[0], err); }

/* Words of over 500 bytes are taken apart in memory of their own; so is a text that is normalized.
 */
static char long_text[1200];

static mer_status tokenize_unigram(mer_error *err) {
  return tokenize_by("unigram", long_text, err);
}

static mer_status tokenize_bpe(mer_error *err) { return tokenize_by("bpe", long_text, err); }

static const char unigram[] =
    "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFKC\"}, "
    "{\"type\": \"Lowercase\"}]}, \"pre_tokenizer\": {\"type\": \"Metaspace\"}, "
    "\"added_tokens\": [{\"id\": 3, \"content\": \"Q\", \"normalized\": true}], "
    "\"model\": {\"type\": \"Unigram\", \"unk_id\": 0, "
    "\"vocab\": [[\"<unk>\", 0], [\"ab\", -1], [\"b\", -2.5]]}}";
static const char bpe[] =
    "{\"pre_tokenizer\": {\"type\": \"ByteLevel\"}, \"model\": {\"type\": \"BPE\", "
    "\"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2}, \"merges\": [\"a b\"]}}";

static void put_tokenizer(const char *name, const char *text, size_t size) {
  mer_error err = {0};
  char path[64];
  assert_ok(mer__folder_make(in_folder(name), &err));
  snprintf(path, sizeof path, "%s/tokenizer.json", name);
  assert_ok(mer__file_write(in_folder(path), text, size, &err));
}

static void put_tokenizers(void) {
  for (size_t i = 0; i + 1 < sizeof long_text; i++) long_text[i] = "abA"[i % 3];
  memcpy(long_text + 600, "\xC3\xA9 Q ", 5);
  put_tokenizer("unigram", unigram, sizeof unigram - 1);
  put_tokenizer("bpe", bpe, sizeof bpe - 1);
}

static mer_status embed(mer_error *err) {
  mer_encoder *encoder = NULL;
  float cls[N_TEXTS * 32];
  mer_status status = mer_encoder_open(&encoder, in_folder("encoder"), err);
  if (status == MER_OK) status = mer_encoder_embed(cls, encoder, texts, N_TEXTS, 64, NULL, err);
  if (status == MER_OK) give(cls, sizeof cls);
  mer_encoder_close(encoder);
  return status;
}

static mer_status embed_sounds(mer_error *err) {
  enum { N = 2, WIDTH = 16, N_SAMPLES = 3200 };
  mer_encoder *encoder = NULL;
  float vectors[N * WIDTH], samples[N_SAMPLES];
  for (int i = 0; i < N_SAMPLES; i++) samples[i] = (float)(i % 40) / 40 - 0.5f;
  const mer_sound sounds[N] = {
      {.samples = samples, .n_samples = N_SAMPLES, .n_channels = 1, .rate_hz = 16000},
      {.samples = samples, .n_samples = N_SAMPLES / 2, .n_channels = 1, .rate_hz = 8000}};
  mer_status status = mer_encoder_open(&encoder, GOLDEN "whisper", err);
  if (status == MER_OK) status = mer_encoder_embed_sounds(vectors, encoder, sounds, N, NULL, err);
  if (status == MER_OK) give(vectors, sizeof vectors);
  mer_encoder_close(encoder);
  return status;
}

/* The answers of a model of texts; a fusion hears nothing. */
static mer_status predict(const char *name, mer_error *err) {
  mer_model *model = NULL;
  mer_input_data inputs[N_TEXTS] = {{.text = texts[0]}, {.text = texts[1]}, {.text = texts[2]}};
  float probs[N_TEXTS * MER_N_EMOTIONS] = {0};
  mer_status status = mer_model_open(&model, in_folder(name), err);
  if (status == MER_OK) status = mer_model_predict(probs, model, inputs, N_TEXTS, NULL, err);
  if (status == MER_OK) give(probs, sizeof probs);
  mer_model_close(model);
  return status;
}

static mer_status predict_f32(mer_error *err) { return predict("text", err); }
static mer_status predict_bf16(mer_error *err) { return predict("text-bf16", err); }
static mer_status predict_int8(mer_error *err) { return predict("text-int8", err); }
static mer_status predict_fusion(mer_error *err) { return predict("fusion", err); }
static mer_status predict_checkpoint(mer_error *err) { return predict("checkpoint", err); }

/* An utterance of each of two dialogues, and their next ones. */
static mer_status predict_dialogues(const char *model, mer_error *err) {
  static const char *const lines[] = {"{\"text\": \"no\", \"speaker\": \"a\", \"dialogue\": \"x\"}",
                                      "{\"text\": \"yes\", \"dialogue\": 5}",
                                      "{\"text\": \"go\", \"speaker\": \"b\", \"dialogue\": \"x\"}",
                                      "{\"text\": \"go\", \"context\": [\"so\", {\"speaker\": "
                                      "\"c\", \"text\": \"no\"}], \"dialogue\": 5}"};
  enum { N = sizeof lines / sizeof *lines };
  mer_predictor *predictor = NULL;
  mer_dialogues *dialogues = NULL;
  mer_status status;
  MER__CHECK(mer_predictor_open(&predictor, in_folder(model), err));
  MER__CHECK(mer_dialogues_create(&dialogues, predictor, err));
  for (int i = 0; i < N; i++) {
    mer_json_request read = {0};
    mer_answer answer = {0};
    status = mer_dialogues_request_read(&read, dialogues, lines[i], strlen(lines[i]), NULL, err);
    if (status == MER_OK) status = mer_predictor_answer(&answer, predictor, &read.request, 1, err);
    mer_json_request_clear(&read);
    if (status != MER_OK) break;
    give(answer.probs, sizeof answer.probs);
  }
cleanup:
  mer_dialogues_free(dialogues);
  mer_predictor_close(predictor);
  return status;
}

static mer_status predict_context(mer_error *err) { return predict_dialogues("context", err); }
static mer_status predict_turns(mer_error *err) { return predict_dialogues("turns", err); }

/* What two speakers say, in two calls. The second begins as a copy of the first. */
static mer_status predict_speakers(mer_error *err) {
  enum { N = 3, N_SAMPLES = 3200 };
  static float samples[N_SAMPLES];
  mer_predictor *predictor = NULL;
  mer_speaker *speakers[2] = {NULL};
  mer_status status;
  for (int i = 0; i < N_SAMPLES; i++) samples[i] = (float)(i % 40) / 40 - 0.5f;
  MER__CHECK(mer_predictor_open(&predictor, in_folder("speakers"), err));
  MER__CHECK(mer_speaker_create(&speakers[0], predictor, err));
  MER__CHECK(mer_speaker_copy(&speakers[1], speakers[0], err));
  for (int call = 0; call < 2; call++) {
    mer_request requests[N] = {{0}};
    mer_answer answers[N] = {{0}};
    for (int i = 0; i < N; i++) {
      requests[i].speaker = speakers[i % 2];
      requests[i].sound = (mer_sound){
          .samples = samples, .n_samples = N_SAMPLES / (1 + i), .n_channels = 1, .rate_hz = 16000};
    }
    MER__CHECK(mer_predictor_answer(answers, predictor, requests, N, err));
    for (int i = 0; i < N; i++) give(answers[i].probs, sizeof answers[i].probs);
  }
cleanup:
  for (int i = 0; i < 2; i++) mer_speaker_free(speakers[i]);
  mer_predictor_close(predictor);
  return status;
}

/* Of a classifier of more labels than a model can have. */
static mer_status describe_many(mer_error *err) {
  char *text = NULL;
  mer_status status = mer_describe_folder(&text, in_folder("many"), err);
  if (status == MER_OK) give(text, strlen(text));
  mer_text_free(text);
  return status;
}

static mer_status quantize(mer_error *err) {
  return mer_model_quantize(in_folder("text"), in_folder("out"), MER_DTYPE_I8, true, NULL, err);
}

/* Sound and data */

static mer_status decode(mer_error *err) {
  mer_audio audio = {0};
  mer_status status = mer_audio_decode(&audio, in_folder("train1.wav"), NULL, err);
  if (status == MER_OK) give(audio.samples, sizeof *audio.samples * (size_t)audio.n_samples);
  mer_audio_clear(&audio);
  return status;
}

static mer_status see_file(const char *path, mer_error *err) {
  static const mer__image_processor processor = {.sizing = MER__IMAGE_SHORTEST,
                                                 .filter = MER__IMAGE_BICUBIC,
                                                 .resize_height = 20,
                                                 .crop = true,
                                                 .height = 16,
                                                 .width = 16,
                                                 .rescale = true,
                                                 .factor = 1 / 255.0};
  const mer__media_file file = {.path = path};
  mer__image image = {0};
  mer__floats packed = {0};
  float values[3 * 16 * 16];
  mer_status status = mer__image_load(&image, &file, err);
  if (status == MER_OK) status = mer__image_pack(&packed, &processor, &image, file.path, err);
  if (status == MER_OK)
    status = mer__image_unpack(values, &processor, packed.data, (int64_t)packed.n, err);
  if (status == MER_OK) give(values, sizeof values);
  mer__floats_clear(&packed);
  mer__image_clear(&image);
  return status;
}

static mer_status see(mer_error *err) {
  const mer_status status = see_file(GOLDEN "images/orientation-8.webp", err);
  return status == MER_OK ? see_file(GOLDEN "images/animated-place.webp", err) : status;
}

/* The faces of a video. */
static mer_status watch(mer_error *err) {
  static const mer__image_processor processor = {.sizing = MER__IMAGE_STRETCH,
                                                 .filter = MER__IMAGE_BILINEAR,
                                                 .resize_height = 16,
                                                 .resize_width = 16,
                                                 .height = 16,
                                                 .width = 16};
  static const mer__media_file file = {.path = GOLDEN "videos/uneven.mkv"};
  mer__face_detector *detector = NULL;
  mer__face_counts counts;
  mer__floats packed = {0};
  mer_status status = mer__face_detector_open(&detector, GOLDEN "faces/network", err);
  if (status == MER_OK)
    status = mer__face_clip_read(&packed, &counts, detector, &processor, &file, NULL, err);
  if (status == MER_OK) give(packed.data, packed.n * sizeof *packed.data);
  mer__floats_clear(&packed);
  mer__face_detector_close(detector);
  return status;
}

static mer_status show(void *user, const mer_timeline_item *item, mer_error *err) {
  if (item->answer.status == MER_OK) give(item->answer.probs, sizeof item->answer.probs);
  return mer_timeline_page_add(user, item, err);
}

/* A call of two channels, with the words of a transcript unless `name` is NULL, to its page. */
static mer_status timeline(const char *model, const char *name, mer_error *err) {
  mer_predictor *predictor = NULL;
  mer_voice_model *voice = NULL;
  mer_transcript *transcript = NULL;
  mer_timeline_page *page = NULL;
  mer_recording recording;
  mer_timeline_options options;
  char *html = NULL;
  size_t size;
  mer_status status;
  mer_timeline_options_init(&options, sizeof options);
  if (name) MER__CHECK(mer_transcript_open(&transcript, in_folder(name), NULL, err));
  else MER__CHECK(mer_voice_model_open(&voice, MER_SOURCE_DIR "/models/vad", err));
  MER__CHECK(mer_predictor_open(&predictor, in_folder(model), err));
  MER__CHECK(mer_timeline_page_create(&page, mer_predictor_model(predictor), err));
  options.transcript = transcript;
  options.contributions = true;
  MER__CHECK(mer_timeline_run(&recording, GOLDEN "timeline/same.opus", predictor, voice, &options,
                              show, page, err));
  MER__CHECK(mer_timeline_page_write(&html, &size, page, &recording, "call", "call.opus", err));
  give(html, size);
cleanup:
  mer_text_free(html);
  mer_timeline_page_free(page);
  mer_transcript_close(transcript);
  mer_predictor_close(predictor);
  mer_voice_model_close(voice);
  return status;
}

static mer_status timeline_speech(mer_error *err) { return timeline("audio", NULL, err); }
static mer_status timeline_srt(mer_error *err) { return timeline("fusion", "call.srt", err); }
static mer_status timeline_json(mer_error *err) { return timeline("fusion", "call.json", err); }
static mer_status timeline_csv(mer_error *err) { return timeline("fusion", "call.csv", err); }
static mer_status timeline_speakers(mer_error *err) {
  return timeline("speakers", "call.srt", err);
}

/* A transcript for each channel. */
static mer_status transcripts(mer_error *err) {
  static const char *const speakers[] = {"left", "right"};
  mer_transcript *transcript;
  char *paths[] = {strdup(in_folder("call.json")), strdup(in_folder("call.srt"))};
  const mer_status status =
      mer_transcript_open_channels(&transcript, (const char *const *)paths, speakers, 2, NULL, err);
  for (int64_t i = 0; status == MER_OK && i < mer_transcript_count(transcript); i++)
    give(mer_transcript_at(transcript, i).text, mer_transcript_at(transcript, i).text_size);
  mer_transcript_close(transcript);
  free(paths[0]);
  free(paths[1]);
  return status;
}

/* Three entries out of order, one with a fault. */
static void put_transcripts(void) {
  static const char srt[] = "2 --> 3\nAnn: so\n\n1 --> 2\nBob: no\n\n5 --> 4\nAnn: well\n";
  static const char json[] =
      "{\"segments\": [{\"start\": 2, \"end\": 3, \"text\": \"so\", \"speaker\": \"Ann\", "
      "\"words\": [{\"word\": \"so\", \"start\": 2, \"end\": 3}]}, {\"start\": 1, \"end\": 2, "
      "\"text\": \"no\"}, {\"text\": \"well\"}]}";
  static const char csv[] = "start,end,speaker,text\n2,3,Ann,so\n1,2,Bob,no\n5,4,Ann,well\n";
  mer_error err = {0};
  assert_ok(mer__file_write(in_folder("call.srt"), srt, sizeof srt - 1, &err));
  assert_ok(mer__file_write(in_folder("call.json"), json, sizeof json - 1, &err));
  assert_ok(mer__file_write(in_folder("call.csv"), csv, sizeof csv - 1, &err));
}

/* A line of JSON to an answer's line. */
static mer_status answer(mer_error *err) {
  static const char line[] = "{\"id\": 1.50, \"text\": \"so happy\", \"audio\": \"train1.wav\"}";
  mer_predictor *predictor = NULL;
  mer_json_request read = {0};
  mer_answer found;
  mer_contributions without;
  char *json = NULL, *members = NULL;
  mer_status status = mer_predictor_open(&predictor, in_folder("fusion"), err);
  if (status == MER_OK)
    status = mer_json_request_read(&read, line, strlen(line), fixture_folder(), err);
  const mer_model *model = predictor ? mer_predictor_model(predictor) : NULL;
  if (status == MER_OK)
    status = mer_predictor_contributions(&found, &without, predictor, &read.request, 1, err);
  if (status == MER_OK) status = mer_contributions_json(&members, &without, model, err);
  if (status == MER_OK) status = mer_answer_json(&json, &found, model, read.id, members, err);
  if (status == MER_OK) give(json, strlen(json));
  mer_text_free(json);
  mer_text_free(members);
  mer_json_request_clear(&read);
  mer_predictor_close(predictor);
  return status;
}

static mer_status import(const char *corpus, mer_error *err) {
  mer_import_summary summary;
  return mer_corpus_import(&summary, in_folder("out"), corpus, in_folder("corpora"), NULL, err);
}

static void remove_folder(const char *name) {
  char command[300];
  snprintf(command, sizeof command, "rm -rf '%s'", in_folder(name));
  if (system(command) != 0) fail_msg("%s", command);
}

static mer_status import_files(mer_error *err) { return import("savee", err); }

static mer_status import_table(mer_error *err) { return import("mosi", err); }

static mer_status import_scenes(mer_error *err) { return import("emorynlp", err); }

/* A face that is there already would not be written again. */
static mer_status import_faces(mer_error *err) {
  mer_import_summary summary;
  mer_import_options options;
  mer_import_options_init(&options, sizeof options);
  options.images_folder = in_folder("faces");
  mer_status status =
      mer_corpus_import(&summary, in_folder("out"), "fer2013", in_folder("corpora"), &options, err);
  remove_folder("faces");
  return status;
}

static mer_status open_dataset(mer_error *err) {
  mer_dataset *opened = NULL;
  int64_t n = 0;
  mer_status status = mer_dataset_open(&opened, in_folder("few.csv"), NULL, err);
  const mer_utterance *rows =
      status == MER_OK ? mer_dataset_rows(opened, MER_SPLIT_TRAIN, &n) : NULL;
  for (int64_t i = 0; i < n; i++) give(&rows[i].label, sizeof rows[i].label);
  if (status == MER_OK) give(mer_dataset_digest(opened), 64);
  mer_dataset_close(opened);
  return status;
}

static mer_status open_several(mer_error *err) {
  mer_dataset *opened;
  const char *const paths[] = {in_folder("few.csv"), in_folder("manifest.csv")};
  mer_status status = mer_dataset_open_several(&opened, paths, 2, NULL, err);
  if (status == MER_OK) give(mer_dataset_digest(opened), strlen(mer_dataset_digest(opened)));
  mer_dataset_close(opened);
  return status;
}

static mer_status load_features(const char *cache, mer_error *err) {
  mer_features features = {0};
  mer_features_load_options options;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = cache;
  mer_status status = mer_features_load(&features, dataset, "audio", rows, n, &options, err);
  for (int64_t i = 0, size; i < n && status == MER_OK; i++) {
    const float *row = mer_features_row(&features, i, &size);
    if (row) give(row, sizeof *row * (size_t)size);
  }
  if (status == MER_OK) give(features.states, (size_t)n);
  mer_features_clear(&features);
  return status;
}

static mer_status features(mer_error *err) { return load_features("", err); }

static mer_status give_window(void *user, const mer_window *window, mer_error *err) {
  (void)user, (void)err;
  give(window->answer->probs, sizeof(float) * (size_t)window->answer->n_labels);
  return MER_OK;
}

static mer_status answer_windows(mer_error *err) {
  char path[300];
  mer_predictor *predictor = NULL;
  mer_window_options options;
  mer_window_options_init(&options, sizeof options);
  options.window_s = .1;
  snprintf(path, sizeof path, "%s/train1.wav", fixture_folder());
  const mer_request request = {.sound.path = path};
  mer_status status = mer_predictor_open(&predictor, in_folder("audio"), err);
  if (status == MER_OK)
    status = mer_windows_run(predictor, &request, &options, give_window, NULL, err);
  mer_predictor_close(predictor);
  return status;
}

/* A cache that fails costs time alone, so its files are not an output of this scenario. */
static mer_status features_cached(mer_error *err) {
  remove_folder("cache");
  mer_status status = load_features(in_folder("cache"), err);
  remove_folder("cache");
  return status;
}

/* Training */

static mer_train_options short_training(mer_train_kind kind, const char *out) {
  mer_train_options o = options_of(kind, out);
  o.epochs = 2;
  return o;
}

/* What failed at its end has left its state, with which the same call goes on. */
static mer_status train_or_go_on(mer_train_options *o, mer_error *err) {
  o->resume |= mer__path_is_file(in_folder("out.partial/checkpoint.safetensors"));
  return train(o, 0, NULL, err);
}

static mer_status train_kind(mer_train_kind kind, bool resume, mer_error *err) {
  mer_train_options o = short_training(kind, "out");
  o.resume = resume;
  o.calibrate = kind == MER_KIND_AUDIO;
  o.average = kind == MER_KIND_FUSION ? -1 : 0;
  return train_or_go_on(&o, err);
}

static mer_status train_text(mer_error *err) { return train_kind(MER_KIND_TEXT, false, err); }
/* With a layer over the turns of a dialogue. */
static mer_train_options turns_training(const char *out) {
  mer_train_options o = short_training(MER_KIND_TEXT, out);
  o.turns_lstm = o.freeze_encoder = true;
  return o;
}
static mer_status train_turns(mer_error *err) {
  mer_train_options o = turns_training("out");
  return train_or_go_on(&o, err);
}
/* Beside what is usual for who speaks. */
static mer_status train_speakers_to(const char *out, mer_error *err) {
  mer_train_options o = short_training(MER_KIND_AUDIO, out);
  mer_dataset *const before = dataset;
  o.speech_encoder = in_folder("speech");
  o.freeze_encoder = o.by_speaker = true;
  dataset = spoken;
  const mer_status status = train_or_go_on(&o, err);
  dataset = before;
  return status;
}
static mer_status train_speakers(mer_error *err) { return train_speakers_to("out", err); }
static mer_status train_audio(mer_error *err) { return train_kind(MER_KIND_AUDIO, false, err); }
static mer_status train_fusion(mer_error *err) { return train_kind(MER_KIND_FUSION, false, err); }

static mer_status train_by(const char *fusion, mer_error *err) {
  mer_train_options o = short_training(MER_KIND_FUSION, "out");
  o.fusion = fusion;
  o.modality_dropout = 0.3;
  o.unimodal_loss = 0.5;
  return train_or_go_on(&o, err);
}
static mer_status train_gated(mer_error *err) { return train_by("gated", err); }
static mer_status train_attention(mer_error *err) { return train_by("attention", err); }
static mer_status train_late(mer_error *err) { return train_by("late", err); }

/* With copies of texts and clips that have noise. */
static mer_status train_noisy(mer_error *err) {
  mer_train_options o = short_training(MER_KIND_FUSION, "out");
  o.noise = 0.7;
  return train_or_go_on(&o, err);
}

static mer_status train_crnn(mer_error *err) {
  mer_train_options o = short_training(MER_KIND_AUDIO, "out");
  o.speech_encoder = "crnn";
  o.augment = true;
  return train_or_go_on(&o, err);
}
/* A Whisper that is pooled by attention, with a layer that is frozen. */
static mer_status train_attention_pool(mer_error *err) {
  mer_train_options o = short_training(MER_KIND_AUDIO, "out");
  o.speech_encoder = in_folder("speech");
  o.pool = "attention";
  o.freeze_layers = 1;
  return train_or_go_on(&o, err);
}
static mer_status train_upon(const char *checkpoint, mer_error *err) {
  mer_train_options o = short_training(MER_KIND_TEXT, "out");
  o.encoder = in_folder(checkpoint);
  return train_or_go_on(&o, err);
}
static mer_status train_checkpoint(mer_error *err) { return train_upon("checkpoint", err); }
static mer_status train_many(mer_error *err) { return train_upon("many", err); }
static mer_status resume_text(mer_error *err) { return train_kind(MER_KIND_TEXT, true, err); }

static mer_status store_temperature(mer_error *err) {
  return mer_model_store_temperature(in_folder("out"), 1.5, err);
}

/* Evaluation */

/* Opens a model, and answers the dev rows of `data`. */
static mer_status answer_rows(mer_model **model, mer_predictions *p, const char *name,
                              const mer_dataset *data, bool by_speaker, mer_error *err) {
  mer_predict_options options;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(data, MER_SPLIT_DEV, &n);
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  options.by_speaker = by_speaker;
  mer_status status = mer_model_open(model, in_folder(name), err);
  if (status == MER_OK) status = mer_predict_rows(p, *model, data, rows, n, &options, err);
  if (status == MER_OK) give(p->probs, sizeof(float) * (size_t)(p->n * p->n_classes));
  return status;
}

/* Rows beside what their speakers have said. */
static mer_status evaluate_speakers(mer_error *err) {
  mer_model *model = NULL;
  mer_predictions p = {0};
  const mer_status status = answer_rows(&model, &p, "speakers", spoken, true, err);
  mer_predictions_clear(&p);
  mer_model_close(model);
  return status;
}

static mer_status evaluate(mer_error *err) {
  static mer_metrics metrics;
  mer_calibration calibration = {0};
  mer_report_examples examples = {0};
  mer_model *model = NULL;
  mer_predictions p = {0};
  char *json = NULL;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  mer_status status = answer_rows(&model, &p, "fusion", dataset, false, err);
  if (status == MER_OK)
    status = mer_metrics_compute(&metrics, p.labels, p.predicted, p.probs, p.n, p.n_classes, err);
  if (status == MER_OK)
    status = mer_calibration_compute(&calibration, p.target, p.targets, p.logits, p.n, p.n_classes,
                                     2, err);
  if (status == MER_OK)
    status = mer_report_examples_find(&examples, model, dataset, rows, &p, 3, NULL, err);
  mer_report_evaluation e = {.size = sizeof e,
                             .name = "fusion",
                             .examples = examples.items,
                             .n_examples = examples.n,
                             .calibration = &calibration,
                             .uncalibrated = &calibration,
                             .dataset = dataset,
                             .split = MER_SPLIT_DEV,
                             .metrics = &metrics,
                             .majority = &metrics,
                             .clip_counts = p.clip_counts,
                             .data_path = "D"};
  if (status == MER_OK) e.model_config = mer_model_config(model);
  if (status == MER_OK) status = mer_report_evaluation_json(&json, &e, err);
  if (status == MER_OK) status = mer_report_write_html(in_folder("out"), json, NULL, err);
  mer_report_free(json);
  mer_report_examples_clear(&examples);
  mer_predictions_clear(&p);
  mer_model_close(model);
  return status;
}

/* A checkpoint with the data's labels, measured as if a row could have several. */
static mer_status evaluate_several(mer_error *err) {
  const char *labels[MER_N_EMOTIONS];
  mer_model *model = NULL;
  mer_predictions p = {0};
  mer_target_metrics metrics = {0}, constant = {0};
  char *json = NULL, *table = NULL;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  const mer_target_metrics *m = &metrics;
  for (int i = 0; i < MER_N_EMOTIONS; i++) labels[i] = mer_emotion_name(i);
  mer_status status;
  MER__CHECK(mer_model_open(&model, in_folder("checkpoint"), err));
  MER__CHECK(mer_model_map_labels(model, "fear=sadness\nneutral=", labels, MER_N_EMOTIONS, err));
  MER__CHECK(mer_predict_rows(&p, model, dataset, rows, n, NULL, err));
  MER__CHECK(mer_target_metrics_compute(&metrics, MER_TARGET_LABELS, p.targets, p.probs, p.n,
                                        p.n_classes, err));
  MER__CHECK(mer_target_metrics_constant(&constant, MER_TARGET_LABELS, p.targets, p.n, p.targets,
                                         p.n, p.n_classes, err));
  MER__CHECK(mer_report_target_json(&json, m, labels, err));
  MER__CHECK(mer_report_target_table(&table, &(mer_report_target_row){"model", m}, 1, labels, err));
  const mer_report_evaluation e = {.size = sizeof e,
                                   .name = "checkpoint",
                                   .model_config = mer_model_config(model),
                                   .dataset = dataset,
                                   .split = MER_SPLIT_DEV,
                                   .target_metrics = m,
                                   .constant = &constant,
                                   .predictions = &p};
  MER__CHECK(mer_report_target_page(in_folder("out"), &e, NULL, err));
cleanup:
  mer_report_free(json);
  mer_report_free(table);
  mer_predictions_clear(&p);
  mer_model_close(model);
  return status;
}

/* Comparison */

static mer_status read_runs(mer_error *err) {
  mer_runs_file file = {0};
  mer_status status = mer_runs_file_read(&file, in_folder("runs.json"), err);
  for (int32_t i = 0; i < file.runs.n; i++)
    give(file.runs.items[i].text, strlen(file.runs.items[i].text));
  mer_runs_file_clear(&file);
  return status;
}

/* What a comparison keeps of the files that it reads, to know them again. */
static mer_status compare_inputs(mer_error *err) {
  mer_train_options o = options_of(MER_KIND_TEXT, "out");
  mer__json_watch();
  json_t *settings = json_object();
  mer_status status =
      settings ? mer__compare_add_inputs(settings, dataset, &o, NULL, err) : mer__fail_memory(err);
  char *text = status == MER_OK ? mer__json_dump(settings, JSON_SORT_KEYS) : NULL;
  if (text) give(text, strlen(text));
  else if (status == MER_OK) status = mer__fail_memory(err);
  free(text);
  json_decref(settings);
  return status;
}

static void put_runs(void) {
  static const char text[] =
      "{\"data\": {\"d\": \"--data few.csv\"}, \"runs\": {\"a\": \"text --lr .1\", \"b\": "
      "\"audio\"}}";
  mer_error err = {0};
  assert_ok(mer__file_write(in_folder("runs.json"), text, sizeof text - 1, &err));
}

/* Answers for rows with noise, and with fewer or other words, and whether the answers differ. */
static mer_status disturb(mer_error *err) {
  enum { N = 4 };
  const mer_disturbance disturbances[N] = {{MER_DISTURB_NOISE, 10, "audio"},
                                           {MER_DISTURB_WORDS, 0.5, NULL},
                                           {MER_DISTURB_WITHOUT, 0, "text"},
                                           {MER_DISTURB_REPLACED, 0, "text"}};
  mer_model *model = NULL;
  mer_predict_options options;
  mer_predictions p[N] = {{0}};
  mer_paired_bootstrap pair;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  mer_predict_options_init(&options, sizeof options);
  options.features.cache_folder = "";
  mer_status status = mer_model_open(&model, in_folder("fusion"), err);
  for (int i = 0; i < N && status == MER_OK; i++)
    status =
        mer_predict_disturbed(&p[i], model, dataset, rows, n, &disturbances[i], 1, &options, err);
  if (status == MER_OK) {
    const int32_t *a[] = {p[0].predicted}, *b[] = {p[2].predicted};
    status =
        mer_metrics_paired_bootstrap(&pair, p[0].labels, n, p[0].n_classes, &(mer_answers_of){a, 1},
                                     &(mer_answers_of){b, 1}, 10, 0, err);
  }
  for (int i = 0; i < N; i++) {
    if (status == MER_OK) give(p[i].probs, sizeof(float) * (size_t)(p[i].n * p[i].n_classes));
    mer_predictions_clear(&p[i]);
  }
  mer_model_close(model);
  return status;
}

/* All that applies to a model of texts. */
static mer_status measure_robustness(mer_error *err) {
  mer_model *model = NULL;
  mer_robustness robustness = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_DEV, &n);
  mer_status status = mer_model_open(&model, in_folder("text"), err);
  if (status == MER_OK)
    status = mer_robustness_measure(&robustness, model, dataset, rows, n, 1, NULL, err);
  if (status == MER_OK) give(robustness.metrics, (size_t)robustness.n * sizeof *robustness.metrics);
  mer_robustness_clear(&robustness);
  mer_model_close(model);
  return status;
}

/* A face as the bytes of a file. */
static mer_status make_bitmap(mer_error *err) {
  uint8_t pixels[] = {1, 2, 3, 4, 5, 6}, *bytes = NULL;
  size_t n_bytes = 0;
  const mer_status status = mer__bmp_make(&bytes, &n_bytes, &(mer__image){pixels, 1, 2}, err);
  if (status == MER_OK) give(bytes, n_bytes);
  mer__free(bytes);
  return status;
}

/* Copies of vectors with noise. */
static mer_status disturb_values(mer_error *err) {
  static const float values[] = {1, 2, 3, 4};
  const mer__white_noise noise = {.level = 1, .seed = 1};
  mer_features clean = {.width = 2}, noisy = {0};
  mer_status status = mer__features_begin(&clean, 2, "", err);
  for (int64_t i = 0; i < 2 && status == MER_OK; i++) {
    mer__value_range *range = &clean.values->ranges[i];
    status = mer__store_append(&range->at, &clean.values->store, values + 2 * i, 2, err);
    range->n = 2;
    clean.states[i] = MER_CLIP_OK;
  }
  if (status == MER_OK) status = mer__features_end(&clean, err);
  if (status == MER_OK) status = mer__noisy_values_make(&noisy, &clean, false, &noise, "", err);
  for (int64_t i = 0; i < 2 && status == MER_OK; i++)
    give(mer_features_row(&noisy, i, NULL), 2 * sizeof(float));
  mer_features_clear(&noisy);
  mer_features_clear(&clean);
  return status;
}

const scenario scenarios[] = {
    {.name = "read_runs", .run = read_runs},
    {.name = "compare_inputs", .run = compare_inputs},
    {.name = "disturb", .run = disturb},
    {.name = "measure_robustness", .run = measure_robustness},
    {.name = "make_bitmap", .run = make_bitmap},
    {.name = "disturb_values", .run = disturb_values},
    {.name = "write_npy", .run = write_npy, .out = "out"},
    {.name = "replace_npy", .run = write_npy, .out = "out", .old = "few.csv"},
    {.name = "read_npy", .run = read_npy},
    {.name = "write_safetensors", .run = write_safetensors, .out = "out"},
    {.name = "read_safetensors", .run = read_safetensors},
    {.name = "read_pieces", .run = read_pieces},
    {.name = "read_text", .run = read_text},
    {.name = "read_lines", .run = read_lines},
    {.name = "read_objects", .run = read_objects},
    {.name = "write_parts", .run = write_parts, .out = "out"},
    {.name = "replace_parts", .run = write_parts, .out = "out", .old = "few.csv"},
    {.name = "tokenize", .run = tokenize},
    {.name = "tokenize_unigram", .run = tokenize_unigram},
    {.name = "tokenize_bpe", .run = tokenize_bpe},
    {.name = "embed", .run = embed},
    {.name = "embed_sounds", .run = embed_sounds},
    {.name = "predict_f32", .run = predict_f32},
    {.name = "predict_bf16", .run = predict_bf16},
    {.name = "predict_int8", .run = predict_int8},
    {.name = "predict_fusion", .run = predict_fusion},
    {.name = "predict_checkpoint", .run = predict_checkpoint},
    {.name = "predict_context", .run = predict_context},
    {.name = "predict_turns", .run = predict_turns},
    {.name = "predict_speakers", .run = predict_speakers},
    {.name = "describe_many", .run = describe_many},
    {.name = "quantize", .run = quantize, .out = "out"},
    {.name = "replace_quantized", .run = quantize, .out = "out", .old = "text-bf16"},
    {.name = "decode", .run = decode},
    {.name = "see", .run = see},
    {.name = "watch", .run = watch},
    {.name = "answer", .run = answer, .may_lose = true},
    {.name = "answer_windows", .run = answer_windows, .may_lose = true},
    {.name = "timeline_speech", .run = timeline_speech},
    {.name = "timeline_srt", .run = timeline_srt, .may_lose = true},
    {.name = "timeline_json", .run = timeline_json, .may_lose = true},
    {.name = "timeline_csv", .run = timeline_csv, .may_lose = true},
    {.name = "timeline_speakers", .run = timeline_speakers, .may_lose = true},
    {.name = "transcripts", .run = transcripts},
    {.name = "open_dataset", .run = open_dataset},
    {.name = "open_several", .run = open_several},
    {.name = "import_files", .run = import_files, .out = "out"},
    {.name = "import_table", .run = import_table, .out = "out"},
    {.name = "import_scenes", .run = import_scenes, .out = "out"},
    {.name = "import_faces", .run = import_faces, .out = "out"},
    {.name = "features", .run = features},
    {.name = "features_cached", .run = features_cached},
    {.name = "train_text", .run = train_text, .out = "out"},
    {.name = "train_turns", .run = train_turns, .out = "out"},
    {.name = "train_speakers", .run = train_speakers, .out = "out"},
    {.name = "train_checkpoint", .run = train_checkpoint, .out = "out"},
    {.name = "train_many", .run = train_many, .out = "out"},
    {.name = "train_audio", .run = train_audio, .out = "out", .old = "audio"},
    {.name = "train_crnn", .run = train_crnn, .out = "out"},
    {.name = "train_attention_pool", .run = train_attention_pool, .out = "out"},
    {.name = "train_fusion", .run = train_fusion, .out = "out"},
    {.name = "train_gated", .run = train_gated, .out = "out"},
    {.name = "train_attention", .run = train_attention, .out = "out"},
    {.name = "train_late", .run = train_late, .out = "out"},
    {.name = "train_noisy", .run = train_noisy, .out = "out"},
    {.name = "resume_text", .run = resume_text, .out = "out", .partial = "half"},
    {.name = "store_temperature", .run = store_temperature, .out = "out", .old = "text"},
    /* The processor's name, which the page shows, is "unknown" if it cannot be read. */
    {.name = "evaluate", .run = evaluate, .out = "out", .may_lose = true},
    {.name = "evaluate_speakers", .run = evaluate_speakers},
    {.name = "evaluate_several", .run = evaluate_several, .out = "out"},
};
const int n_scenarios = sizeof scenarios / sizeof scenarios[0];
_Static_assert(sizeof scenarios / sizeof scenarios[0] <= MOST_SCENARIOS, "see torture.h");

static void make_model(mer_train_kind kind, const char *name) {
  mer_train_options o = options_of(kind, name);
  o.epochs = 1;
  train_whole(&o);
}

static void make_checkpoints(void) {
  mer_error err = {0};
  assert_ok(mer__folder_make(in_folder("checkpoint"), &err));
  write_family("roberta", in_folder("checkpoint"), NULL, NULL);
  assert_ok(mer__folder_make(in_folder("many"), &err));
  write_family("bert", in_folder("many"), "\"id2label\"", many_labels());
}

static void make_context(void) {
  mer_train_options o = short_training(MER_KIND_TEXT, "context");
  o.context = 2;
  train_whole(&o);
}

static void make_turns(void) {
  mer_train_options o = turns_training("turns");
  train_whole(&o);
}

/* The golden classifier's encoder alone. */
static void put_whisper(void) {
  static const char class[] = "WhisperForAudioClassification";
  char *config;
  size_t size;
  mer_error err = {0};
  assert_ok(mer__folder_make(in_folder("speech"), &err));
  assert_ok(mer__file_read(&config, &size, GOLDEN "whisper/config.json", 1 << 16, &err));
  char *at = strstr(config, class);
  assert_non_null(at);
  memcpy(at, "WhisperModelAsEncoderOfSounds", sizeof class - 1); /* of the same length */
  assert_ok(mer__file_write(in_folder("speech/config.json"), config, size, &err));
  mer__free(config);
  if (symlink(GOLDEN "whisper/model.safetensors", in_folder("speech/model.safetensors")) != 0 ||
      symlink(GOLDEN "whisper/preprocessor_config.json",
              in_folder("speech/preprocessor_config.json")) != 0)
    fail_msg("symlink");
}

static void make_speakers(void) {
  mer_error err = {0};
  put("spoken.csv",
      "split,audio,label,speaker\ntrain,train0.wav,joy,Ann\ntrain,train1.wav,anger,Bob\n"
      "train,train2.wav,sadness,Ann\ntrain,train3.wav,joy,Bob\n"
      "train,train5.wav,sadness,\ndev,dev12.wav,joy,Cleo\n"
      "dev,dev13.wav,anger,Dan\ndev,dev14.wav,sadness,Cleo\n");
  put_whisper();
  spoken = open_path(in_folder("spoken.csv"), NULL);
  assert_ok(train_speakers_to("speakers", &err));
}

static void make_quantized(const char *name, mer_dtype dtype) {
  mer_error err = {0};
  assert_ok(mer_model_quantize(in_folder("text"), in_folder(name), dtype, false, NULL, &err));
}

/* A training that was stopped in its second epoch. */
static void make_half(void) {
  mer_error err = {0};
  mer_train_options o = short_training(MER_KIND_TEXT, "out");
  assert_int_equal(train(&o, 3, NULL, &err), MER_STATUS_INTERRUPTED);
  if (rename(in_folder("out.partial"), in_folder("half")) != 0) fail_msg("no state was left");
}

/* Two files that do not share a tensor's name, and their index. */
static void make_pieces(void) {
  static const float value = 1;
  static const char index[] =
      "{\"weight_map\": {\"of.float32\": \"zip.bin\", \"other\": \"other.bin\"}}";
  const mer_tensor other = {"other", MER_DTYPE_F32, 1, {1}, 1, &value};
  mer_error err = {0};
  assert_ok(mer__folder_make(in_folder("pieces"), &err));
  if (symlink(GOLDEN "torch/zip.bin", in_folder("pieces/zip.bin")) != 0) fail_msg("symlink");
  write_torch(in_folder("pieces/other.bin"), &other, 1);
  assert_ok(mer__file_write(in_folder("pieces/pytorch_model.bin.index.json"), index,
                            sizeof index - 1, &err));
}

static void make_faces(void) {
  enum { N_PIXELS = 48 * 48 };
  char table[100 + 2 * N_PIXELS];
  int n = sprintf(table, "emotion,Usage,pixels\n3,Training,7");
  for (int i = 1; i < N_PIXELS; i++) n += sprintf(table + n, " %d", i % 10);
  table[n++] = '\n';
  mer_error err = {0};
  assert_ok(mer__file_write(in_folder("corpora/fer2013.csv"), table, (size_t)n, &err));
}

static void make_corpora(void) {
  static const char table[] = "video_id,clip_id,text,label,mode\nv,1,GOOD,2.4,train\n";
  static const char scenes[] =
      "{\"episodes\": [{\"scenes\": [{\"utterances\": [{\"utterance_id\": \"s01_e02_c01_u003\", "
      "\"speakers\": [\"Ann\", \"Bob\"], \"transcript\": \"so\", \"emotion\": \"Joyful\"}]}]}]}";
  mer_error err = {0};
  assert_ok(mer__folder_make(in_folder("corpora/KL"), &err));
  assert_ok(mer__file_write(in_folder("corpora/DC_a01.wav"), "", 0, &err));
  assert_ok(mer__file_write(in_folder("corpora/KL/su02.wav"), "", 0, &err));
  assert_ok(mer__file_write(in_folder("corpora/label.csv"), table, sizeof table - 1, &err));
  assert_ok(mer__file_write(in_folder("corpora/emotion-detection-trn.json"), scenes,
                            sizeof scenes - 1, &err));
  make_faces();
}

const char *fixture_folder(void) { return folder; }

int remove_fixtures(void **state) {
  mer_dataset_close(spoken);
  return end(state);
}

int make_fixtures(void **state) {
  mer_error err = {0};
  begin(state);
  put_manifest("few.csv", FEW_TRAIN, false);
  open_data("few.csv");
  make_model(MER_KIND_TEXT, "text");
  make_model(MER_KIND_AUDIO, "audio");
  make_model(MER_KIND_FUSION, "fusion");
  make_context();
  make_turns();
  make_speakers();
  make_quantized("text-int8", MER_DTYPE_I8);
  make_quantized("text-bf16", MER_DTYPE_BF16);
  make_checkpoints();
  make_half();
  make_pieces();
  put_tokenizers();
  put_transcripts();
  make_corpora();
  put_runs();
  assert_ok(mer_npy_write(in_folder("a.npy"), numbers, shape, 2, &err));
  assert_ok(write_safetensors(&err));
  if (rename(in_folder("out"), in_folder("a.safetensors")) != 0) fail_msg("rename");
  return 0;
}
