/* panel_f32_kernels.h: products of f32, and of bfloat16 where the processor has no instructions for
 * it: then it is f32 with the lower half of its bits zero. */
#ifndef MER_NN_PANEL_F32_KERNELS_H
#define MER_NN_PANEL_F32_KERNELS_H

#include "base/dispatch.h"
#include "nn/panel_kernels.h"

MER__DECLARE_VERSIONS(mer__panel_kernels, mer__panels_f32);
MER__DECLARE_VERSIONS(mer__panel_kernels, mer__panels_rounded);

#endif
