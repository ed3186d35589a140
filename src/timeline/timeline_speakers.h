/* timeline_speakers.h: the speakers of a timeline, as far as the model has heard them. */
#ifndef MER_TIMELINE_TIMELINE_SPEAKERS_H
#define MER_TIMELINE_TIMELINE_SPEAKERS_H

#include "mer/predict.h"

/** Most speakers that are told apart; nothing is known of the others. */
enum { MER__TIMELINE_SPEAKERS = 64 };

/** Zero-initialize. */
typedef struct mer__speakers {
  char *names[MER__TIMELINE_SPEAKERS]; /* [n]; "": it is not known who speaks */
  mer_speaker *heard[MER__TIMELINE_SPEAKERS];
  int n;
  const char *profiles; /* a folder: what is known of them before, NAME.profile; or NULL */
} mer__speakers;

void mer__speakers_clear(mer__speakers *speakers);
/** The speaker of that name (NULL: not known), who may be new; `*out` is NULL where there are too
 * many. Statuses of mer_speaker_read but MER_STATUS_NOT_FOUND. */
mer_status mer__speakers_find(mer_speaker **out, mer__speakers *speakers,
                              const mer_predictor *predictor, const char *name, mer_error *err);
/** A copy of the speaker that mer__speakers_find gives, which may hear what does not count; for
 * mer_speaker_free. Statuses of mer__speakers_find. */
mer_status mer__speakers_provisional(mer_speaker **out, mer__speakers *speakers,
                                     const mer_predictor *predictor, const char *name,
                                     mer_error *err);
/** Writes what is known of each to the folder of profiles, of the others also where one fails.
 * Statuses of mer_speaker_write. */
mer_status mer__speakers_keep(const mer__speakers *speakers, mer_error *err);

#endif
