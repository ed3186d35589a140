/* features.c: settings and tables of MFCC and log-mel. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "speech/extractor.h"

enum { MAX_BANDS = 512, MAX_FRAMES = 1 << 20, MAX_RATE_HZ = 768000 };
static const double MAX_TOP_DB = 1000;

static mer_feature_options default_options(mer_feature_kind kind) {
  const bool natural = kind == MER_FEATURE_WHISPER || kind == MER_FEATURE_SAMPLES;
  return (mer_feature_options){.size = sizeof(mer_feature_options),
                               .kind = kind,
                               .rate_hz = 16000,
                               .n_fft = 400,
                               .hop = kind == MER_FEATURE_WHISPER ? 160 : 200,
                               .n_mels = kind == MER_FEATURE_MFCC      ? 128
                                         : kind == MER_FEATURE_WHISPER ? 80
                                                                       : 64,
                               .n_coefficients = 13,
                               .top_db = 80,
                               .n_frames = natural ? 0 : 401};
}

void mer_feature_options_init(mer_feature_options *options, size_t size, mer_feature_kind kind) {
  const mer_feature_options defaults = default_options(kind);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

static mer_status check_range(const char *name, int value, int low, int high, mer_error *err) {
  if (value >= low && value <= high) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s is %d, not %d to %d", name, value, low, high);
}

mer_status mer__feature_options_check(const mer_feature_options *o, mer_error *err) {
  mer_status status = MER_OK;
  MER__CHECK(check_range("kind", (int)o->kind, MER_FEATURE_MFCC, MER_FEATURE_SAMPLES, err));
  MER__CHECK(check_range("rate_hz", o->rate_hz, 1000, MAX_RATE_HZ, err));
  MER__CHECK(check_range("n_fft", o->n_fft, 2, MER__FFT_MAX_SIZE, err));
  if (o->n_fft % 2)
    MER__CHECK(mer__fail(err, MER_STATUS_INVALID, "n_fft is %d, not an even number", o->n_fft));
  MER__CHECK(check_range("hop", o->hop, 1, MER__FFT_MAX_SIZE, err));
  MER__CHECK(check_range("n_mels", o->n_mels, 1, MAX_BANDS, err));
  if (o->kind == MER_FEATURE_MFCC)
    MER__CHECK(check_range("n_coefficients", o->n_coefficients, 1, o->n_mels, err));
  MER__CHECK(check_range("n_frames", o->n_frames, 0, MAX_FRAMES, err));
  if (!(o->top_db > 0 && o->top_db <= MAX_TOP_DB))
    MER__CHECK(mer__fail(err, MER_STATUS_INVALID, "top_db is %g, not above 0 to %g", o->top_db,
                         MAX_TOP_DB));
cleanup:
  return status;
}

static mer_status fill_tables(mer_feature_extractor *e, mer_error *err) {
  const mer_feature_options *o = &e->options;
  mer_status status = mer__fft_init(&e->fft, o->n_fft, err);
  const mer__bank_scale scale = o->kind == MER_FEATURE_WHISPER ? MER__BANK_SLANEY : MER__BANK_HTK;
  if (status == MER_OK)
    status = mer__bank_init(&e->bank, scale, o->n_mels, o->n_fft, o->rate_hz, err);
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
  if (status == MER_OK) status = mer__feature_options_check(&o, err);
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
  if (o->kind == MER_FEATURE_SAMPLES) return 1;
  return o->kind == MER_FEATURE_MFCC ? o->n_coefficients : o->n_mels;
}

int mer_feature_frames(const mer_feature_extractor *extractor) {
  return extractor->options.n_frames;
}

int mer_feature_rate_hz(const mer_feature_extractor *extractor) {
  return extractor->options.rate_hz;
}

int64_t mer_feature_natural_frames(const mer_feature_extractor *extractor, int64_t n_samples) {
  const mer_feature_options *o = &extractor->options;
  const int64_t least = o->n_fft / 2 + 1; /* which reflection can pad */
  if (n_samples < 1) return 0;
  if (o->kind == MER_FEATURE_SAMPLES) return n_samples;
  const int64_t hops = (n_samples < least ? least : n_samples) / o->hop;
  if (o->kind == MER_FEATURE_WHISPER) return hops > 1 ? hops : 1; /* the last one is left out */
  return 1 + hops;
}
