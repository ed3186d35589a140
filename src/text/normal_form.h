/* normal_form.h: Unicode's normalization forms as Hugging Face's tokenizers have them: those of
 * Unicode 9, whatever the version of utf8proc. */
#ifndef MER_TEXT_NORMAL_FORM_H
#define MER_TEXT_NORMAL_FORM_H

#include "base/text_buffer.h"
#include "mer/base.h"

typedef enum mer__normal_form {
  MER__FORM_NFC,
  MER__FORM_NFD,
  MER__FORM_NFKC,
  MER__FORM_NFKD
} mer__normal_form;

/** Appends a text, which is UTF-8, in a normal form. */
void mer__normal_form_append(mer__text_buffer *out, mer__normal_form form, const uint8_t *text,
                             size_t size);

#endif
