/* normal_form.c: Unicode's normalization forms. Characters that are newer than Unicode 9 stay as
 * they are and end a run; utf8proc normalizes what is between them. */
#include "text/normal_form.h"

#include <utf8proc.h>

#include "base/alloc.h"
#include "text/char_class.h"
#include "text/utf8.h"

/* Runs of more code points, decomposed, are normalized in memory of their own. */
enum { STACK_RUN = 512 };

static const utf8proc_option_t options[] = {
    [MER__FORM_NFC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
    [MER__FORM_NFD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
    [MER__FORM_NFKC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
    [MER__FORM_NFKD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
};

static void append_run(mer__text_buffer *out, mer__normal_form form, const uint8_t *text,
                       size_t size) {
  utf8proc_int32_t stack[STACK_RUN], *points = stack;
  utf8proc_ssize_t n =
      utf8proc_decompose(text, (utf8proc_ssize_t)size, points, STACK_RUN, options[form]);
  if (n > STACK_RUN) {
    points = mer__malloc((size_t)n, sizeof *points);
    if (points) n = utf8proc_decompose(text, (utf8proc_ssize_t)size, points, n, options[form]);
  }
  if (points && n >= 0) n = utf8proc_normalize_utf32(points, n, options[form]);
  if (!points || n < 0) out->failed = true;
  for (utf8proc_ssize_t i = 0; !out->failed && i < n; i++)
    mer__utf8_append(out, (uint32_t)points[i]);
  if (points != stack) mer__free(points);
}

void mer__normal_form_append(mer__text_buffer *out, mer__normal_form form, const uint8_t *text,
                             size_t size) {
  for (size_t at = 0, n = 0, end; at < size && !out->failed; at = end + n) {
    for (end = at, n = 0; end < size; end += n)
      if (mer__char_is(MER__CHAR_NEW, mer__utf8_read(&n, text + end))) break;
    if (end > at) append_run(out, form, text + at, end - at);
    if (end == size) break;
    mer__text_append(out, (const char *)text + end, n);
  }
}
