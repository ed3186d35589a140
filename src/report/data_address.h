/* data_address.h: bytes as an address that a page has in itself (data:, RFC 2397). */
#ifndef MER_REPORT_DATA_ADDRESS_H
#define MER_REPORT_DATA_ADDRESS_H

#include "base/text_buffer.h"

/** Appends "data:<type>;base64,..". */
void mer__put_data_address(mer__text_buffer *out, const char *type, const void *data, size_t size);

#endif
