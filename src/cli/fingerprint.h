/* fingerprint.h: whether two runs are of the same: a number of the bytes that they are of. */
#ifndef MER_CLI_FINGERPRINT_H
#define MER_CLI_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

enum { CLI_FINGERPRINT_BYTES = 17 };

/** The fingerprint of nothing. */
#define CLI_FINGERPRINT_NONE UINT64_C(0xcbf29ce484222325)

/** Adds bytes (FNV-1a): the new fingerprint. */
uint64_t cli_fingerprint_add(uint64_t fingerprint, const void *bytes, size_t size);
/** Adds a text and where it ends; NULL is another one than any text. */
uint64_t cli_fingerprint_text(uint64_t fingerprint, const char *text);
/** Adds size and time of change of a file, if it is there; NULL adds nothing. */
uint64_t cli_fingerprint_file(uint64_t fingerprint, const char *path);
/** Adds the files in a folder with their names, whatever their order. */
uint64_t cli_fingerprint_folder(uint64_t fingerprint, const char *path);
/** As hexadecimal digits. */
void cli_fingerprint_print(char hex[CLI_FINGERPRINT_BYTES], uint64_t fingerprint);

#endif
