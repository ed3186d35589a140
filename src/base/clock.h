/* clock.h: time for progress lines and logs. */
#ifndef MER_BASE_CLOCK_H
#define MER_BASE_CLOCK_H

/** Seconds since some fixed moment; never goes back. */
double mer__clock_seconds(void);

#endif
