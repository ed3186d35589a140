/* standard_output.h: what is printed, and why it could not be. */
#ifndef MER_CLI_STANDARD_OUTPUT_H
#define MER_CLI_STANDARD_OUTPUT_H

#include <stddef.h>

/** Prints bytes. */
void cli_print(const void *bytes, size_t size);
/** Hands on what has been printed, as somebody may wait for it. */
void cli_flush(void);
/** At the end of the program: `code`, or CLI_FAILED after a message if something that was printed
 * could not be written. */
int cli_check_printed(int code);

#endif
