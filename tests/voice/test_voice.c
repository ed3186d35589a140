/* test_voice.c: probabilities of speech against PyTorch with weights that are a formula, and
 * against the original in ONNX Runtime with those of models/vad; a sound in pieces of any size; a
 * file of weights that is not one. Golden values: tests/golden/make_voice.py. */
#include "media/resample.h"
#include "mer/media.h"
#include "mer/tensor.h"
#include "mer/voice.h"
#include "test_support.h"

enum { N_SAMPLES = 512 * 40 + 100, N_TENSORS = 15, LARGEST = 258 * 256 };

static const struct {
  const char *name;
  int rank;
  int64_t shape[3];
} tensors[N_TENSORS] = {
    {"stft_conv.weight", 3, {258, 1, 256}},
    {"conv1.weight", 3, {128, 129, 3}},
    {"conv1.bias", 1, {128}},
    {"conv2.weight", 3, {64, 128, 3}},
    {"conv2.bias", 1, {64}},
    {"conv3.weight", 3, {64, 64, 3}},
    {"conv3.bias", 1, {64}},
    {"conv4.weight", 3, {128, 64, 3}},
    {"conv4.bias", 1, {128}},
    {"lstm_cell.weight_ih", 2, {512, 128}},
    {"lstm_cell.weight_hh", 2, {512, 128}},
    {"lstm_cell.bias_ih", 1, {512}},
    {"lstm_cell.bias_hh", 1, {512}},
    {"final_conv.weight", 3, {1, 128, 1}},
    {"final_conv.bias", 1, {1}},
};

/* As in make_voice.py. */
static void scatter(float *values, int64_t n, uint64_t seed, float scale) {
  for (int64_t i = 0; i < n; i++) {
    uint64_t x = (uint64_t)(i + 1) * 2654435761u + seed * 40503u;
    x = (x ^ (x >> 15)) & 0xFFFF;
    values[i] = ((float)x - 32768) / 32768 * scale;
  }
}

/* The weight of the spectra: the Fourier transform of a window whose samples are the first 256
 * values. As in make_voice.py. */
static void transform(float *values) {
  float window[256];
  memcpy(window, values, sizeof window);
  for (int k = 0; k < 129; k++)
    for (int i = 0; i < 256; i++) {
      const double angle = 2 * 3.14159265358979323846 * (k * i % 256) / 256;
      values[k * 256 + i] = (float)(cos(angle) * window[i]);
      values[(129 + k) * 256 + i] = (float)(-sin(angle) * window[i]);
    }
}

static char folder[64];

/* Writes the weights, without the tensor `left_out`, with another shape of the tensor `reshaped`,
 * with NaN in the tensor `spoilt`, with another value in the tensor `changed`; -1: none. */
static void write_weights(int left_out, int reshaped, int spoilt, int changed) {
  mer_tensor written[N_TENSORS];
  mer_error err = {0};
  char path[128];
  int n = 0;
  for (int i = 0; i < N_TENSORS; i++) {
    int64_t size = 1, fan_in = 1;
    for (int d = 0; d < tensors[i].rank; d++) size *= tensors[i].shape[d];
    for (int d = 1; d < tensors[i].rank; d++) fan_in *= tensors[i].shape[d];
    float *values = malloc(sizeof *values * (size_t)size);
    scatter(values, size, (uint64_t)i, 4 / sqrtf((float)(tensors[i].rank > 1 ? fan_in : 64)));
    if (i == 0) transform(values);
    if (i == changed) values[size / 3] += .01f;
    if (i == spoilt) values[size - 1] = NAN;
    mer_tensor *t = &written[n];
    *t = (mer_tensor){.name = tensors[i].name, .rank = tensors[i].rank, .data = values};
    memcpy(t->shape, tensors[i].shape, sizeof tensors[i].shape);
    t->n_elements = size;
    if (i == reshaped) t->shape[t->rank++] = 1;
    if (i == left_out) free(values);
    else n++;
  }
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  assert_ok(mer_safetensors_write(path, written, n, NULL, 0, &err));
  for (int i = 0; i < n; i++) free((void *)(uintptr_t)written[i].data);
}

