/* face_detector.c: an image in the size in which faces are looked for, and boxes from what the
 * network says of it. */
#include "face/face_detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "face/face_network.h"
#include "image/image_resize.h"

/* The longer side of what the network is given: faces of a fifth of a television picture's height
 * have some 60 pixels then. Smaller images stay as they are. */
enum { LONGEST = 640 };

/* A face that is less sure is none, and one that has more in common with a surer one is the same.
 * The values that the authors publish. */
static const float LEAST_SCORE = 0.4F, MOST_OVERLAP = 0.3F;

/* Logarithms of sizes above it are no face's. */
static const float MOST_LOGARITHM = 6;

struct mer__face_detector {
  mer__face_network network;
};

mer_status mer__face_detector_open(mer__face_detector **out, const char *folder, mer_error *err) {
  *out = NULL;
  mer__face_detector *d = mer__calloc(1, sizeof *d);
  if (!d) return mer__fail_memory(err);
  mer_status status = mer__face_network_open(&d->network, folder, err);
  if (status == MER_OK) *out = d;
  else mer__free(d);
  return status;
}

void mer__face_detector_close(mer__face_detector *detector) {
  if (!detector) return;
  mer__face_network_clear(&detector->network);
  mer__free(detector);
}

void mer__face_detector_hash(mer__hash *hash, const mer__face_detector *detector) {
  const mer__params *params = &detector->network.params;
  mer__hash_add(hash, params->values, (size_t)params->size * sizeof *params->values);
}

float mer__face_overlap(const mer__face *a, const mer__face *b) {
  const float width = fminf(a->right, b->right) - fmaxf(a->left, b->left);
  const float height = fminf(a->bottom, b->bottom) - fmaxf(a->top, b->top);
  if (!(width > 0) || !(height > 0)) return 0;
  const float both = width * height;
  const float of_a = (a->right - a->left) * (a->bottom - a->top);
  const float of_b = (b->right - b->left) * (b->bottom - b->top);
  return both / (of_a + of_b - both);
}

/* A side of the image, `scale` times as long, in whole pixels. */
static int64_t scaled(int64_t side, double scale) {
  return (int64_t)floor((double)side * scale + .5);
}

static int64_t padded(int64_t n) {
  return (n + MER__FACE_STEP - 1) / MER__FACE_STEP * MER__FACE_STEP;
}

/* The values [height, width, 3] of an image, with zeros to its right and below; NULL: memory is
 * out. */
static const float *pad(const mer__image *image, int64_t height, int64_t width, mer__arena *arena) {
  float *values = mer__arena_alloc(arena, (size_t)(height * width * 3), sizeof *values);
  if (!values) return NULL;
  memset(values, 0, (size_t)(height * width * 3) * sizeof *values);
  for (int64_t y = 0; y < image->height; y++)
    for (int64_t i = 0; i < image->width * 3; i++)
      values[y * width * 3 + i] = (float)image->pixels[y * image->width * 3 + i];
  return values;
}

/* What the network says of the image in another size. */
static mer_status look(mer__face_maps *maps, const mer__face_detector *d, const mer__image *image,
                       int64_t height, int64_t width, mer__arena *arena, mer_error *err) {
  mer__image small = {0};
  mer_status status = mer__image_resize(&small, image, height, width, MER__IMAGE_BILINEAR, err);
  if (status != MER_OK) return status;
  const float *values = pad(&small, padded(height), padded(width), arena);
  mer__image_clear(&small);
  if (!values) return mer__fail_memory(err);
  return mer__face_network_forward(maps, &d->network, values, padded(height), padded(width), arena,
                                   err);
}

/* The face of pixel (y, x) of the maps, in pixels of the image. */
static mer__face face_at(const mer__face_maps *maps, int64_t y, int64_t x, double scale,
                         const mer__image *image) {
  const int64_t i = y * maps->width + x;
  const float unit = (float)(MER__FACE_STRIDE / scale);
  const float height = expf(fminf(maps->size[2 * i], MOST_LOGARITHM)) * unit;
  const float width = expf(fminf(maps->size[2 * i + 1], MOST_LOGARITHM)) * unit;
  const float middle_y = ((float)y + maps->offset[2 * i] + .5F) * unit;
  const float middle_x = ((float)x + maps->offset[2 * i + 1] + .5F) * unit;
  return (mer__face){.left = fmaxf(middle_x - width / 2, 0),
                     .top = fmaxf(middle_y - height / 2, 0),
                     .right = fminf(middle_x + width / 2, (float)image->width),
                     .bottom = fminf(middle_y + height / 2, (float)image->height),
                     .score = 1 / (1 + expf(-maps->score[i]))};
}

/* The surest first; of equal ones the upper one. */
static int compare(const void *a, const void *b) {
  const mer__face *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? 1 : -1;
  if (x->top != y->top) return x->top < y->top ? -1 : 1;
  return (x->left > y->left) - (x->left < y->left);
}

/* Keeps of `found` [n], sorted, those that are not the same as a surer one. */
static int keep(mer__face *faces, const mer__face *found, int64_t n) {
  int n_faces = 0;
  for (int64_t i = 0; i < n && n_faces < MER__MAX_FACES; i++) {
    bool is_new = true;
    for (int k = 0; k < n_faces && is_new; k++)
      is_new = mer__face_overlap(&faces[k], &found[i]) <= MOST_OVERLAP;
    if (is_new) faces[n_faces++] = found[i];
  }
  return n_faces;
}

mer_status mer__faces_find(mer__face *faces, int *n, const mer__face_detector *detector,
                           const mer__image *image, mer__arena *arena, mer_error *err) {
  const int64_t longer = image->height > image->width ? image->height : image->width;
  const double scale = longer > LONGEST ? (double)LONGEST / (double)longer : 1;
  const int64_t height = scaled(image->height, scale), width = scaled(image->width, scale);
  mer__face_maps maps;
  *n = 0;
  if (height < 1 || width < 1) return MER_OK; /* too narrow a picture to show a face */
  mer_status status = look(&maps, detector, image, height, width, arena, err);
  if (status != MER_OK) return status;
  mer__face *found = mer__arena_alloc(arena, (size_t)(maps.height * maps.width), sizeof *found);
  if (!found) return mer__fail_memory(err);
  int64_t n_found = 0;
  for (int64_t y = 0; y < maps.height; y++)
    for (int64_t x = 0; x < maps.width; x++) {
      const mer__face face = face_at(&maps, y, x, scale, image);
      const bool is_box = face.right > face.left && face.bottom > face.top;
      if (face.score >= LEAST_SCORE && is_box) found[n_found++] = face;
    }
  qsort(found, (size_t)n_found, sizeof *found, compare);
  *n = keep(faces, found, n_found);
  return MER_OK;
}
