/* voice_network.c: the network of voice activity: Fourier transforms, then products of all frames
 * of a call with weights that are transposed when they are read: each layer writes what it gives
 * where the next one's rows want it, so that a convolution is one product. Every sum is made in the
 * order of its terms, however many rows there are, so that a frame's numbers do not depend on its
 * neighbours. */
#include "voice/voice_network.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/tensor.h"
#include "nn/few_rows.h"
#include "nn/lstm_kernels.h"
#include "nn/small_matmul.h"
#include "speech/spectrum.h"
#include "tensor/dtype.h"
#include "tensor/finite.h"
#include "voice/voice_kernels.h"

enum {
  FRAME = MER_VOICE_FRAME_SAMPLES,
  CONTEXT = MER__VOICE_CONTEXT,
  H = MER__VOICE_HIDDEN,
  SPECTRA = MER__VOICE_SPECTRA,
  WINDOW = 256, /* samples of a spectrum, of which the next one begins after half of them */
  BINS = MER__VOICE_BINS,
  LANES = MER__LANES,
  TAPS = 3, /* of the convolutions after the spectra */
  C1 = 128,
  C2 = 64,
  C3 = 64,
  C4 = 128,
  LARGEST = 2 * BINS * WINDOW, /* values of a tensor: those of the first */
};

/* Weights as products read them: a row for each input, W^T; but for the recurrent one, which meets
 * one row at a time, and is read as it lies. */
struct mer_voice_model {
  mer__fft fft;
  float window[WINDOW]; /* halved, as mer__fft_power wants it */
  float conv1[TAPS * BINS][C1], bias1[C1];
  float conv2[TAPS * C1][C2], bias2[C2];
  float conv3[TAPS * C2][C3], bias3[C3];
  float conv4[TAPS * C3][C4], bias4[C4];
  float input[C4][4 * H], recurrent[4 * H][H], bias[4 * H], bias_recurrent[4 * H];
  float last[H], last_bias[1];
};

/* A tensor of the file. */
typedef struct part {
  const char *name;
  int rank;
  int64_t shape[3];
} part;

/* Reads a tensor into `values`, which has room for its elements. */
static mer_status read_part(float *values, const mer_safetensors *file, const part *wanted,
                            const char *path, mer_error *err) {
  char expected[MER__SHAPE_TEXT], found[MER__SHAPE_TEXT];
  mer_error detail = {0};
  const mer_tensor *tensor = mer_safetensors_find(file, wanted->name);
  mer__shape_print(expected, wanted->shape, wanted->rank);
  if (!tensor)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' %s is missing", path, wanted->name,
                     expected);
  mer__shape_print(found, tensor->shape, tensor->rank);
  if (strcmp(expected, found) != 0)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s': expected the shape %s, found %s",
                     path, wanted->name, expected, found);
  mer_status status = mer_tensor_to_f32(values, tensor, &detail);
  if (status != MER_OK) return mer__fail(err, status, "%s: %s", path, detail.message);
  if (mer__all_finite(values, tensor->n_elements)) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: tensor '%s' holds values that are not finite", path,
                   wanted->name);
}

/* A weight [out, in, taps] as rows of inputs, tap after tap. */
static void transpose(float *y, const float *x, int64_t out, int64_t in, int64_t taps) {
  for (int64_t o = 0; o < out; o++)
    for (int64_t i = 0; i < in; i++)
      for (int64_t t = 0; t < taps; t++) y[(t * in + i) * out + o] = x[(o * in + i) * taps + t];
}

/* The network computes its spectra by a convolution whose weight is the Fourier transform of a
 * window: w[i] cos(2 pi k i / WINDOW) for bin k, then -w[i] sin(2 pi k i / WINDOW). */
static mer_status read_window(mer_voice_model *model, const float *weight, const char *path,
                              mer_error *err) {
  float turn[WINDOW]; /* cosines */
  double most = 0;
  for (int i = 0; i < WINDOW; i++) turn[i] = (float)cos(MER__TAU * i / WINDOW);
  for (int k = 0; k < BINS; k++)
    for (int i = 0; i < WINDOW; i++) {
      const float *real = weight + k * WINDOW + i, *imaginary = real + BINS * WINDOW;
      const int at = k * i % WINDOW, sine = (at + WINDOW * 3 / 4) % WINDOW;
      most = fmax(most, fabsf(*real - weight[i] * turn[at]));
      most = fmax(most, fabsf(*imaginary + weight[i] * turn[sine]));
    }
  if (most > 1e-5)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: tensor 'stft_conv.weight': expected the Fourier transform of a window",
                     path);
  for (int i = 0; i < WINDOW; i++) model->window[i] = weight[i] / 2;
  return mer__fft_init(&model->fft, WINDOW, err);
}

