/* json_write.h: JSON values as text, the same in every locale. */
#ifndef MER_TEXT_JSON_WRITE_H
#define MER_TEXT_JSON_WRITE_H

#include "base/text_buffer.h"

/** Appends a string of `size` bytes in quotation marks; bytes that are not UTF-8 become U+FFFD. */
void mer__json_put_string(mer__text_buffer *out, const char *text, size_t size);
/** Appends a number of `digits` significant digits, 1 to 17; one that is not finite is null. */
void mer__json_put_number(mer__text_buffer *out, double number, int digits);

#endif
