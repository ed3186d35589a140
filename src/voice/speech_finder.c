/* speech_finder.c: probabilities of speech to segments. Speech begins with a probability at the
 * threshold and ends where a silence begins that lasts long enough; a probability between the
 * release and the threshold changes nothing. What is too long is cut within its second half, where
 * speech is least probable over three frames: at a breath rather than in a word. */
#include <math.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "mer/voice.h"

enum { FRAME = MER_VOICE_FRAME_SAMPLES };

/* By so many samples, 48 ms, the probabilities rise and fall later than the speech. */
enum { LAG = FRAME * 3 / 2 };
static const double LONGEST_MIN_S = 1, LONGEST_MAX_S = 600;

struct mer_speech_finder {
  float threshold, release;
  int64_t min_silence, min_speech, longest; /* in frames */
  int64_t padding;                          /* in samples */
  int64_t n_frames;                         /* so far */
  bool speaking;
  int64_t start;   /* of the speech, a frame */
  int64_t silence; /* the frame at which a silence has begun, or -1 */
  bool continued;  /* the speech is what is left of a longer one */
  float *probs;    /* [n_frames - start] while somebody speaks */
  size_t probs_capacity;
  int64_t last_end; /* of the last segment, a sample */
  mer_speech_segment *segments;
  size_t n_segments, segments_capacity;
};

static const mer_speech_options default_options = {.size = sizeof default_options,
                                                   .threshold = .3,
                                                   .release = .15,
                                                   .min_silence_s = .3,
                                                   .min_speech_s = .25,
                                                   .padding_s = 0,
                                                   .longest_s = 15};

