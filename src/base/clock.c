/* clock.c: the monotonic clock. */
#include "base/clock.h"

#include <time.h>

double mer__clock_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void mer__clock_rest(void) { nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }
