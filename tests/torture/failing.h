/* failing.h: makes the n-th call of a kind fail. The test program is linked so that the library's
 * calls of the C library pass here (--wrap, see CMakeLists.txt); those of jansson and FFmpeg are
 * caught by their own hooks. */
#ifndef MER_TESTS_FAILING_H
#define MER_TESTS_FAILING_H

#include <stdbool.h>

typedef enum failing_kind {
  FAILING_MEMORY, /* an allocation returns NULL */
  FAILING_IO,     /* opening, reading, writing, mapping, syncing, renaming, making a folder fails */
} failing_kind;

/** Sets the hooks of jansson and FFmpeg; before anything else uses them. */
void failing_begin(void);

/** From now on calls of `kind` are counted; the n-th (from 1) fails, and with `on` all after it.
 * n 0: none fails. */
void failing_arm(failing_kind kind, long n, bool on);

/** No call fails from now on. Returns how many there were since failing_arm. */
long failing_disarm(void);

#endif
