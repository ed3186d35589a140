/* test_network.c: fusions of three modalities, some missing, without and with unimodal losses:
 * logits and gradients against PyTorch (tests/golden/make_fusions.py), with dropout against finite
 * differences. */
#include "base/rng.h"
#include "encoder/vector.h"
#include "mer/tensor.h"
#include "model/network_gradients.h"

enum { B = 4, N_MODALITIES = 3, K = 5 };
static const int64_t widths[N_MODALITIES] = {6, 9, 4};
static const char *const kinds[] = {"concat", "gated", "attention", "late"};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

typedef struct fixture {
  mer__network network;
  mer__input inputs[B * N_MODALITIES];
  float vectors[B * N_MODALITIES][16];
  int32_t labels[B];
  mer__arena arena;
} fixture;

static void build_kind(fixture *f, const char *kind, bool with_dropout) {
  mer_error err = {0};
  mer__network *network = &f->network;
  network->n_modalities = N_MODALITIES;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find(kind);
  network->fusion.projection_width = 8;
  network->n_hidden = network->fusion.type->gives_scores ? 0 : 2;
  network->hidden[0] = 10;
  network->hidden[1] = 7;
  network->dropout = with_dropout ? 0.2 : 0;
  for (int m = 0; m < N_MODALITIES; m++) {
    mer__modality *modality = &network->modalities[m];
    const mer__encoder_settings settings = {.standardize = m == 1};
    snprintf(modality->name, sizeof modality->name, "m%d", m);
    assert_ok(mer__modality_create(modality, &mer__encoder_vector, &err));
    assert_ok(mer__encoder_vector.adopt(modality, &settings, &err));
    assert_ok(mer__encoder_vector.accept_values(modality, widths[m], true, &err));
  }
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 8);
  assert_ok(mer__params_train(&network->params, &err));
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mer__rng rng = {.seed = 11};
  for (int i = 0; i < B * N_MODALITIES; i++) {
    for (int j = 0; j < 16; j++) f->vectors[i][j] = mer__rng_normal(&rng);
    f->inputs[i] = (mer__input){.present = i % 5 != 2, .values = f->vectors[i]};
  }
  for (int b = 0; b < B; b++) f->labels[b] = b % K;
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mer__network_clear(&f->network);
  mer__arena_clear(&f->arena);
  free(f);
  return 0;
}

static void rebuild(fixture *f, const char *kind, bool with_dropout) {
  mer__network_clear(&f->network);
  build_kind(f, kind, with_dropout);
}

static void backward_equals_finite_differences(void **state) {
  fixture *f = *state;
  for (int k = 0; k < 2 * N_KINDS; k++) {
    rebuild(f, kinds[k % N_KINDS], true);
    f->network.modality_dropout = 0.3;
    f->network.unimodal = k >= N_KINDS;
    assert_gradients(&(network_batch){&f->network, f->inputs, f->labels, B, &f->arena, NULL}, 3,
                     2e-4);
  }
}

/* The loss of values and twice the unimodal losses; `backward`: their gradients, too. */
static double concordance_loss(fixture *f, bool backward) {
  static const mer__noise noise = {.training = true, .seed = 3};
  static const mer__loss ccc = {.target = MER_TARGET_VALUES, .kind = MER_LOSS_CCC};
  mer__network_state *kept;
  mer_error err = {0};
  float y[B * K], targets[B * K];
  for (int i = 0; i < B * K; i++) targets[i] = f->vectors[i % B][i / B];
  mer__arena_reset(&f->arena);
  assert_ok(mer__network_forward(y, &kept, &f->network, f->inputs, B, &f->arena, &noise, &err));
  double total = mer__loss_forward(y, &ccc, y, targets, B, K);
  assert_ok(mer__unimodal_loss(&total, &f->network, kept, &ccc, 2, targets, B, &f->arena, &err));
  if (!backward) return total;
  mer__loss_backward(y, &ccc, y, targets, B, K);
  assert_ok(mer__network_backward(&f->network, kept, y, &f->arena, &err));
  return total;
}

static double concordance_loss_alone(void *of) { return concordance_loss(of, false); }

/* A loss that is no mean over rows. */
static void unimodal_losses_of_values(void **state) {
  fixture *f = *state;
  rebuild(f, "gated", false);
  f->network.unimodal = true;
  concordance_loss(f, true);
  assert_slopes(&f->network.params, concordance_loss_alone, f, 3, 5e-4);
}

static void prediction_asks_for_no_modality_alone(void **state) {
  fixture *f = *state;
  const mer__noise noise = {0};
  mer__network_state *kept;
  mer_error err = {0};
  float logits[B * K];
  rebuild(f, "late", false);
  f->network.unimodal = true;
  assert_ok(
      mer__network_forward(logits, &kept, &f->network, f->inputs, B, &f->arena, &noise, &err));
  for (int m = 0; m < N_MODALITIES; m++)
    assert_int_equal(mer__network_unimodal(&f->network, kept, m).n, 0);
}

