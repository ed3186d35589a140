/* safetensors_protect.h: views of a file that are used for long, while others may write the file,
 * and views that are used once. */
#ifndef MER_TENSOR_SAFETENSORS_PROTECT_H
#define MER_TENSOR_SAFETENSORS_PROTECT_H

#include "mer/tensor.h"

/** To be called before the views are used. The first time, if that is `brief`, the file is only
 * checked to be as it was opened, so that a short life pays nothing; else its bytes are copied,
 * once, to private memory at the same address, and the views stay valid. Any number of threads may
 * call it and use the views. MER_STATUS_IO (the file was changed), MER_STATUS_NO_MEMORY. */
mer_status mer__safetensors_protect(mer_safetensors *file, bool brief, mer_error *err);

/** Gives back the memory of a view of the file, or of a part of it, unless the file was copied. The
 * view stays valid, and is read anew. Does nothing for data of another file. By one thread, which
 * is the only one that uses the file. */
void mer__safetensors_release(mer_safetensors *file, const mer_tensor *view);

#endif
