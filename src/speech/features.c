/* features.c: MFCC and log-mel of a whole sound, equal to torchaudio.transforms.MFCC and
 * MelSpectrogram + AmplitudeToDB("power", top_db) (torchaudio 2.11). Two passes, because the floor
 * of the decibels lies below the maximum of the whole sound: mel power of all frames, of which the
 * first n_frames are kept; then decibels and cosines of these. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "mer/speech.h"
#include "speech/spectrum.h"

enum { L = MER__LANES, MAX_BANDS = 512, MAX_FRAMES = 1 << 20, MAX_RATE_HZ = 768000 };
static const double MAX_TOP_DB = 1000;

struct mer_feature_extractor {
  mer_feature_options options;
  mer__fft fft;
  mer__bank bank;
  float *window;  /* [n_fft], halved as mer__fft_power wants it */
  float *cosines; /* of mer__cosines_fill */
};

static mer_feature_options default_options(mer_feature_kind kind) {
  return (mer_feature_options){.size = sizeof(mer_feature_options),
                               .kind = kind,
                               .rate_hz = 16000,
                               .n_fft = 400,
                               .hop = 200,
                               .n_mels = kind == MER_FEATURE_MFCC ? 128 : 64,
                               .n_coefficients = 13,
                               .top_db = 80,
                               .n_frames = 401};
}