static const float *golden(const mer_safetensors *file, const char *kind, const char *name) {
  char full[128];
  snprintf(full, sizeof full, "%s.%s", kind, name);
  const mer_tensor *tensor = mer_safetensors_find(file, full);
  if (!tensor) fail_msg("no tensor %s", full);
  return tensor->data;
}

/* The fusion's parameters and those of the head, by their names. */
static void read_golden(mer__params *params, const mer_safetensors *file, const char *kind) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->role == MER__CONSTANT) continue;
    memcpy(params->values + p->offset, golden(file, kind, p->name),
           (size_t)p->size * sizeof(float));
  }
}

static void expect_gradients(const mer__params *params, const mer_safetensors *file,
                             const char *kind, const char *of) {
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    char name[96];
    if (p->role == MER__CONSTANT) continue;
    snprintf(name, sizeof name, "%s.%s", of, p->name);
    const double error = relative_error(params->grads + p->offset - params->first_trained,
                                        golden(file, kind, name), (size_t)p->size);
    if (!(error <= 1e-5)) fail_msg("%s.%s: relative error %g", kind, name, error);
  }
}

static void golden_inputs(fixture *f, const mer_safetensors *file) {
  const float *present = mer_safetensors_find(file, "present")->data;
  const float *labels = mer_safetensors_find(file, "labels")->data;
  for (int m = 0; m < N_MODALITIES; m++) {
    char name[32];
    snprintf(name, sizeof name, "vectors.m%d", m);
    const float *vectors = mer_safetensors_find(file, name)->data;
    for (int b = 0; b < B; b++) {
      const int i = b * N_MODALITIES + m;
      memcpy(f->vectors[i], vectors + b * widths[m], (size_t)widths[m] * sizeof(float));
      f->inputs[i].present = present[i] > 0;
    }
  }
  for (int b = 0; b < B; b++) f->labels[b] = (int32_t)labels[b];
}

static int rows_with(const fixture *f, int m) {
  int n = 0;
  for (int b = 0; b < B; b++) n += f->inputs[b * N_MODALITIES + m].present;
  return n;
}

static void fusions_equal_pytorch(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  mer_safetensors *file;
  float logits[(1 + N_MODALITIES) * B * K];
  const network_batch batch = {&f->network, f->inputs, f->labels, B, &f->arena, logits};
  assert_ok(mer_safetensors_open(&file, GOLDEN "fusions/fusions.safetensors", &err));
  golden_inputs(f, file);
  for (int k = 0; k < 2 * N_KINDS; k++) {
    const char *kind = kinds[k % N_KINDS];
    rebuild(f, kind, false);
    f->network.unimodal = k >= N_KINDS;
    float *mean = mer__value(&f->network.params, 0); /* m1 is standardized: not here */
    memset(mean, 0, (size_t)f->network.params.items[0].size * sizeof *mean);
    read_golden(&f->network.params, file, kind);
    batch_loss(&batch, true);
    assert_true(max_difference(logits, golden(file, kind, "logits"), B * K) < 1e-5);
    expect_gradients(&f->network.params, file, kind, f->network.unimodal ? "unimodal" : "grad");
    const float *alone = logits + B * K;
    for (int m = 0; f->network.unimodal && m < N_MODALITIES; m++) {
      char name[32];
      snprintf(name, sizeof name, "alone.m%d", m);
      const int size = rows_with(f, m) * K;
      assert_true(max_difference(alone, golden(file, kind, name), size) < 1e-5);
      alone += size;
    }
  }
  mer_safetensors_close(file);
}