/* `buffer` holds the largest of the weights. */
static mer_status read_all(mer_voice_model *m, float *buffer, const mer_safetensors *file,
                           const char *path, mer_error *err) {
  mer_status status;
  const struct {
    part tensor;
    float *y;
  } weights[] = {
      {{"conv1.weight", 3, {C1, BINS, TAPS}}, m->conv1[0]},
      {{"conv2.weight", 3, {C2, C1, TAPS}}, m->conv2[0]},
      {{"conv3.weight", 3, {C3, C2, TAPS}}, m->conv3[0]},
      {{"conv4.weight", 3, {C4, C3, TAPS}}, m->conv4[0]},
      {{"lstm_cell.weight_ih", 2, {4 * H, C4, 1}}, m->input[0]},
      {{"final_conv.weight", 3, {1, H, 1}}, m->last},
  };
  const struct {
    part tensor;
    float *y;
  } as_they_lie[] = {
      {{"conv1.bias", 1, {C1}}, m->bias1},
      {{"conv2.bias", 1, {C2}}, m->bias2},
      {{"conv3.bias", 1, {C3}}, m->bias3},
      {{"conv4.bias", 1, {C4}}, m->bias4},
      {{"lstm_cell.weight_hh", 2, {4 * H, H}}, m->recurrent[0]},
      {{"lstm_cell.bias_ih", 1, {4 * H}}, m->bias},
      {{"lstm_cell.bias_hh", 1, {4 * H}}, m->bias_recurrent},
      {{"final_conv.bias", 1, {1}}, m->last_bias},
  };
  const part stft = {"stft_conv.weight", 3, {2 * BINS, 1, WINDOW}};
  MER__CHECK(read_part(buffer, file, &stft, path, err));
  MER__CHECK(read_window(m, buffer, path, err));
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    const int64_t *shape = weights[i].tensor.shape;
    MER__CHECK(read_part(buffer, file, &weights[i].tensor, path, err));
    transpose(weights[i].y, buffer, shape[0], shape[1], shape[2]);
  }
  for (size_t i = 0; i < sizeof as_they_lie / sizeof *as_they_lie; i++)
    MER__CHECK(read_part(as_they_lie[i].y, file, &as_they_lie[i].tensor, path, err));
  for (int j = 0; j < 4 * H; j++) m->bias[j] += m->bias_recurrent[j];
cleanup:
  return status;
}

mer_status mer_voice_model_open(mer_voice_model **out, const char *folder, mer_error *err) {
  mer_status status;
  *out = NULL;
  if (!folder || !folder[0]) return mer__fail_no_name(err);
  mer_safetensors *file = NULL;
  char *path = mer__path_join(folder, "model.safetensors");
  mer_voice_model *model = mer__calloc(1, sizeof *model);
  float *buffer = mer__malloc(LARGEST, sizeof *buffer);
  if (!path || !model || !buffer) {
    status = mer__fail_memory_for(err, folder);
    goto cleanup;
  }
  MER__CHECK(mer_safetensors_open(&file, path, err));
  MER__CHECK(read_all(model, buffer, file, path, err));
  *out = model;
  model = NULL;
cleanup:
  mer_safetensors_close(file);
  mer__free(buffer);
  mer_voice_model_close(model);
  mer__free(path);
  return status;
}

void mer_voice_model_close(mer_voice_model *model) {
  if (!model) return;
  mer__fft_clear(&model->fft);
  mer__free(model);
}

/* What lies between the layers, for the frames of a call. */
typedef struct buffers {
  float ends[MER__VOICE_BATCH][WINDOW]; /* the last window of each frame */
  _Alignas(64) float power[BINS * LANES];
  float magnitudes[LANES][BINS];
  float taps[MER__VOICE_BATCH * SPECTRA][TAPS][BINS];
  float y1[MER__VOICE_BATCH][SPECTRA][C1];
  float y2[MER__VOICE_BATCH][2][C2];
  float y3[MER__VOICE_BATCH][C3], y4[MER__VOICE_BATCH][C4];
  float gates[MER__VOICE_BATCH][4 * H], recurrent[4 * H];
  _Alignas(64) float work[]; /* of mer__fft_power */
} buffers;

int64_t mer__voice_scratch(const mer_voice_model *model) {
  return (int64_t)(sizeof(buffers) / sizeof(float) + mer__fft_work_size(&model->fft));
}

/* Where the samples of window `at` of the frames are. The last one of a frame goes beyond its end,
 * which it mirrors. */
static const float *window_of(buffers *b, const float *samples, int64_t at) {
  const int beyond = CONTEXT;
  const int64_t f = at / SPECTRA, s = at % SPECTRA;
  const float *frame = samples + f * FRAME, *window = frame + s * WINDOW / 2;
  if (s < SPECTRA - 1) return window;
  float *y = b->ends[f];
  memcpy(y, window, sizeof *y * (size_t)(WINDOW - beyond));
  for (int i = 0; i < beyond; i++) y[WINDOW - beyond + i] = frame[CONTEXT + FRAME - 2 - i];
  return y;
}

