/* dtype.h: element types and shapes with checked arithmetic. */
#ifndef MER_TENSOR_DTYPE_H
#define MER_TENSOR_DTYPE_H

#include "mer/tensor.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "mer needs a little-endian processor: numbers lie in memory as they lie in files"
#endif

/** Bytes of an element; 0 for a value that is not in the enumeration. */
size_t mer__dtype_bytes(mer_dtype dtype);
/** Bytes of the elements of a tensor that is valid. */
size_t mer__tensor_bytes(const mer_tensor *tensor);
/** safetensors' name, "F32"; "?" for a value that is not in the enumeration. */
const char *mer__dtype_name(mer_dtype dtype);
/** Finds a type by safetensors' name. */
bool mer__dtype_find(mer_dtype *dtype, const char *name);
/** All names, "F32, F16, ...", for messages. */
const char *mer__dtype_names(void);

/** Product of `shape` [rank] (1 for rank 0); false for a negative dimension or an overflow. */
bool mer__shape_count(int64_t *n_elements, const int64_t *shape, int rank);
/** Bytes of `n_elements`; false if that overflows. */
bool mer__shape_bytes(size_t *n_bytes, int64_t n_elements, mer_dtype dtype);

/** IEEE 754 binary16 to binary32, exact. */
float mer__f16_to_f32(uint16_t half);
/** bfloat16, the upper half of a binary32, to binary32, exact. */
float mer__bf16_to_f32(uint16_t half);
/** The nearest bfloat16, ties to even; NaN stays. */
uint16_t mer__f32_to_bf16(float value);

/** Room for a shape as text. */
enum { MER__SHAPE_TEXT = 160 };
/** "[24, 97, 16, 4]" */
void mer__shape_print(char text[MER__SHAPE_TEXT], const int64_t *shape, int rank);

#endif
