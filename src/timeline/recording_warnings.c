/* recording_warnings.c: damage, a transcript that is longer than its recording, and silence. */
#include "timeline/recording_warnings.h"

#include "base/error.h"
#include "data/clip_features.h"

/* The end of an entry is often rough; only what goes on for longer is told. */
static const double ROUGH_S = 1;

void mer__recording_warn_damage(const char *path, const mer_audio *audio,
                                const mer_monitor *monitor) {
  mer_error damage = {0};
  mer__clip_damage(
      &damage, path,
      &(mer__clip_result){.n_errors = audio->n_errors, .n_bad_samples = audio->n_bad_samples});
  if (damage.status != MER_OK) mer__log(monitor, MER_LOG_WARNING, "%s", damage.message);
  if (audio->n_samples == 0) mer__log(monitor, MER_LOG_WARNING, "%s: empty: it has no sound", path);
}

void mer__recording_warn_overhang(const char *path, double duration_s,
                                  const mer_timeline *timeline) {
  const mer_transcript *transcript = timeline->options.transcript;
  int64_t n_after = 0, n_partly = 0, line = 0;
  double first_s = 0, end_s = 0;
  if (!transcript || !(duration_s > 0)) return;
  for (int64_t i = 0; i < mer_transcript_count(transcript); i++) {
    const mer_transcript_entry e = mer_transcript_at(transcript, i);
    if (e.fault) continue;
    if (e.end_s > end_s) end_s = e.end_s;
    const bool after = e.start_s >= duration_s;
    if (!after && e.end_s <= duration_s + ROUGH_S) continue;
    if (line == 0) line = e.line, first_s = e.start_s;
    if (after) n_after++;
    else n_partly++;
  }
  if (line > 0)
    mer__log(timeline->options.monitor, MER_LOG_WARNING,
             "%s: is %.1f s long, its transcript %.1f s: entries after the end, which have no "
             "sound: %lld; partly after it: %lld; the first on line %lld, from %.1f s",
             path, duration_s, end_s, (long long)n_after, (long long)n_partly, (long long)line,
             first_s);
}

void mer__recording_warn_silence(const char *path, double duration_s,
                                 const mer_timeline *timeline) {
  const mer_timeline_options *options = &timeline->options;
  if (options->transcript || timeline->n_asked > 0 || !(duration_s > 0)) return;
  const char *names = timeline->n_found > 0 ? options->speakers : NULL;
  mer__log(options->monitor, MER_LOG_WARNING, "%s: no speech%s%.100s is found in its %.1f s", path,
           names ? " of " : "", names ? names : "", duration_s);
}
