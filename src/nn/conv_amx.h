/* conv_amx.h: the inner loops of convolutions over images whose products are those of AMX: a map
 * is rounded to bfloat16 once, and what is multiplied are copies of its lines of 64 bytes. */
#ifndef MER_NN_CONV_AMX_H
#define MER_NN_CONV_AMX_H

#include "nn/panel_conv.h"

extern const mer__conv_kernels mer__conv_amx, mer__conv_split_amx;

#endif
