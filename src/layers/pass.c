/* pass.c: what products are of, and the workspace of a training's. */
#include "layers/pass.h"

#include "base/error.h"

/* Memory is only claimed where it is written, so a bound will do: three times the outputs of a
 * matrix, as query, key and value are one product. */
mer_status mer__compute_init(mer__compute *compute, const mer__params *params,
                             mer__product_dtype dtype, int64_t max_rows, mer_error *err) {
  int64_t most = 0;
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->role != MER__LINEAR) continue;
    int64_t n = mer__panels_outer_scratch(3 * p->shape[0], p->shape[1], max_rows);
    if (n > most) most = n;
  }
  *compute = (mer__compute){.products = dtype,
                            .max_rows = max_rows,
                            .outer_scratch = mer__malloc((size_t)most, sizeof(float))};
  return compute->outer_scratch ? MER_OK : mer__fail_memory(err);
}

void mer__compute_clear(mer__compute *compute) {
  mer__free(compute->outer_scratch);
  *compute = (mer__compute){0};
}

mer__product_dtype mer__pass_products(const mer__pass *pass) {
  if (pass->compute && pass->compute->products != MER__PRODUCT_F32) return pass->compute->products;
  return pass->many_rows ? MER__PRODUCT_F32_MANY : MER__PRODUCT_F32;
}
