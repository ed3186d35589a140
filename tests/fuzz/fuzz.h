/* fuzz.h: what the fuzz targets share. A target is a function from bytes to nothing that must not
 * crash, leak, hang or do what C leaves undefined. libFuzzer calls it with inputs that it invents
 * (the preset `fuzz`), and replay.c with those of corpus/ (the ordinary tests). */
#ifndef MER_TESTS_FUZZ_H
#define MER_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mer/base.h"

/** The target. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program with a message unless `condition` holds: what must be true of any result. */
#define FUZZ_REQUIRE(condition)                                                             \
  do {                                                                                      \
    if (!(condition)) fuzz_fail(__FILE__, __LINE__, "not true of this input: " #condition); \
  } while (0)
void fuzz_fail(const char *file, int line, const char *message);

/** A status that is not MER_OK must come with a message of one line, and MER_OK with none. */
void fuzz_check_status(mer_status status, const mer_error *err);

/** The program's own folder, empty at its start and removed at its end. */
const char *fuzz_folder(void);
/** Writes a file of that folder; its path, valid until the next call. */
const char *fuzz_write(const char *name, const void *data, size_t size);
/** Removes it, if it is there. */
void fuzz_remove(const char *name);

/** An input of several parts, which the bytes FF FF separate. */
typedef struct fuzz_parts {
  const uint8_t *at;
  size_t left;
} fuzz_parts;

/** The next part, empty after the last: a copy of its bytes and a 0 after them, for free(). */
char *fuzz_next(fuzz_parts *parts, size_t *size);

#endif