void mer_speech_options_init(mer_speech_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

static mer_status check_range(const char *name, double value, double least, double most,
                              mer_error *err) {
  if (value >= least && value <= most) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s is %g, not %g to %g", name, value, least, most);
}

static mer_status check_options(const mer_speech_options *o, mer_error *err) {
  mer_status status;
  MER__CHECK(check_range("threshold", o->threshold, 0, 1, err));
  MER__CHECK(check_range("release", o->release, 0, o->threshold, err));
  MER__CHECK(check_range("longest_s", o->longest_s, LONGEST_MIN_S, LONGEST_MAX_S, err));
  MER__CHECK(check_range("min_silence_s", o->min_silence_s, 0, o->longest_s, err));
  MER__CHECK(check_range("min_speech_s", o->min_speech_s, 0, o->longest_s, err));
  MER__CHECK(check_range("padding_s", o->padding_s, 0, LONGEST_MAX_S, err));
cleanup:
  return status;
}

static int64_t frames_of(double seconds) {
  return (int64_t)ceil(seconds * MER_VOICE_RATE_HZ / FRAME - 1e-9);
}

static void begin(mer_speech_finder *f) {
  f->n_frames = f->start = f->last_end = 0;
  f->speaking = f->continued = false;
  f->silence = -1;
}

mer_status mer_speech_finder_create(mer_speech_finder **out, const mer_speech_options *options,
                                    mer_error *err) {
  mer_speech_options o = default_options;
  *out = NULL;
  mer_status status = mer__options_read(&o, sizeof o, options, "mer_speech_options", err);
  if (status == MER_OK) status = check_options(&o, err);
  if (status != MER_OK) return status;
  mer_speech_finder *f = mer__calloc(1, sizeof *f);
  if (!f) return mer__fail_memory(err);
  f->threshold = (float)o.threshold;
  f->release = (float)o.release;
  f->min_silence = frames_of(o.min_silence_s) > 1 ? frames_of(o.min_silence_s) : 1;
  f->min_speech = frames_of(o.min_speech_s) > 1 ? frames_of(o.min_speech_s) : 1;
  f->longest = frames_of(o.longest_s);
  f->padding = (int64_t)(o.padding_s * MER_VOICE_RATE_HZ);
  begin(f);
  *out = f;
  return MER_OK;
}

void mer_speech_finder_free(mer_speech_finder *finder) {
  if (!finder) return;
  mer__free(finder->probs);
  mer__free(finder->segments);
  mer__free(finder);
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }

/* Where the present speech would begin as a segment: after the last one, and after the pieces of
 * the same speech without padding. */
static int64_t padded_start(const mer_speech_finder *f) {
  return greatest(f->start * FRAME - LAG - (f->continued ? 0 : f->padding), f->last_end);
}

/* Ends the speech before the frame `end`, as a segment up to the sample `padded`, unless it has
 * fewer frames than `least_frames`. */
static mer_status end_speech(mer_speech_finder *f, int64_t end, int64_t padded,
                             int64_t least_frames, mer_error *err) {
  const int64_t start = padded_start(f);
  f->speaking = false;
  if (end - f->start < least_frames || padded <= start) return MER_OK;
  if (mer__grow(&f->segments, &f->segments_capacity, f->n_segments + 1, sizeof *f->segments) != 0)
    return mer__fail_memory(err);
  f->segments[f->n_segments++] = (mer_speech_segment){start, padded};
  f->last_end = padded;
  return MER_OK;
}

/* The frame of the second half of the speech round which it is least probable. */
static int64_t find_quietest(const mer_speech_finder *f) {
  const int64_t n = f->n_frames - f->start;
  int64_t best = n - 1;
  float best_sum = INFINITY;
  for (int64_t i = n / 2; i + 1 < n; i++) {
    const float sum = f->probs[i - 1] + f->probs[i] + f->probs[i + 1];
    if (sum < best_sum) {
      best_sum = sum;
      best = i;
    }
  }
  return f->start + best;
}

/* Frames that the present speech must have to be a segment: any, if it goes on with one. */
static int64_t least_frames(const mer_speech_finder *f) { return f->continued ? 1 : f->min_speech; }

/* Ends the first part of a speech that has become too long, and so is long enough; the rest goes
 * on. */
static mer_status cut_speech(mer_speech_finder *f, mer_error *err) {
  const int64_t at = find_quietest(f);
  mer_status status = end_speech(f, at, at * FRAME - LAG, 1, err);
  for (int64_t i = at; i < f->n_frames; i++) f->probs[i - at] = f->probs[i - f->start];
  f->speaking = f->continued = true;
  f->start = at;
  if (f->silence >= 0) f->silence = greatest(f->silence, at);
  return status;
}

static mer_status go_on(mer_speech_finder *f, float prob, mer_error *err) {
  if (mer__grow(&f->probs, &f->probs_capacity, (size_t)f->longest, sizeof *f->probs) != 0)
    return mer__fail_memory(err);
  f->probs[f->n_frames++ - f->start] = prob;
  if (prob >= f->threshold) f->silence = -1;
  else if (prob < f->release && f->silence < 0) f->silence = f->n_frames - 1;
  if (f->silence >= 0 && f->n_frames - f->silence >= f->min_silence)
    return end_speech(f, f->silence,
                      least(f->silence * FRAME - LAG + f->padding, f->n_frames * FRAME),
                      least_frames(f), err);
  return f->n_frames - f->start >= f->longest ? cut_speech(f, err) : MER_OK;
}

mer_status mer_speech_finder_push(const mer_speech_segment **segments, int64_t *n_segments,
                                  mer_speech_finder *finder, const float *probs, int64_t n_probs,
                                  mer_error *err) {
  mer_speech_finder *f = finder;
  mer_status status = MER_OK;
  f->n_segments = 0;
  for (int64_t i = 0; i < n_probs && status == MER_OK; i++) {
    if (!f->speaking && !(probs[i] >= f->threshold)) {
      f->n_frames++;
      continue;
    }
    if (!f->speaking) {
      f->speaking = true;
      f->continued = false;
      f->start = f->n_frames;
      f->silence = -1;
    }
    status = go_on(f, probs[i], err);
  }
  *segments = f->segments;
  *n_segments = (int64_t)f->n_segments;
  return status;
}

mer_status mer_speech_finder_finish(const mer_speech_segment **segments, int64_t *n_segments,
                                    mer_speech_finder *finder, int64_t n_samples, mer_error *err) {
  mer_speech_finder *f = finder;
  mer_status status = MER_OK;
  f->n_segments = 0;
  if (f->speaking) {
    const bool silent = f->silence >= 0;
    const int64_t end = silent ? f->silence : f->n_frames;
    const int64_t padded = silent ? least(end * FRAME - LAG + f->padding, n_samples) : n_samples;
    status = end_speech(f, end, padded, least_frames(f), err);
  }
  begin(f);
  *segments = f->segments;
  *n_segments = (int64_t)f->n_segments;
  return status;
}

int64_t mer_speech_finder_needs(const mer_speech_finder *finder) {
  const mer_speech_finder *f = finder;
  if (f->speaking) return padded_start(f);
  return greatest(f->n_frames * FRAME - LAG - f->padding, f->last_end);
}

bool mer_speech_finder_is_speaking(const mer_speech_finder *finder) { return finder->speaking; }
