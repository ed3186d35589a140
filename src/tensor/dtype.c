/* dtype.c: element types, shapes, and conversion to f32. Elements in files are little-endian, and
 * so is every machine this is built for. */
#include "tensor/dtype.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

size_t mer__dtype_bytes(mer_dtype dtype) {
  switch (dtype) {
#define DTYPE_CASE(name, text, bytes) \
  case MER_DTYPE_##name: return bytes;
    MER_DTYPE_MAP(DTYPE_CASE)
#undef DTYPE_CASE
  }
  return 0;
}

size_t mer__tensor_bytes(const mer_tensor *tensor) {
  return (size_t)tensor->n_elements * mer__dtype_bytes(tensor->dtype);
}

const char *mer__dtype_name(mer_dtype dtype) {
  switch (dtype) {
#define DTYPE_CASE(name, text, bytes) \
  case MER_DTYPE_##name: return text;
    MER_DTYPE_MAP(DTYPE_CASE)
#undef DTYPE_CASE
  }
  return "?";
}

bool mer__dtype_find(mer_dtype *dtype, const char *name) {
#define DTYPE_TEST(id, text, bytes) \
  if (strcmp(name, text) == 0) {    \
    *dtype = MER_DTYPE_##id;        \
    return true;                    \
  }
  MER_DTYPE_MAP(DTYPE_TEST)
#undef DTYPE_TEST
  return false;
}

const char *mer__dtype_names(void) {
#define DTYPE_TEXT(name, text, bytes) ", " text
  static const char names[] = MER_DTYPE_MAP(DTYPE_TEXT);
#undef DTYPE_TEXT
  return names + 2;
}

bool mer__shape_count(int64_t *n_elements, const int64_t *shape, int rank) {
  int64_t count = 1;
  bool empty = false;
  for (int i = 0; i < rank; i++) {
    if (shape[i] < 0) return false;
    if (shape[i] == 0) empty = true;
    else if (__builtin_mul_overflow(count, shape[i], &count)) return false;
  }
  *n_elements = empty ? 0 : count;
  return true;
}

bool mer__shape_bytes(size_t *n_bytes, int64_t n_elements, mer_dtype dtype) {
  return n_elements >= 0 && !__builtin_mul_overflow(n_elements, mer__dtype_bytes(dtype), n_bytes);
}

static float f32_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

float mer__f16_to_f32(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, part = half & 0x3ff;
  if (exponent == 31) return f32_of_bits(sign | 0x7f800000 | part << 13);
  if (exponent > 0) return f32_of_bits(sign | (exponent + 112) << 23 | part << 13);
  float magnitude = (float)part * 0x1p-24f; /* zero and subnormals */
  return sign ? -magnitude : magnitude;
}

float mer__bf16_to_f32(uint16_t half) { return f32_of_bits((uint32_t)half << 16); }

uint16_t mer__f32_to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void halves_to_f32(float *out, const uint8_t *data, int64_t n, float convert(uint16_t)) {
  for (int64_t i = 0; i < n; i++) {
    uint16_t half; /* the data of a file need not be aligned */
    memcpy(&half, data + 2 * i, sizeof half);
    out[i] = convert(half);
  }
}

static void f64_to_f32(float *out, const uint8_t *data, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double value;
    memcpy(&value, data + 8 * i, sizeof value);
    out[i] = (float)value;
  }
}

mer_status mer_tensor_to_f32(float *out, const mer_tensor *tensor, mer_error *err) {
  int64_t n = tensor->n_elements;
  switch (tensor->dtype) {
    case MER_DTYPE_F32:
      if (n > 0) memcpy(out, tensor->data, (size_t)n * sizeof *out);
      return MER_OK;
    case MER_DTYPE_F16: halves_to_f32(out, tensor->data, n, mer__f16_to_f32); return MER_OK;
    case MER_DTYPE_BF16: halves_to_f32(out, tensor->data, n, mer__bf16_to_f32); return MER_OK;
    case MER_DTYPE_F64: f64_to_f32(out, tensor->data, n); return MER_OK;
    default:
      return mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "tensor '%s': elements are %s, expected F32, F16, BF16 or F64",
                       tensor->name ? tensor->name : "", mer__dtype_name(tensor->dtype));
  }
}

void mer__shape_print(char text[MER__SHAPE_TEXT], const int64_t *shape, int rank) {
  int n = snprintf(text, MER__SHAPE_TEXT, "[");
  for (int i = 0; i < rank && n < MER__SHAPE_TEXT - 10; i++)
    n +=
        snprintf(text + n, MER__SHAPE_TEXT - (size_t)n, i ? ", %lld" : "%lld", (long long)shape[i]);
  if (n < MER__SHAPE_TEXT - 1) snprintf(text + n, MER__SHAPE_TEXT - (size_t)n, "]");
}
