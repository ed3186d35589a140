/* relative_bias.h: a bias of attention scores that depends on the distance of query and key,
 * learned as a table of buckets (Raffel et al., "T5", 2020, section 2.1): half of them for keys
 * after the query, each half exact for small distances and logarithmic from there to a largest one.
 */
#ifndef MER_LAYERS_RELATIVE_BIAS_H
#define MER_LAYERS_RELATIVE_BIAS_H

#include "layers/pass.h"
#include "nn/attention.h"

typedef struct mer__relative_bias {
  int64_t table; /* parameter [n_buckets, n_heads] */
  int64_t n_buckets, max_distance, n_heads;
} mer__relative_bias;

/** Declares the table. Its index is -1 if memory is out or the parameters are too many. */
mer__relative_bias mer__relative_bias_declare(mer__params *params, int64_t n_buckets,
                                              int64_t max_distance, int64_t n_heads,
                                              const char *name);

/** Whether distances have buckets: there are at least 4, and the largest distance is above those
 * that have one each, a quarter of the buckets. MER_STATUS_FORMAT, with `path` and the `key` of the
 * number of buckets. */
mer_status mer__relative_bias_check(int64_t n_buckets, int64_t max_distance, const char *key,
                                    const char *path, mer_error *err);

/** The bucket of a key `distance` tokens after its query. */
int64_t mer__relative_bucket(int64_t distance, int64_t n_buckets, int64_t max_distance);

/** The values of a batch, in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__relative_bias_forward(mer__attention_bias *bias, const mer__relative_bias *relative,
                                      const mer__packing *packing, const mer__pass *pass,
                                      mer_error *err);
/** Room for the gradients of the values, zeroed, in the arena: all layers add to it.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__relative_bias_begin_backward(mer__attention_bias *bias,
                                             const mer__relative_bias *relative,
                                             const mer__packing *packing, const mer__pass *pass,
                                             mer_error *err);
/** Adds the gradient of the table. */
void mer__relative_bias_backward(const mer__attention_bias *bias,
                                 const mer__relative_bias *relative, const mer__packing *packing,
                                 const mer__pass *pass);

#endif
