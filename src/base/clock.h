/* clock.h: time for progress lines, logs and waiting. */
#ifndef MER_BASE_CLOCK_H
#define MER_BASE_CLOCK_H

/** Seconds since some fixed moment; never goes back. */
double mer__clock_seconds(void);
/** Sleeps for a millisecond, between two looks at what others do. */
void mer__clock_rest(void);

#endif
