/* weights.h: the weights of encoders as products read them: packed for prediction, or rounded to
 * int8. What is packed or int8 cannot be trained or written as f32. */
#ifndef MER_LAYERS_WEIGHTS_H
#define MER_LAYERS_WEIGHTS_H

#include "layers/params.h"

/** The layout of int8 in files, as config.json names it. */
enum { MER__INT8_LAYOUT = 1 };

/** Packs the Linear weights among the first `n` parameters for prediction, and back. Those
 * whose outputs are not a multiple of a panel stay as they are. MER_STATUS_NO_MEMORY. */
mer_status mer__weights_pack(mer__params *params, size_t n, mer_error *err);
mer_status mer__weights_unpack(mer__params *params, size_t n, mer_error *err);

/** Says that weights and tables among the first `n` parameters are int8 in their file. Before the
 * block is allocated. MER_STATUS_LIMIT: a weight has too many columns; the message names it. */
mer_status mer__weights_expect_int8(mer__params *params, size_t n, bool reduce_range,
                                    mer_error *err);
/** Rounds them to int8, in memory. MER_STATUS_FORMAT (a value is not finite), MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY; after that the parameters cannot be used. */
mer_status mer__weights_quantize(mer__params *params, size_t n, bool reduce_range, mer_error *err);

/** Views the int8 tensor of `param` and its scales, `<name>_scale`. MER_STATUS_FORMAT: one is
 * missing, has another type or shape, or a scale is not finite; the message names `path` and it. */
mer_status mer__weights_view_int8(mer__param *param, const mer__tensor_names *names,
                                  const char *path, mer_error *err);

/** Shape of an int8 parameter in a file, in `shape` [4]; its rank. */
int mer__weights_int8_shape(int64_t *shape, const mer__param *param);

#endif
