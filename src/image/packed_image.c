/* packed_image.c: an image as it is kept until a batch needs its values. */
#include "image/packed_image.h"

#include <string.h>

#include "base/error.h"

/* Before the pixels. */
typedef struct header {
  int32_t height, width;
  int32_t fitted; /* the image is as the network takes it */
} header;

/* Words of an image with its header. */
static size_t words_of(const header *head) {
  const size_t size = (size_t)head->height * (size_t)head->width * 3;
  return (sizeof *head + size + sizeof(float) - 1) / sizeof(float);
}

static mer_status put(mer__floats *out, const mer__image *image, bool fitted, mer_error *err) {
  const header head = {(int32_t)image->height, (int32_t)image->width, fitted};
  const size_t size = (size_t)(image->height * image->width) * 3, n_words = words_of(&head);
  if (mer__floats_resize(out, n_words) != 0) return mer__fail_memory(err);
  out->data[n_words - 1] = 0; /* what the pixels leave of it */
  memcpy(out->data, &head, sizeof head);
  memcpy((char *)out->data + sizeof head, image->pixels, size);
  return MER_OK;
}

mer_status mer__image_pack(mer__floats *out, const mer__image_processor *p, const mer__image *image,
                           const char *path, mer_error *err) {
  mer__image fitted = {0};
  /* Fitted in any case: what cannot be is told here, not in a batch. */
  mer_status status = mer__image_fit(&fitted, p, image, path, err);
  const bool smaller = image->height * image->width < p->height * p->width;
  if (status == MER_OK) status = put(out, smaller ? image : &fitted, !smaller, err);
  mer__image_clear(&fitted);
  return status;
}

/* What is read from a cache may be anything. */
static bool is_whole(const header *head, const mer__image_processor *p, int64_t n_words) {
  const int64_t room = n_words * (int64_t)sizeof(float) - (int64_t)sizeof *head;
  const int64_t n_pixels = (int64_t)head->height * head->width;
  const bool fits = !p || !head->fitted || (head->height == p->height && head->width == p->width);
  return fits && head->height >= 1 && head->width >= 1 && n_pixels <= room / 3;
}

int64_t mer__packed_words(const float *packed, int64_t n_words) {
  header head;
  if (n_words * (int64_t)sizeof(float) < (int64_t)sizeof head) return n_words;
  memcpy(&head, packed, sizeof head);
  if (head.height < 1 || head.width < 1 ||
      (int64_t)head.height * head.width > MER__IMAGE_MAX_PIXELS)
    return n_words;
  const int64_t n = (int64_t)words_of(&head);
  return n < n_words ? n : n_words;
}

int64_t mer__packed_count(const float *packed, int64_t n_words) {
  int64_t count = 0;
  do {
    const int64_t n = mer__packed_words(packed, n_words);
    packed += n;
    n_words -= n;
    count++;
  } while (n_words > 0);
  return count;
}

mer_status mer__packed_pixels(mer__image *image, bool *fitted, const mer__image_processor *p,
                              const float *packed, int64_t n_words, mer_error *err) {
  header head = {0};
  if (n_words * sizeof(float) >= sizeof head) memcpy(&head, packed, sizeof head);
  if (!is_whole(&head, p, n_words))
    return mer__fail(err, MER_STATUS_INTERNAL, "a packed image is not whole");
  *image = (mer__image){(uint8_t *)(uintptr_t)packed + sizeof head, head.height, head.width};
  *fitted = head.fitted != 0;
  return MER_OK;
}

mer_status mer__image_unpack(float *values, const mer__image_processor *p, const float *packed,
                             int64_t n_words, mer_error *err) {
  mer__image image, fitted = {0};
  bool is_fitted = false;
  mer_status status = mer__packed_pixels(&image, &is_fitted, p, packed, n_words, err);
  if (status == MER_OK && !is_fitted) status = mer__image_fit(&fitted, p, &image, "image", err);
  if (status == MER_OK) mer__image_normalize(values, p, is_fitted ? &image : &fitted);
  mer__image_clear(&fitted);
  return status;
}
