/* format.h: printf that is the same in every locale. */
#ifndef MER_BASE_FORMAT_H
#define MER_BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/** snprintf and vsnprintf as in the locale "C": the decimal point is a point. A program that has
 * called setlocale may have another one. */
int mer__format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int mer__format_list(char *out, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
