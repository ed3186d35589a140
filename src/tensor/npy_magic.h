/* npy_magic.h: how NumPy's array files begin. */
#ifndef MER_TENSOR_NPY_MAGIC_H
#define MER_TENSOR_NPY_MAGIC_H

#define MER__NPY_MAGIC "\x93NUMPY"
enum { MER__NPY_MAGIC_BYTES = sizeof MER__NPY_MAGIC - 1 };

#endif
