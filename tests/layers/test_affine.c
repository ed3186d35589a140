/* test_affine.c: a Linear layer gives a row the same bits in prediction, alone and among others, at
 * every level of the processor. Of packed weights that is shown for so few rows that a sum is not
 * split. */
#include "layers/affine.h"

#include "base/rng.h"
#include "layers/weights.h"
#include "nn/few_rows.h"
#include "nn/levels.h"
#include "test_support.h"

enum { MOST = 2 * MER__FEW_ROWS + 8, IN = 301, WIDEST = 2 * MER__PANEL };

typedef struct fixture {
  mer__params params;
  mer__affine layer;
  float x[MOST * IN];
} fixture;

static void open_layer(fixture *f, int64_t out, bool packed) {
  mer__rng rng = {.seed = 5};
  mer_error err = {0};
  *f = (fixture){.layer = {.in = IN, .out = out}};
  f->layer.weight = mer__params_add(&f->params, MER__LINEAR, out, IN, "weight");
  f->layer.bias = mer__params_add(&f->params, MER__VECTOR, out, 0, "bias");
  assert_ok(mer__params_allocate(&f->params, &err));
  mer__params_init_linear(f->params.values, f->params.size, 4, &rng);
  mer__params_init_linear(f->x, MOST * IN, 1, &rng);
  if (packed) assert_ok(mer__weights_pack(&f->params, f->params.n_items, &err));
}

/* `rows` rows at once against each by itself. */
static void check_rows(const fixture *f, int64_t rows) {
  const mer__pass pass = {.params = &f->params};
  const int64_t out = f->layer.out;
  float y[MOST * WIDEST], activated[MOST * WIDEST], one[WIDEST], one_activated[WIDEST];
  mer__affine_activated_forward(activated, y, f->x, &pass, f->layer, rows, MER__GELU);
  for (int64_t i = 0; i < rows; i++) {
    mer__affine_activated_forward(one_activated, one, f->x + i * IN, &pass, f->layer, 1, MER__GELU);
    assert_memory_equal(y + i * out, one, (size_t)out * sizeof *one);
    assert_memory_equal(activated + i * out, one_activated, (size_t)out * sizeof *one);
  }
}

static void check_layers(void) {
  static const struct {
    int64_t out;
    bool packed;
  } layers[] = {{7, false}, {WIDEST, false}, {WIDEST, true}};
  for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
    fixture f;
    open_layer(&f, layers[i].out, layers[i].packed);
    for (int64_t rows = 1; rows <= MOST; rows++) check_rows(&f, rows);
    mer__params_clear(&f.params);
  }
}

static void a_row_alone_is_what_it_is_among_others(void **state) {
  (void)state;
  for (int level = MER__CPU_PLAIN; use_level(level); level++) check_layers();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_row_alone_is_what_it_is_among_others)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
