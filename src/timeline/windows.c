/* windows.c: a sound of any length in windows of one length, each answered. It is decoded as a
 * stream; what is kept is the sound of some windows. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "data/clip_features.h"
#include "media/audio_source.h"
#include "media/resample.h"
#include "mer/timeline.h"
#include "predict/predictor.h"

enum { BATCH = 16 }; /* windows that are answered in one call */

static const double SHORTEST_S = .1, LONGEST_S = 3600;

typedef struct run {
  const mer_predictor *predictor;
  const mer_request *request;
  mer_window_options options;
  mer_window_sink *sink;
  void *user;
  int rate_hz;
  int64_t window, hop; /* in samples */
  mer__samples kept;   /* from sample `begin` of the sound */
  int64_t begin, next; /* the sample where the next window begins */
  int64_t n_given;
  mer_error damage; /* of the whole sound; its last window tells it */
  mer_request requests[BATCH];
  mer_answer answers[BATCH];
  mer_contributions contributions[BATCH];
} run;

void mer_window_options_init(mer_window_options *options, size_t size) {
  const mer_window_options defaults = {.size = sizeof defaults};
  mer__options_init(options, size, &defaults, sizeof defaults);
}

/* A fault of samples is that of the file. */
static void name_file(mer_answer *answer, const char *path) {
  static const char unnamed[] = "sound in memory: ";
  const size_t n = strlen(unnamed);
  char text[sizeof answer->message];
  if (strncmp(answer->message, unnamed, n) != 0) return;
  snprintf(text, sizeof text, "%.300s: %.200s", path, answer->message + n);
  memcpy(answer->message, text, sizeof text);
}

/* Answers windows [n], of which window i begins at starts[i] and ends at ends[i]. */
static mer_status answer(run *r, const int64_t *starts, const int64_t *ends, int n, bool last,
                         mer_error *err) {
  for (int i = 0; i < n; i++) {
    r->requests[i] = *r->request;
    r->requests[i].sound = (mer_sound){.samples = r->kept.data + (starts[i] - r->begin),
                                       .n_samples = ends[i] - starts[i],
                                       .n_channels = 1,
                                       .rate_hz = r->rate_hz};
  }
  mer_status status =
      mer_predictor_contributions(r->answers, r->options.contributions ? r->contributions : NULL,
                                  r->predictor, r->requests, n, err);
  for (int i = 0; i < n && status == MER_OK; i++) {
    mer_answer *a = &r->answers[i];
    name_file(a, r->request->sound.path);
    if (last && i == n - 1 && !a->message[0])
      memcpy(a->message, r->damage.message, sizeof a->message);
    const mer_window window = {
        .start_s = (double)starts[i] / r->rate_hz,
        .end_s = (double)ends[i] / r->rate_hz,
        .answer = a,
        .contributions = r->options.contributions ? &r->contributions[i] : NULL};
    status = r->sink(r->user, &window, err);
    r->n_given++;
  }
  return status;
}

/* Drops what no window needs any more; the last one may begin after the one before it. */
static void drop_used(run *r) {
  const int64_t from = r->next - r->hop, n = from - r->begin;
  if (n <= 0) return;
  memmove(r->kept.data, r->kept.data + n, (r->kept.n - (size_t)n) * sizeof *r->kept.data);
  r->kept.n -= (size_t)n;
  r->begin = from;
}

/* Answers the windows that are whole, if there are enough of them or with `all`. */
static mer_status give_whole(run *r, bool ended, mer_error *err) {
  const int64_t end = r->begin + (int64_t)r->kept.n;
  mer_status status = MER_OK;
  while (status == MER_OK &&
         (ended ? r->next + r->window <= end : r->next + (BATCH - 1) * r->hop + r->window < end)) {
    int64_t starts[BATCH], ends[BATCH];
    int n = 0;
    for (; n < BATCH && r->next + r->window <= end; n++, r->next += r->hop) {
      starts[n] = r->next;
      ends[n] = r->next + r->window;
    }
    status = answer(r, starts, ends, n, ended && ends[n - 1] == end, err);
  }
  drop_used(r);
  if (status == MER_OK && mer__should_stop(r->options.monitor))
    return mer__fail(err, MER_STATUS_INTERRUPTED, "interrupted");
  return status;
}

/* The end of the sound: the last window ends with it, and is shorter if all of the sound is. */
static mer_status finish(run *r, mer_error *err) {
  mer_status status = give_whole(r, true, err);
  const int64_t end = r->begin + (int64_t)r->kept.n;
  const int64_t answered = r->next > 0 ? r->next - r->hop + r->window : 0;
  if (status != MER_OK || end <= answered) return status;
  const int64_t start = end > r->window ? end - r->window : 0;
  return answer(r, &start, &end, 1, true, err);
}

