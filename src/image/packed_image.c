/* packed_image.c: an image as it is kept until a batch needs its values. */
#include "image/packed_image.h"

#include <string.h>

#include "base/error.h"

/* Before the pixels. */
typedef struct header {
  int32_t height, width;
  int32_t fitted; /* the image is as the network takes it */
} header;

static mer_status put(mer__floats *out, const mer__image *image, bool fitted, mer_error *err) {
  const header head = {(int32_t)image->height, (int32_t)image->width, fitted};
  const size_t size = (size_t)(image->height * image->width) * 3, word = sizeof *out->data;
  const size_t n_words = (sizeof head + size + word - 1) / word;
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
  if (head->height < 1 || head->width < 1 || n_pixels > room / 3) return false;
  return !head->fitted || (head->height == p->height && head->width == p->width);
}

mer_status mer__image_unpack(float *values, const mer__image_processor *p, const float *packed,
                             int64_t n_words, mer_error *err) {
  header head = {0};
  mer__image fitted = {0};
  mer_status status = MER_OK;
  if (n_words * sizeof(float) >= sizeof head) memcpy(&head, packed, sizeof head);
  if (!is_whole(&head, p, n_words))
    return mer__fail(err, MER_STATUS_INTERNAL, "a packed image is not whole");
  const mer__image image = {(uint8_t *)(uintptr_t)packed + sizeof head, head.height, head.width};
  if (!head.fitted) status = mer__image_fit(&fitted, p, &image, "image", err);
  if (status == MER_OK) mer__image_normalize(values, p, head.fitted ? &image : &fitted);
  mer__image_clear(&fitted);
  return status;
}
