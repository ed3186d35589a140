/* json_text.h: texts that may hold any bytes, such as names of files, as JSON, which is UTF-8. */
#ifndef MER_CLI_JSON_TEXT_H
#define MER_CLI_JSON_TEXT_H

#include <jansson.h>

/** `text` as a JSON string, by mer_text_make_utf8; a new reference, null for NULL. */
json_t *cli_json_text(const char *text);

/** The name of a file in UTF-8, for free(): a byte that is not part of UTF-8 is written as \xE9,
 * and where a name has such a byte, or \x, a backslash as two: other names stay other names. NULL
 * if memory is out, or for NULL. */
char *cli_utf8_name(const char *name);

/** The same as JSON text. */
char *cli_json_name(const char *name);

#endif