/* Puts magnitudes into the middle of the row of taps of their own spectrum, and beside those of its
 * neighbours in the frame. */
static void spread(buffers *b, int64_t at, const float *magnitudes) {
  const size_t size = sizeof b->taps[0][0];
  float(*taps)[TAPS][BINS] = b->taps + at;
  memcpy(taps[0][1], magnitudes, size);
  if (at % SPECTRA > 0) memcpy(taps[-1][2], magnitudes, size);
  else memset(taps[0][0], 0, size);
  if (at % SPECTRA < SPECTRA - 1) memcpy(taps[1][0], magnitudes, size);
  else memset(taps[0][2], 0, size);
}

/* The magnitudes of all spectra, LANES of them at a time; lanes that are left over repeat the last
 * one. */
static void run_spectra(buffers *b, const mer_voice_model *m, const float *samples, int64_t n) {
  const int64_t n_windows = n * SPECTRA;
  for (int64_t at = 0; at < n_windows; at += LANES) {
    const int64_t lanes = n_windows - at < LANES ? n_windows - at : LANES;
    const float *windows[LANES];
    for (int64_t l = 0; l < LANES; l++)
      windows[l] = l < lanes ? window_of(b, samples, at + l) : windows[l - 1];
    mer__frames_window(b->work, windows, m->window, WINDOW);
    mer__fft_power(b->power, b->work, &m->fft);
    MER__CHOSEN(mer__voice)->magnitudes(b->magnitudes[0], b->power);
    for (int64_t l = 0; l < lanes; l++) spread(b, at + l, b->magnitudes[l]);
  }
}

/* y [rows, out] = x W for rows of x that are `stride` floats apart, and of y `y_row`. */
static void multiply(float *y, int64_t y_row, const float *x, int64_t stride, const float *weight,
                     int64_t rows, int64_t in, int64_t out) {
  mer__small_matmul(y, y_row, (mer__strided){x, stride, 1}, weight, out, rows, out, in, false);
}

/* The four convolutions, which are padded with zeros. The second and the third take every other
 * position. So the first result of the second, and the only one of the third, have no input for the
 * first tap, and the fourth convolution has one for its middle tap alone: rows of the weight that
 * would meet zeros are left out. */
static void run_convolutions(buffers *b, const mer_voice_model *m, int64_t n) {
  const mer__voice_kernels *kernels = MER__CHOSEN(mer__voice);
  multiply(b->y1[0][0], C1, b->taps[0][0], TAPS * BINS, m->conv1[0], SPECTRA * n, TAPS * BINS, C1);
  kernels->bias_relu(b->y1[0][0], m->bias1, SPECTRA * n, C1);
  multiply(b->y2[0][0], 2 * C2, b->y1[0][0], SPECTRA * C1, m->conv2[C1], n, 2 * C1, C2);
  multiply(b->y2[0][1], 2 * C2, b->y1[0][1], SPECTRA * C1, m->conv2[0], n, 3 * C1, C2);
  kernels->bias_relu(b->y2[0][0], m->bias2, 2 * n, C2);
  multiply(b->y3[0], C3, b->y2[0][0], 2 * C2, m->conv3[C2], n, 2 * C2, C3);
  kernels->bias_relu(b->y3[0], m->bias3, n, C3);
  multiply(b->y4[0], C4, b->y3[0], C3, m->conv4[C3], n, C3, C4);
  kernels->bias_relu(b->y4[0], m->bias4, n, C4);
}

static float probability(const float *hidden, const mer_voice_model *m) {
  float sum = m->last_bias[0];
  for (int j = 0; j < H; j++) sum += (hidden[j] > 0 ? hidden[j] : 0) * m->last[j];
  return 1.0f / (1.0f + expf(-sum));
}

/* The steps of the LSTM, one frame after the other. */
static void run_lstm(float *probs, mer__voice_state *state, buffers *b, const mer_voice_model *m,
                     int64_t n) {
  multiply(b->gates[0], 4 * H, b->y4[0], C4, m->input[0], n, C4, 4 * H);
  for (int64_t f = 0; f < n; f++) {
    mer__few_rows_forward(b->recurrent, state->hidden, m->recurrent[0], m->bias, 1, H, 4 * H);
    const mer__lstm_row row = {b->gates[f], b->recurrent, state->hidden, state->cell};
    MER__CHOSEN(mer__lstm)->step(&row, H);
    probs[f] = probability(state->hidden, m);
  }
}

void mer__voice_run(float *probs, mer__voice_state *state, const mer_voice_model *model,
                    const float *samples, int64_t n, float *scratch) {
  buffers *b = (buffers *)(void *)scratch;
  run_spectra(b, model, samples, n);
  run_convolutions(b, model, n);
  run_lstm(probs, state, b, model, n);
}
