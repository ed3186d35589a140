/* recording_warnings.h: what the monitor is told of a recording that is answered all the same. */
#ifndef MER_TIMELINE_RECORDING_WARNINGS_H
#define MER_TIMELINE_RECORDING_WARNINGS_H

#include "timeline/timeline_state.h"

/** What of it has not been heard. */
void mer__recording_warn_damage(const char *path, const mer_audio *audio,
                                const mer_monitor *monitor);
/** That the transcript, if there is one, goes on after the end of its sound: once for all entries.
 */
void mer__recording_warn_overhang(const char *path, double duration_s,
                                  const mer_timeline *timeline);
/** That no speech is found in it, or none of those who are asked for. */
void mer__recording_warn_silence(const char *path, double duration_s, const mer_timeline *timeline);

#endif
