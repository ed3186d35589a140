/* token_cnn.c: each width is one product over the rows of all utterances; windows that would reach
 * into the next utterance are computed, too, and not looked at. */
#include "layers/token_cnn.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nn/max_pool.h"

mer_status mer__token_cnn_declare(mer__token_cnn *cnn, mer__params *params, const char *name,
                                  mer_error *err) {
  bool failed = false;
  for (int i = 0; i < MER__CNN_N_WIDTHS; i++) {
    mer__conv *conv = &cnn->convs[i];
    char own[64];
    *conv = (mer__conv){
        .in = cnn->in, .out = cnn->filters, .kernel = MER__CNN_LEAST_WIDTH + i, .stride = 1};
    snprintf(own, sizeof own, "%s.%d", name, (int)conv->kernel);
    mer__conv_declare(conv, params, MER__LINEAR, true, own);
    failed |= conv->weight < 0 || conv->bias < 0;
  }
  return failed ? mer__params_fail(params, err) : MER_OK;
}

void mer__token_cnn_init(const mer__token_cnn *cnn, mer__params *params, mer__rng *rng) {
  for (int i = 0; i < MER__CNN_N_WIDTHS; i++) {
    const mer__conv *conv = &cnn->convs[i];
    const int64_t in = conv->kernel * conv->in;
    mer__params_init_linear(mer__value(params, conv->weight), in * conv->out, in, rng);
    mer__params_init_linear(mer__value(params, conv->bias), conv->out, in, rng);
  }
}

static int64_t n_rows(const mer__token_cnn_state *s) {
  return s->offsets[s->packing->n_utterances];
}

static int64_t length_of(const mer__packing *packing, int32_t b) {
  return packing->offsets[b + 1] - packing->offsets[b];
}

/* Copies the rows of x, and zeros after those of an utterance that has too few. */
static mer_status pad(mer__token_cnn_state *s, const float *x, int64_t in, mer__arena *arena,
                      mer_error *err) {
  const mer__packing *packing = s->packing;
  const int32_t n = packing->n_utterances;
  int32_t *offsets = mer__arena_alloc(arena, (size_t)n + 1, sizeof *offsets);
  if (!offsets) return mer__fail_memory(err);
  offsets[0] = 0;
  for (int32_t b = 0; b < n; b++) {
    const int64_t length = length_of(packing, b);
    offsets[b + 1] =
        offsets[b] + (int32_t)(length < MER__CNN_MOST_WIDTH ? MER__CNN_MOST_WIDTH : length);
  }
  s->offsets = offsets;
  s->padded = mer__arena_alloc(arena, (size_t)(n_rows(s) * in), sizeof *s->padded);
  if (!s->padded) return mer__fail_memory(err);
  for (int32_t b = 0; b < n; b++) {
    const int64_t size = length_of(packing, b) * in, end = offsets[b + 1] * in;
    float *rows = s->padded + offsets[b] * in;
    memcpy(rows, x + packing->offsets[b] * in, (size_t)size * sizeof *rows);
    memset(rows + size, 0, (size_t)(s->padded + end - (rows + size)) * sizeof *rows);
  }
  return MER_OK;
}

/* The largest of the windows of each utterance, of which one at least is looked at. */
static void pool(float *y, const mer__token_cnn_state *s, const mer__token_cnn *cnn, int i,
                 const float *sums) {
  const int64_t width = mer__token_cnn_width(cnn), kernel = cnn->convs[i].kernel;
  for (int32_t b = 0; b < s->packing->n_utterances; b++) {
    const int64_t at = b * width + i * cnn->filters, length = length_of(s->packing, b);
    mer__max_rows(y + at, s->which + at, sums, s->offsets[b],
                  length > kernel ? length - kernel + 1 : 1, cnn->filters);
    for (int64_t c = at; c < at + cnn->filters; c++)
      if (y[c] <= 0) {
        y[c] = 0;
        s->which[c] = -1;
      }
  }
}

mer_status mer__token_cnn_forward(float *y, mer__token_cnn_state *s, const mer__token_cnn *cnn,
                                  const float *x, const mer__packing *packing,
                                  const mer__pass *pass, mer_error *err) {
  const size_t n_y = (size_t)(packing->n_utterances * mer__token_cnn_width(cnn));
  *s = (mer__token_cnn_state){.packing = packing};
  mer_status status = pad(s, x, cnn->in, pass->arena, err);
  if (status != MER_OK) return status;
  s->which = mer__arena_alloc(pass->arena, n_y, sizeof *s->which);
  float *sums = mer__arena_alloc(pass->arena, (size_t)(n_rows(s) * cnn->filters), sizeof *sums);
  if (!s->which || !sums) return mer__fail_memory(err);
  for (int i = 0; i < MER__CNN_N_WIDTHS; i++) {
    const mer__conv *conv = &cnn->convs[i];
    mer__conv_forward(sums, NULL, s->padded, pass, conv, mer__conv_frames(conv, n_rows(s)));
    pool(y, s, cnn, i, sums);
  }
  return MER_OK;
}

/* The gradient of the sums of width number i: dy where a window was the largest, and above 0. */
static void unpool(float *dsums, const float *dy, const mer__token_cnn_state *s,
                   const mer__token_cnn *cnn, int i) {
  const int64_t width = mer__token_cnn_width(cnn);
  memset(dsums, 0, (size_t)(n_rows(s) * cnn->filters) * sizeof *dsums);
  for (int32_t b = 0; b < s->packing->n_utterances; b++)
    for (int64_t c = 0; c < cnn->filters; c++) {
      const int64_t at = b * width + i * cnn->filters + c;
      if (s->which[at] >= 0) dsums[s->which[at] * cnn->filters + c] = dy[at];
    }
}

mer_status mer__token_cnn_backward(float *dx, const float *dy, const mer__token_cnn_state *s,
                                   const mer__token_cnn *cnn, const mer__pass *pass,
                                   mer_error *err) {
  const mer__conv *widest = &cnn->convs[MER__CNN_N_WIDTHS - 1];
  const size_t n_padded = (size_t)(n_rows(s) * cnn->in);
  float *dpadded = mer__arena_alloc(pass->arena, n_padded, sizeof *dpadded);
  float *dsums = mer__arena_alloc(pass->arena, (size_t)(n_rows(s) * cnn->filters), sizeof *dsums);
  float *scratch =
      mer__arena_alloc(pass->arena, (size_t)mer__conv_scratch(widest), sizeof *scratch);
  if (!dpadded || !dsums || !scratch) return mer__fail_memory(err);
  memset(dpadded, 0, n_padded * sizeof *dpadded);
  for (int i = 0; i < MER__CNN_N_WIDTHS; i++) {
    const mer__conv *conv = &cnn->convs[i];
    unpool(dsums, dy, s, cnn, i);
    mer__conv_backward(dpadded, dsums, s->padded, pass, conv, mer__conv_frames(conv, n_rows(s)),
                       scratch);
  }
  for (int32_t b = 0; b < s->packing->n_utterances; b++)
    memcpy(dx + s->packing->offsets[b] * cnn->in, dpadded + s->offsets[b] * cnn->in,
           (size_t)(length_of(s->packing, b) * cnn->in) * sizeof *dx);
  return MER_OK;
}
