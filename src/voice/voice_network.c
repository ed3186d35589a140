/* voice_network.c: the network of voice activity as products of all frames of a call with weights
 * that are transposed when they are read: each layer writes what it gives where the next one's rows
 * want it, so that a convolution is one product. Every sum is made in the order of its terms,
 * however many rows there are, so that a frame's numbers do not depend on its neighbours. */
#include "voice/voice_network.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "mer/tensor.h"
#include "nn/lstm_kernels.h"
#include "nn/small_matmul.h"
#include "tensor/dtype.h"
#include "tensor/finite.h"
#include "voice/voice_kernels.h"

enum {
  FRAME = MER_VOICE_FRAME_SAMPLES,
  CONTEXT = MER__VOICE_CONTEXT,
  H = MER__VOICE_HIDDEN,
  SPECTRA = 4,     /* of a frame */
  WINDOW = 256,    /* samples of a spectrum, of which the next one begins after half of them */
  BINS = 129,      /* of a spectrum */
  BINS_ROOM = 136, /* the same with zeros up to a multiple of 8 */
  TAPS = 3,        /* of the convolutions after that */
  C1 = 128,
  C2 = 64,
  C3 = 64,
  C4 = 128,
  LARGEST = 2 * BINS * WINDOW, /* values of a tensor: those of the first */
};

/* Weights as products read them: a row for each input, W^T. */
struct mer_voice_model {
  float stft[WINDOW][2 * BINS_ROOM];
  float conv1[TAPS * BINS_ROOM][C1], bias1[C1];
  float conv2[TAPS * C1][C2], bias2[C2];
  float conv3[TAPS * C2][C3], bias3[C3];
  float conv4[TAPS * C3][C4], bias4[C4];
  float input[C4][4 * H], recurrent[H][4 * H], bias[4 * H], bias_recurrent[4 * H];
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

/* A weight [out, in, taps] as rows of inputs, tap after tap, each of `in_room` rows. */
static void transpose(float *y, const float *x, int64_t out, int64_t in, int64_t in_room,
                      int64_t taps) {
  for (int64_t o = 0; o < out; o++)
    for (int64_t i = 0; i < in; i++)
      for (int64_t t = 0; t < taps; t++)
        y[(t * in_room + i) * out + o] = x[(o * in + i) * taps + t];
}

/* The rows of the spectrum's weight are real parts, then imaginary ones. */
static void transpose_stft(mer_voice_model *model, const float *x) {
  for (int row = 0; row < 2 * BINS; row++)
    for (int i = 0; i < WINDOW; i++)
      model->stft[i][row < BINS ? row : row - BINS + BINS_ROOM] = x[row * WINDOW + i];
}

/* `buffer` holds the largest of the weights. */
static mer_status read_all(mer_voice_model *m, float *buffer, const mer_safetensors *file,
                           const char *path, mer_error *err) {
  mer_status status;
  const struct {
    part tensor;
    float *y;
    int64_t in_room;
  } weights[] = {
      {{"conv1.weight", 3, {C1, BINS, TAPS}}, m->conv1[0], BINS_ROOM},
      {{"conv2.weight", 3, {C2, C1, TAPS}}, m->conv2[0], C1},
      {{"conv3.weight", 3, {C3, C2, TAPS}}, m->conv3[0], C2},
      {{"conv4.weight", 3, {C4, C3, TAPS}}, m->conv4[0], C3},
      {{"lstm_cell.weight_ih", 2, {4 * H, C4, 1}}, m->input[0], C4},
      {{"lstm_cell.weight_hh", 2, {4 * H, H, 1}}, m->recurrent[0], H},
      {{"final_conv.weight", 3, {1, H, 1}}, m->last, H},
  };
  const struct {
    part tensor;
    float *y;
  } biases[] = {
      {{"conv1.bias", 1, {C1}}, m->bias1},
      {{"conv2.bias", 1, {C2}}, m->bias2},
      {{"conv3.bias", 1, {C3}}, m->bias3},
      {{"conv4.bias", 1, {C4}}, m->bias4},
      {{"lstm_cell.bias_ih", 1, {4 * H}}, m->bias},
      {{"lstm_cell.bias_hh", 1, {4 * H}}, m->bias_recurrent},
      {{"final_conv.bias", 1, {1}}, m->last_bias},
  };
  const part stft = {"stft_conv.weight", 3, {2 * BINS, 1, WINDOW}};
  MER__CHECK(read_part(buffer, file, &stft, path, err));
  transpose_stft(m, buffer);
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    const int64_t *shape = weights[i].tensor.shape;
    MER__CHECK(read_part(buffer, file, &weights[i].tensor, path, err));
    transpose(weights[i].y, buffer, shape[0], shape[1], weights[i].in_room, shape[2]);
  }
  for (size_t i = 0; i < sizeof biases / sizeof *biases; i++)
    MER__CHECK(read_part(biases[i].y, file, &biases[i].tensor, path, err));
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
  mer__free(model);
  mer__free(path);
  return status;
}

