/* data_address.c: bytes as an address of data, in base64 (RFC 4648). */
#include "report/data_address.h"

#include <stdint.h>

static void put_base64(mer__text_buffer *out, const uint8_t *data, size_t size) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    const size_t n = size - i < 3 ? size - i : 3;
    uint32_t bits = 0;
    char four[4] = "====";
    for (size_t k = 0; k < n; k++) bits |= (uint32_t)data[i + k] << (16 - 8 * k);
    for (size_t k = 0; k <= n; k++) four[k] = letters[bits >> (18 - 6 * k) & 63];
    mer__text_append(out, four, 4);
  }
}

void mer__put_data_address(mer__text_buffer *out, const char *type, const void *data, size_t size) {
  mer__text_printf(out, "data:%s;base64,", type);
  put_base64(out, data, size);
}
