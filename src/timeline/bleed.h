/* bleed.h: a speaker who is heard on the other's channel, too, but faintly: by crosstalk, or a
 * headset's echo. */
#ifndef MER_TIMELINE_BLEED_H
#define MER_TIMELINE_BLEED_H

#include "timeline/lane.h"

/** Sets the probabilities of speech, not yet searched, to 0 in the frames in which a channel has
 * little but what the other one has. Both lanes have heard as much. */
void mer__bleed_remove(mer__lane *a, mer__lane *b);

#endif
