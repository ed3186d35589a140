/* feature_values.h: the inside of mer_features. */
#ifndef MER_DATA_FEATURE_VALUES_H
#define MER_DATA_FEATURE_VALUES_H

#include "data/feature_store.h"
#include "mer/data.h"

/** Where a row's values lie in the store. */
typedef struct mer__value_range {
  int64_t at, n;
} mer__value_range;

struct mer_feature_values {
  mer__feature_store store;
  mer__value_range *ranges; /* [n_rows] */
};

/** Makes `features` ready for `n_rows` rows without values. `cache_folder` as in
 * mer_features_load_options. MER_STATUS_NO_MEMORY, MER_STATUS_IO; then clear it. */
mer_status mer__features_begin(mer_features *features, int64_t n_rows, const char *cache_folder,
                               mer_error *err);
/** Ends the filling: counts the states, and maps the values. MER_STATUS_NO_MEMORY. */
mer_status mer__features_end(mer_features *features, mer_error *err);

#endif