void mer_feature_options_init(mer_feature_options *options, size_t size, mer_feature_kind kind) {
  const mer_feature_options defaults = default_options(kind);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

static mer_status check_range(const char *name, int value, int low, int high, mer_error *err) {
  if (value >= low && value <= high) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s is %d, not %d to %d", name, value, low, high);
}

static mer_status check_options(const mer_feature_options *o, mer_error *err) {
  mer_status status = MER_OK;
  if (o->kind != MER_FEATURE_MFCC && o->kind != MER_FEATURE_LOGMEL)
    MER__CHECK(
        mer__fail(err, MER_STATUS_INVALID, "kind is %d, neither MFCC nor log-mel", (int)o->kind));
  MER__CHECK(check_range("rate_hz", o->rate_hz, 1000, MAX_RATE_HZ, err));
  MER__CHECK(check_range("n_fft", o->n_fft, 2, MER__FFT_MAX_SIZE, err));
  if (o->n_fft % 2)
    MER__CHECK(mer__fail(err, MER_STATUS_INVALID, "n_fft is %d, not an even number", o->n_fft));
  MER__CHECK(check_range("hop", o->hop, 1, MER__FFT_MAX_SIZE, err));
  MER__CHECK(check_range("n_mels", o->n_mels, 1, MAX_BANDS, err));
  if (o->kind == MER_FEATURE_MFCC)
    MER__CHECK(check_range("n_coefficients", o->n_coefficients, 1, o->n_mels, err));
  MER__CHECK(check_range("n_frames", o->n_frames, 1, MAX_FRAMES, err));
  if (!(o->top_db > 0 && o->top_db <= MAX_TOP_DB))
    MER__CHECK(mer__fail(err, MER_STATUS_INVALID, "top_db is %g, not above 0 to %g", o->top_db,
                         MAX_TOP_DB));
cleanup:
  return status;
}

static mer_status fill_tables(mer_feature_extractor *e, mer_error *err) {
  const mer_feature_options *o = &e->options;
  mer_status status = mer__fft_init(&e->fft, o->n_fft, err);
  if (status == MER_OK) status = mer__bank_init(&e->bank, o->n_mels, o->n_fft, o->rate_hz, err);
  if (status != MER_OK) return status;
  e->window = mer__malloc((size_t)o->n_fft, sizeof *e->window);
  if (!e->window) return mer__fail_memory(err);
  mer__window_fill(e->window, o->n_fft, 0.5);
  if (o->kind != MER_FEATURE_MFCC) return MER_OK;
  e->cosines = mer__malloc(mer__cosines_size(o->n_coefficients, o->n_mels), sizeof *e->cosines);
  if (!e->cosines) return mer__fail_memory(err);
  mer__cosines_fill(e->cosines, o->n_coefficients, o->n_mels);
  return MER_OK;
}

mer_status mer_feature_extractor_create(mer_feature_extractor **out,
                                        const mer_feature_options *options, mer_error *err) {
  mer_feature_options o = default_options(MER_FEATURE_MFCC);
  *out = NULL;
  mer_status status = mer__options_read(&o, sizeof o, options, "mer_feature_options", err);
  if (status == MER_OK) status = check_options(&o, err);
  if (status != MER_OK) return status;
  mer_feature_extractor *e = mer__calloc(1, sizeof *e);
  if (!e) return mer__fail_memory(err);
  e->options = o;
  status = fill_tables(e, err);
  if (status == MER_OK) *out = e;
  else mer_feature_extractor_free(e);
  return status;
}

void mer_feature_extractor_free(mer_feature_extractor *extractor) {
  if (!extractor) return;
  mer__fft_clear(&extractor->fft);
  mer__bank_clear(&extractor->bank);
  mer__free(extractor->window);
  mer__free(extractor->cosines);
  mer__free(extractor);
}

int mer_feature_rows(const mer_feature_extractor *extractor) {
  const mer_feature_options *o = &extractor->options;
  return o->kind == MER_FEATURE_MFCC ? o->n_coefficients : o->n_mels;
}

int mer_feature_frames(const mer_feature_extractor *extractor) {
  return extractor->options.n_frames;
}

int64_t mer_feature_natural_frames(const mer_feature_extractor *extractor, int64_t n_samples) {
  return 1 + n_samples / extractor->options.hop;
}

/* What one call works on; the arrays are parts of one allocation. */
typedef struct scratch {
  float *memory;
  float *work, *power; /* of mer__fft_power */
  float *edges;        /* [LANES, n_fft]: frames that reach over an end of the sound */
  float *samples;      /* [n_fft / 2 + 1]: a sound too short for reflection */
  float *mel;          /* [kept groups + 1, n_mels, LANES]; the last takes what is not kept */
} scratch;

/* False if memory is out. */
static bool scratch_init(scratch *s, const mer_feature_extractor *e, int64_t n_kept) {
  size_t n_fft = (size_t)e->options.n_fft, groups = (size_t)(n_kept + L - 1) / L + 1;
  size_t work = mer__fft_work_size(&e->fft), power = (n_fft / 2 + 1) * L, edges = n_fft * L;
  size_t samples = (n_fft / 2 / 16 + 1) * 16, mel = groups * (size_t)e->options.n_mels * L;
  s->memory = mer__malloc(work + power + edges + samples + mel, sizeof(float));
  if (!s->memory) return false;
  s->work = s->memory;
  s->power = s->work + work;
  s->edges = s->power + power;
  s->mel = s->edges + edges;
  s->samples = s->mel + mel;
  return true;
}

/* Copies the frame that begins at `start`, reflecting the sound at its ends. */
static void copy_reflected(float *out, const float *samples, int64_t n_samples, int64_t start,
                           int n) {
  for (int i = 0; i < n; i++) {
    int64_t at = start + i;
    if (at < 0) at = -at;
    if (at >= n_samples) at = 2 * (n_samples - 1) - at;
    out[i] = samples[at];
  }
}

/* Points at the LANES frames from `first` on; those behind the last repeat it. */
static void find_frames(const float *frames[MER__LANES], scratch *s, const mer_feature_options *o,
                        const float *samples, int64_t n_samples, int64_t first, int64_t n_frames) {
  for (int l = 0; l < L; l++) {
    int64_t frame = first + l < n_frames ? first + l : n_frames - 1;
    int64_t start = frame * o->hop - o->n_fft / 2;
    frames[l] = samples + start;
    if (start >= 0 && start + o->n_fft <= n_samples) continue;
    float *edge = s->edges + (size_t)l * (size_t)o->n_fft;
    copy_reflected(edge, samples, n_samples, start, o->n_fft);
    frames[l] = edge;
  }
}

/* Mel power of all frames, of which the first `n_kept` stay in s->mel; returns the maximum of all.
 */
static float compute_mel(scratch *s, const mer_feature_extractor *e, const float *samples,
                         int64_t n_samples, int64_t n_frames, int64_t n_kept) {
  const float *frames[MER__LANES];
  float most = 0;
  for (int64_t first = 0; first < n_frames; first += L) {
    int64_t group = (first < n_kept ? first : n_kept + L - 1) / L;
    float *mel = s->mel + (size_t)group * (size_t)e->options.n_mels * L;
    find_frames(frames, s, &e->options, samples, n_samples, first, n_frames);
    mer__frames_window(s->work, frames, e->window, e->options.n_fft);
    mer__fft_power(s->power, s->work, &e->fft);
    float value = mer__mel_apply(mel, s->power, &e->bank);
    if (value > most) most = value;
  }
  return most;
}

/* The kept frames of one group into columns `first` .. of `out`. */
static void put_group(float *out, const mer_feature_extractor *e, const float *decibels,
                      int n_lanes) {
  const mer_feature_options *o = &e->options;
  size_t stride = (size_t)o->n_frames;
  if (o->kind == MER_FEATURE_MFCC) {
    mer__cosines_apply(out, decibels, e->cosines, o->n_coefficients, o->n_mels, stride, n_lanes);
    return;
  }
  for (int m = 0; m < o->n_mels; m++)
    memcpy(out + (size_t)m * stride, decibels + m * L, (size_t)n_lanes * sizeof *out);
}

mer_status mer_feature_compute(float *out, const mer_feature_extractor *extractor,
                               const float *samples, int64_t n_samples, mer_error *err) {
  const mer_feature_extractor *e = extractor;
  const mer_feature_options *o = &e->options;
  memset(out, 0, (size_t)mer_feature_rows(e) * (size_t)o->n_frames * sizeof *out);
  if (n_samples < 1) return MER_OK;
  scratch s = {0};
  int64_t least = o->n_fft / 2 + 1;
  int64_t n_frames = mer_feature_natural_frames(e, n_samples < least ? least : n_samples);
  int64_t n_kept = n_frames < o->n_frames ? n_frames : o->n_frames;
  if (!scratch_init(&s, e, n_kept)) return mer__fail_memory(err);
  if (n_samples < least) {
    memset(s.samples, 0, (size_t)least * sizeof *s.samples);
    memcpy(s.samples, samples, (size_t)n_samples * sizeof *samples);
    samples = s.samples;
    n_samples = least;
  }
  float most_db = compute_mel(&s, e, samples, n_samples, n_frames, n_kept);
  mer__decibel(&most_db, 1, -INFINITY);
  for (int64_t first = 0; first < n_kept; first += L) {
    float *group = s.mel + (size_t)first * (size_t)o->n_mels;
    mer__decibel(group, (size_t)o->n_mels * L, most_db - (float)o->top_db);
    put_group(out + first, e, group, (int)(n_kept - first < L ? n_kept - first : L));
  }
  mer__free(s.memory);
  return MER_OK;
}