void mer_voice_model_close(mer_voice_model *model) { mer__free(model); }

/* What lies between the layers, for the frames of a call. */
typedef struct buffers {
  float windows[MER__VOICE_BATCH][SPECTRA][WINDOW];
  float spectra[MER__VOICE_BATCH][SPECTRA][2][BINS_ROOM];
  float magnitudes[BINS_ROOM];
  float taps[MER__VOICE_BATCH][SPECTRA][TAPS][BINS_ROOM];
  float y1[MER__VOICE_BATCH][SPECTRA][C1];
  float y2[MER__VOICE_BATCH][2][C2];
  float y3[MER__VOICE_BATCH][C3], y4[MER__VOICE_BATCH][C4];
  float gates[MER__VOICE_BATCH][4 * H], recurrent[4 * H];
} buffers;

int64_t mer__voice_scratch(void) { return sizeof(buffers) / sizeof(float); }

/* The samples of each spectrum; those of the last one of a frame go beyond its end, which they
 * mirror. */
static void cut_windows(buffers *b, const float *samples, int64_t n) {
  const int beyond = CONTEXT;
  for (int64_t f = 0; f < n; f++, samples += FRAME) {
    for (int s = 0; s < SPECTRA; s++)
      memcpy(b->windows[f][s], samples + s * WINDOW / 2,
             sizeof(float) * (size_t)(s == SPECTRA - 1 ? WINDOW - beyond : WINDOW));
    float *mirrored = b->windows[f][SPECTRA - 1] + WINDOW - beyond;
    for (int i = 0; i < beyond; i++) mirrored[i] = samples[CONTEXT + FRAME - 2 - i];
  }
}

/* Magnitudes of the spectra, each as the middle of its own row of taps and beside those of its
 * neighbours. */
static void spread_magnitudes(buffers *b, int64_t n) {
  const mer__voice_kernels *kernels = MER__CHOSEN(mer__voice);
  const size_t size = sizeof b->magnitudes;
  for (int64_t f = 0; f < n; f++)
    for (int s = 0; s < SPECTRA; s++) {
      kernels->magnitudes(b->magnitudes, b->spectra[f][s][0], b->spectra[f][s][1], BINS_ROOM);
      memcpy(b->taps[f][s][1], b->magnitudes, size);
      if (s > 0) memcpy(b->taps[f][s - 1][2], b->magnitudes, size);
      else memset(b->taps[f][s][0], 0, size);
      if (s < SPECTRA - 1) memcpy(b->taps[f][s + 1][0], b->magnitudes, size);
      else memset(b->taps[f][s][2], 0, size);
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
  multiply(b->y1[0][0], C1, b->taps[0][0][0], TAPS * BINS_ROOM, m->conv1[0], SPECTRA * n,
           TAPS * BINS_ROOM, C1);
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
    for (int j = 0; j < 4 * H; j++) b->gates[f][j] += m->bias[j];
    multiply(b->recurrent, 4 * H, state->hidden, H, m->recurrent[0], 1, H, 4 * H);
    const mer__lstm_row row = {b->gates[f], b->recurrent, state->hidden, state->cell};
    MER__CHOSEN(mer__lstm)->step(&row, H);
    probs[f] = probability(state->hidden, m);
  }
}

void mer__voice_run(float *probs, mer__voice_state *state, const mer_voice_model *model,
                    const float *samples, int64_t n, float *scratch) {
  buffers *b = (buffers *)(void *)scratch;
  cut_windows(b, samples, n);
  multiply(b->spectra[0][0][0], 2 * BINS_ROOM, b->windows[0][0], WINDOW, model->stft[0],
           SPECTRA * n, WINDOW, 2 * BINS_ROOM);
  spread_magnitudes(b, n);
  run_convolutions(b, model, n);
  run_lstm(probs, state, b, model, n);
}
