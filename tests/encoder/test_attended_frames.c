/* test_attended_frames.c: faces of videos that attention joins, of an encoder that is trained or
 * frozen: vectors, logits and gradients against PyTorch (tests/golden/make_video_frames.py), finite
 * differences; model directories. */
#include "encoder/encoder_golden.h"
#include "image/packed_image.h"

enum { SIDE = 24, PIXELS = 3 * SIDE * SIDE, H = 8 };

typedef struct fixture {
  golden_network g;
  mer__floats packed[B];
} fixture;

/* The faces of a video, one after the other. */
static void pack_video(mer__floats *joined, const mer__image_processor *processor,
                       const float *values, int64_t n) {
  uint8_t pixels[PIXELS];
  const mer__image image = {pixels, SIDE, SIDE};
  mer__floats one = {0};
  mer_error err = {0};
  for (int64_t i = 0; i < n; i++) {
    const size_t at = joined->n;
    for (int k = 0; k < PIXELS; k++) pixels[k] = (uint8_t)values[i * PIXELS + k];
    assert_ok(mer__image_pack(&one, processor, &image, "test", &err));
    assert_int_equal(mer__floats_resize(joined, at + one.n), 0);
    memcpy(joined->data + at, one.data, one.n * sizeof *one.data);
  }
  mer__floats_clear(&one);
}

static fixture *open_videos(bool attend, bool frozen) {
  fixture *f = calloc(1, sizeof *f);
  golden_network *g = &f->g;
  const char *folder = golden_folder("vision", "video");
  const mer__encoder_settings settings = {.folder = folder, .attend_frames = attend};
  golden_open(g, folder, &settings, frozen, "pixels", PIXELS);
  const mer__modality *modality = &g->model.network.modalities[0];
  mer__params *params = &g->model.network.params;
  const int64_t attention[] = {modality->frames.keys.weight, modality->frames.keys.bias,
                               modality->frames.query};
  for (int i = 0; attend && i < 3; i++) {
    const mer__param *p = &params->items[attention[i]];
    memcpy(mer__value(params, attention[i]), golden_values(g, p->name, p->size),
           (size_t)p->size * sizeof(float));
  }
  for (int b = 0; b < B; b++) {
    mer__input *input = &g->inputs[b];
    pack_video(&f->packed[b], modality->images, input->values, input->length / PIXELS);
    *input = (mer__input){
        .present = true, .length = (int64_t)f->packed[b].n, .image = f->packed[b].data};
  }
  return f;
}

static void close_videos(fixture *f) {
  for (int b = 0; b < B; b++) mer__floats_clear(&f->packed[b]);
  golden_close(&f->g);
  free(f);
}

static void vectors_equal_pytorch(void **state) {
  (void)state;
  mer_error err = {0};
  float vectors[B * H], alone[H];
  fixture *f = open_videos(true, false);
  for (int packed = 0; packed < 2; packed++) {
    if (packed) assert_ok(mer__network_pack(&f->g.model.network, &err));
    golden_encode(vectors, &f->g, f->g.inputs, B);
    assert_near(max_difference(vectors, golden_values(&f->g, "vectors", B * H), B * H), 0, 1e-5);
    for (int b = 0; b < B; b++) {
      golden_encode(alone, &f->g, &f->g.inputs[b], 1);
      assert_near(max_difference(vectors + b * H, alone, H), 0, 2e-6);
    }
  }
  close_videos(f);
}

/* What a frozen encoder has given for each face before. */
static void known_vectors_are_joined(void **state) {
  (void)state;
  enum { FACES = 9 };
  fixture *f = open_videos(true, true);
  float of_faces[FACES * H], vectors[B * H], *to = of_faces;
  for (int b = 0; b < B; b++) {
    mer__input *input = &f->g.inputs[b], face = *input;
    input->n_vectors = mer__input_images(input);
    input->vector = to;
    face.length = input->length / input->n_vectors;
    for (int64_t i = 0; i < input->n_vectors; i++, to += H, face.image += face.length)
      golden_encode(to, &f->g, &face, 1);
  }
  assert_ptr_equal(to, of_faces + FACES * H);
  golden_encode(vectors, &f->g, f->g.inputs, B);
  assert_near(max_difference(vectors, golden_values(&f->g, "vectors", B * H), B * H), 0, 1e-5);
  golden_check_gradients(&f->g);
  close_videos(f);
}

/* Without attention they are others, of all videos but those of one face. */
static void attention_is_not_the_mean(void **state) {
  (void)state;
  float means[B * H];
  fixture *f = open_videos(false, false);
  golden_encode(means, &f->g, f->g.inputs, B);
  const float *attended = golden_values(&f->g, "vectors", B * H);
  for (int b = 0; b < B; b++) {
    const bool one = mer__input_images(&f->g.inputs[b]) == 1;
    assert_true((max_difference(means + b * H, attended + b * H, H) < 1e-5) == one);
  }
  close_videos(f);
}

static void gradients_equal_pytorch(void **state) {
  (void)state;
  for (int frozen = 0; frozen < 2; frozen++) {
    fixture *f = open_videos(true, frozen);
    golden_check_gradients(&f->g);
    const mer__params *params = &f->g.model.network.params;
    assert_true(mer__is_trained(params, f->g.model.network.modalities[0].frames.query));
    assert_true(mer__is_trained(params, 0) != frozen);
    close_videos(f);
  }
}

static void gradients_equal_finite_differences(void **state) {
  (void)state;
  for (int frozen = 0; frozen < 2; frozen++) {
    fixture *f = open_videos(true, frozen);
    golden_network *g = &f->g;
    golden_train(g);
    assert_gradients(&(network_batch){&g->model.network, g->inputs, g->labels, B, &g->arena, NULL},
                     3, 2e-3);
    close_videos(f);
  }
}

/* Also with weights that are rounded: the attention's are not. */
static void a_model_opens_again(void **state) {
  (void)state;
  mer_error err = {0};
  float exact[B * H], rounded[B * H];
  fixture *f = open_videos(true, false);
  golden_opens_again(&f->g);
  golden_encode(exact, &f->g, f->g.inputs, B);
  close_videos(f);
  f = open_videos(true, false);
  assert_ok(mer__network_quantize(&f->g.model.network, false, &err));
  golden_encode(rounded, &f->g, f->g.inputs, B);
  assert_true(relative_error(rounded, exact, B * H) < 0.03);
  close_videos(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_equal_pytorch),
                                     cmocka_unit_test(known_vectors_are_joined),
                                     cmocka_unit_test(attention_is_not_the_mean),
                                     cmocka_unit_test(gradients_equal_pytorch),
                                     cmocka_unit_test(gradients_equal_finite_differences),
                                     cmocka_unit_test(a_model_opens_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