static void missing_modality_contributes_nothing(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  for (int k = 0; k < N_KINDS; k++) {
    rebuild(f, kinds[k], false);
    float with[K], changed[K];
    f->inputs[0].present = false;
    assert_ok(mer__network_forward(with, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
    f->vectors[0][0] += 100;
    assert_ok(
        mer__network_forward(changed, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
    assert_memory_equal(with, changed, sizeof with);
    f->inputs[0].present = true;
    assert_ok(
        mer__network_forward(changed, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
    assert_true(max_difference(with, changed, K) > 1e-3);
  }
}

/* A row's answer alone is the same as in a batch of rows that have other modalities. */
static void rows_do_not_meet(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  for (int k = 0; k < N_KINDS; k++) {
    float all[B * K], one[K];
    rebuild(f, kinds[k], false);
    assert_ok(mer__network_forward(all, NULL, &f->network, f->inputs, B, &f->arena, &noise, &err));
    for (int b = 0; b < B; b++) {
      assert_ok(mer__network_forward(one, NULL, &f->network, f->inputs + b * N_MODALITIES, 1,
                                     &f->arena, &noise, &err));
      assert_true(max_difference(one, all + b * K, K) < 1e-6);
    }
  }
}

/* The answers without each modality are those of rows that lack it. */
static void answers_without_a_modality(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  for (int k = 0; k < N_KINDS; k++) {
    float all[(1 + N_MODALITIES) * B * K], expected[B * K];
    bool present[B];
    rebuild(f, kinds[k], false);
    assert_ok(mer__network_answer(all, &f->network, f->inputs, B, true, &f->arena, &err));
    for (int m = -1; m < N_MODALITIES; m++) {
      for (int b = 0; m >= 0 && b < B; b++) {
        present[b] = f->inputs[b * N_MODALITIES + m].present;
        f->inputs[b * N_MODALITIES + m].present = false;
      }
      assert_ok(
          mer__network_forward(expected, NULL, &f->network, f->inputs, B, &f->arena, &noise, &err));
      assert_true(max_difference(all + (1 + m) * B * K, expected, B * K) < 1e-6);
      for (int b = 0; m >= 0 && b < B; b++) f->inputs[b * N_MODALITIES + m].present = present[b];
    }
  }
}

/* What a training step goes without: about as often as asked, never all, nothing in prediction. */
static void modalities_are_dropped(void **state) {
  enum { STEPS = 2000 };
  fixture *f = *state;
  mer_error err = {0};
  build_kind(f, "late", false);
  float whole[K], part[N_MODALITIES][K], logits[K];
  int n_times[1 << N_MODALITIES] = {0};
  for (int m = 0; m < N_MODALITIES; m++) f->inputs[m].present = true;
  const mer__noise predicting = {0};
  f->network.modality_dropout = 0.5;
  assert_ok(
      mer__network_forward(whole, NULL, &f->network, f->inputs, 1, &f->arena, &predicting, &err));
  for (int m = 0; m < N_MODALITIES; m++) { /* scores of each alone */
    for (int i = 0; i < N_MODALITIES; i++) f->inputs[i].present = i == m;
    assert_ok(mer__network_forward(part[m], NULL, &f->network, f->inputs, 1, &f->arena, &predicting,
                                   &err));
  }
  for (int m = 0; m < N_MODALITIES; m++) f->inputs[m].present = true;
  for (int step = 0; step < STEPS; step++) {
    const mer__noise noise = {.training = true, .seed = 9, .step = (uint64_t)step};
    mer__arena_reset(&f->arena);
    assert_ok(
        mer__network_forward(logits, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
    int found = 0;
    for (int set = 1; set < 1 << N_MODALITIES; set++) {
      float sum[K] = {0};
      for (int m = 0; m < N_MODALITIES; m++)
        for (int k = 0; k < K && (set >> m & 1); k++) sum[k] += part[m][k];
      if (max_difference(sum, logits, K) < 1e-5) found = set;
    }
    assert_true(found > 0);
    n_times[found]++;
  }
  for (int set = 1; set < 7; set++) assert_in_range(n_times[set], STEPS / 10, STEPS / 6);
  assert_in_range(n_times[7], STEPS / 5, 3 * STEPS / 10); /* also where all would be dropped */
}

/* Each encoder that is trained has sites of dropout of its own. */
static void encoders_draw_different_masks(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  mer__network *network = &f->network;
  const mer__encoder_settings settings = {.folder = GOLDEN "bert", .max_length = 8};
  network->n_modalities = 2;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find("concat");
  for (int m = 0; m < 2; m++) {
    mer__modality *modality = &network->modalities[m];
    assert_ok(mer__modality_create(modality, mer__encoder_type_find("bert"), &err));
    assert_ok(modality->type->adopt(modality, &settings, &err));
  }
  assert_ok(mer__network_build(network, &err));
  assert_int_equal(network->modalities[0].first_site, 0);
  assert_int_equal(network->modalities[1].first_site, MER__SITES_PER_ENCODER);
  mer__noise noise = {.training = true, .seed = 1, .step = 1};
  const mer__dropout first = mer__noise_dropout(&noise, 0.5, 3);
  noise.first_site = network->modalities[1].first_site;
  const mer__dropout second = mer__noise_dropout(&noise, 0.5, 3);
  assert_true(first.stream != second.stream);
}

/* The sites of all encoders end before those of the heads. */
_Static_assert(MER__SITES_PER_ENCODER *MER_MAX_MODALITIES <= MER__SITE_MLP, "sites overlap");

static void nothing_present_is_answered(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  for (int m = 0; m < N_MODALITIES; m++) f->inputs[m].present = false;
  for (int kind = 0; kind < N_KINDS; kind++) {
    float logits[K];
    rebuild(f, kinds[kind], false);
    assert_ok(
        mer__network_forward(logits, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
    for (int k = 0; k < K; k++) assert_true(isfinite(logits[k]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(backward_equals_finite_differences, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fusions_equal_pytorch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unimodal_losses_of_values, set_up, tear_down),
      cmocka_unit_test_setup_teardown(prediction_asks_for_no_modality_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(rows_do_not_meet, set_up, tear_down),
      cmocka_unit_test_setup_teardown(answers_without_a_modality, set_up, tear_down),
      cmocka_unit_test_setup_teardown(modalities_are_dropped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_modality_contributes_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(encoders_draw_different_masks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_present_is_answered, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