static mer_status take(void *user, const float *samples, size_t n, mer_error *err) {
  run *r = user;
  mer_status status = mer__samples_append(&r->kept, samples, n, err);
  return status == MER_OK ? give_whole(r, false, err) : status;
}

/* What does not come in windows is answered as it is: without a sound, or with one that cannot be
 * used. */
static mer_status answer_whole(run *r, mer_error *err) {
  mer_status status =
      mer_predictor_contributions(r->answers, r->options.contributions ? r->contributions : NULL,
                                  r->predictor, r->request, 1, err);
  const mer_window window = {.start_s = NAN,
                             .end_s = NAN,
                             .answer = r->answers,
                             .contributions = r->options.contributions ? r->contributions : NULL};
  return status == MER_OK ? r->sink(r->user, &window, err) : status;
}

/* Decodes the sound of the request and answers its windows. `*failed`: it cannot be decoded. */
static mer_status hear(bool *failed, run *r, mer_error *err) {
  mer_audio audio = {0};
  mer_audio_options options;
  const char *path = r->request->sound.path;
  *failed = mer__clip_examine(path, err) != MER_CLIP_OK;
  if (*failed) return MER_OK;
  mer_audio_options_init(&options, sizeof options);
  options.rate_hz = r->rate_hz;
  options.monitor = r->options.monitor;
  const mer_status status =
      mer__audio_stream(&audio, &(mer__audio_source){.path = path}, &options, take, r, err);
  *failed = status != MER_OK && r->n_given == 0 && status != MER_STATUS_INTERRUPTED &&
            status != MER_STATUS_NO_MEMORY;
  if (status != MER_OK) return *failed ? MER_OK : status;
  *failed = audio.n_samples == 0;
  mer__clip_damage(
      &r->damage, path,
      &(mer__clip_result){.n_errors = audio.n_errors, .n_bad_samples = audio.n_bad_samples});
  return finish(r, err);
}

/* Sets the windows' lengths; MER_STATUS_INVALID. */
static mer_status set_lengths(run *r, const mer_feature_extractor *extractor, mer_error *err) {
  mer_window_options *o = &r->options;
  if (o->hop_s == 0) o->hop_s = o->window_s;
  if (!(o->window_s >= SHORTEST_S && o->window_s <= LONGEST_S && o->hop_s >= SHORTEST_S &&
        o->hop_s <= o->window_s))
    return mer__fail(err, MER_STATUS_INVALID,
                     "windows of %g s every %g s, expected %g to %g s, and not more from one to "
                     "the next",
                     o->window_s, o->hop_s, SHORTEST_S, LONGEST_S);
  r->rate_hz = mer_feature_rate_hz(extractor);
  r->window = llround(o->window_s * r->rate_hz);
  r->hop = llround(o->hop_s * r->rate_hz);
  const int n_frames = mer_feature_frames(extractor);
  const int64_t n = mer_feature_natural_frames(extractor, r->window);
  if (n_frames == 0 || n <= n_frames) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "a window of %g s: the model hears at most %.3g s",
                   o->window_s, o->window_s * n_frames / (double)n);
}

/* Reads the options into the run, and finds what hears. */
static mer_status set_up(run *r, const mer_predictor *predictor, const mer_window_options *options,
                         mer_error *err) {
  const mer_feature_extractor *extractor = NULL;
  r->predictor = predictor;
  mer_window_options_init(&r->options, sizeof r->options);
  mer_status status =
      mer__options_read(&r->options, sizeof r->options, options, "mer_window_options", err);
  if (status != MER_OK) return status;
  for (int m = MER_MAX_MODALITIES - 1; m >= 0; m--)
    if (predictor->extractors[m]) extractor = predictor->extractors[m];
  return extractor ? set_lengths(r, extractor, err)
                   : mer__fail(err, MER_STATUS_INVALID, "the model does not hear");
}

mer_status mer_window_options_check(const mer_predictor *predictor,
                                    const mer_window_options *options, mer_error *err) {
  run *r = mer__calloc(1, sizeof *r);
  const mer_status status = r ? set_up(r, predictor, options, err) : mer__fail_memory(err);
  mer__free(r);
  return status;
}

mer_status mer_windows_run(const mer_predictor *predictor, const mer_request *request,
                           const mer_window_options *options, mer_window_sink *sink, void *user,
                           mer_error *err) {
  bool failed = true;
  mer_status status;
  run *r = mer__calloc(1, sizeof *r);
  if (!r) return mer__fail_memory(err);
  r->request = request;
  r->sink = sink;
  r->user = user;
  MER__CHECK(set_up(r, predictor, options, err));
  if (request->sound.path) MER__CHECK(hear(&failed, r, err));
  if (failed) MER__CHECK(answer_whole(r, err));
cleanup:
  mer__samples_clear(&r->kept);
  mer__free(r);
  return status;
}