static int make_folder(void **state) {
  (void)state;
  make_temporary_folder(folder);
  write_weights(-1, -1, -1, -1);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

/* The probabilities of a sound that is pushed in pieces; `probs` has room for all. */
static int64_t run(float *probs, mer_voice_stream *stream, const float *samples, int64_t n,
                   int64_t piece) {
  mer_error err = {0};
  const float *found;
  int64_t n_found, n_probs = 0;
  for (int64_t at = 0; at <= n; at += piece) {
    if (at < n)
      assert_ok(mer_voice_stream_push(&found, &n_found, stream, samples + at,
                                      n - at < piece ? n - at : piece, &err));
    else break;
    if (n_found) memcpy(probs + n_probs, found, sizeof *probs * (size_t)n_found);
    n_probs += n_found;
  }
  assert_ok(mer_voice_stream_finish(&found, &n_found, stream, &err));
  if (n_found) memcpy(probs + n_probs, found, sizeof *probs * (size_t)n_found);
  return n_probs + n_found;
}

static void expect_golden(const char *name, const char *weights, const float *samples, int64_t n,
                          double tolerance) {
  mer_voice_model *model;
  mer_voice_stream *stream;
  mer_safetensors *golden;
  mer_error err = {0};
  float *probs = malloc(sizeof *probs * (size_t)(n / MER_VOICE_FRAME_SAMPLES + 1));
  assert_ok(mer_safetensors_open(&golden, GOLDEN "voice/voice.safetensors", &err));
  assert_ok(mer_voice_model_open(&model, weights, &err));
  assert_ok(mer_voice_stream_create(&stream, model, MER_VOICE_RATE_HZ, &err));
  const mer_tensor *expected = mer_safetensors_find(golden, name);
  const int64_t n_probs = run(probs, stream, samples, n, n);
  assert_int_equal(n_probs, expected->n_elements);
  assert_near(max_difference(probs, expected->data, (size_t)n_probs), 0, tolerance);
  free(probs);
  mer_voice_stream_free(stream);
  mer_voice_model_close(model);
  mer_safetensors_close(golden);
}

static void network_is_that_of_pytorch(void **state) {
  (void)state;
  float *samples = malloc(sizeof *samples * N_SAMPLES);
  scatter(samples, N_SAMPLES, 99, 1);
  expect_golden("random", folder, samples, N_SAMPLES, 2e-5);
  free(samples);
}

static void original_gives_the_same(void **state) {
  (void)state;
  mer_audio audio = {0};
  mer_error err = {0};
  const char *clip = MER_SOURCE_DIR "/sample/meld/train_splits/dia0_utt2.opus";
  assert_ok(mer_audio_decode(&audio, clip, NULL, &err));
  expect_golden("silero", MER_SOURCE_DIR "/models/vad", audio.samples, audio.n_samples, 1e-3);
  mer_audio_clear(&audio);
}

/* The same bytes, and a stream that has ended begins another sound. */
static void pieces_change_nothing(void **state) {
  (void)state;
  mer_voice_model *model;
  mer_voice_stream *stream;
  mer_error err = {0};
  float *samples = malloc(sizeof *samples * N_SAMPLES), expected[64], probs[64];
  scatter(samples, N_SAMPLES, 99, 1);
  assert_ok(mer_voice_model_open(&model, folder, &err));
  assert_ok(mer_voice_stream_create(&stream, model, MER_VOICE_RATE_HZ, &err));
  const int64_t n = run(expected, stream, samples, N_SAMPLES, N_SAMPLES);
  const int64_t pieces[] = {1, 160, 511, 512, 513, 5000};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    assert_int_equal(run(probs, stream, samples, N_SAMPLES, pieces[i]), n);
    assert_memory_equal(probs, expected, sizeof *probs * (size_t)n);
  }
  assert_int_equal(run(probs, stream, samples, 0, 1), 0);
  assert_int_equal(run(probs, stream, samples, 1, 1), 1);
  free(samples);
  mer_voice_stream_free(stream);
  mer_voice_model_close(model);
}

/* Another rate is that of the resampler. */
static void other_rates_are_resampled(void **state) {
  (void)state;
  mer_voice_model *model;
  mer_voice_stream *stream, *direct;
  mer_error err = {0};
  mer__resampler resampler = {0};
  float *samples = malloc(sizeof *samples * N_SAMPLES), expected[64], probs[64];
  scatter(samples, N_SAMPLES, 99, .5f);
  assert_ok(mer_voice_model_open(&model, folder, &err));
  assert_ok(mer_voice_stream_create(&stream, model, 44100, &err));
  assert_ok(mer_voice_stream_create(&direct, model, MER_VOICE_RATE_HZ, &err));
  assert_ok(mer__resampler_init(&resampler, 44100, MER_VOICE_RATE_HZ, &err));
  assert_ok(mer__resampler_push(&resampler, samples, N_SAMPLES, &err));
  assert_ok(mer__resampler_finish(&resampler, &err));
  const int64_t n = run(expected, direct, resampler.out.data, (int64_t)resampler.out.n, 1000);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(run(probs, stream, samples, N_SAMPLES, 777), n);
    assert_memory_equal(probs, expected, sizeof *probs * (size_t)n);
  }
  free(samples);
  mer__resampler_clear(&resampler);
  mer_voice_stream_free(stream);
  assert_int_equal(mer_voice_stream_create(&stream, model, 99, &err), MER_STATUS_INVALID);
  assert_null(stream);
  mer_voice_stream_free(direct);
  mer_voice_model_close(model);
}

static void expect_refused(mer_status expected, const char *path, const char *message) {
  mer_voice_model *model;
  mer_error err = {0};
  assert_int_equal(mer_voice_model_open(&model, path, &err), expected);
  assert_null(model);
  if (!strstr(err.message, message)) fail_msg("'%s' is not in: %s", message, err.message);
}

static void faults_of_weights_are_named(void **state) {
  (void)state;
  write_weights(3, -1, -1, -1);
  expect_refused(MER_STATUS_FORMAT, folder, "tensor 'conv2.weight' [64, 128, 3] is missing");
  write_weights(-1, 14, -1, -1);
  expect_refused(MER_STATUS_FORMAT, folder, "expected the shape [1], found [1, 1]");
  write_weights(-1, -1, 0, -1);
  expect_refused(MER_STATUS_FORMAT, folder, "'stft_conv.weight' holds values that are not finite");
  write_weights(-1, -1, -1, 0);
  expect_refused(MER_STATUS_FORMAT, folder,
                 "'stft_conv.weight': expected the Fourier transform of a window");
  expect_refused(MER_STATUS_NOT_FOUND, "/nowhere", "/nowhere/model.safetensors");
  expect_refused(MER_STATUS_INVALID, "", "expected the name");
  write_weights(-1, -1, -1, -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(network_is_that_of_pytorch),  cmocka_unit_test(original_gives_the_same),
      cmocka_unit_test(pieces_change_nothing),       cmocka_unit_test(other_rates_are_resampled),
      cmocka_unit_test(faults_of_weights_are_named),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
