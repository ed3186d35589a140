/* panel_amx.h: products of bfloat16 by AMX. */
#ifndef MER_NN_PANEL_AMX_H
#define MER_NN_PANEL_AMX_H

#include "nn/panel_kernels.h"

extern const mer__panel_kernels mer__panels_amx;

#endif
