/* image.c: the memory of pictures. */
#include "image/image.h"

#include "base/alloc.h"
#include "base/error.h"

mer_status mer__image_create(mer__image *image, int64_t height, int64_t width, mer_error *err) {
  *image = (mer__image){.height = height, .width = width};
  image->pixels = mer__malloc((size_t)(height * width), 3);
  return image->pixels ? MER_OK : mer__fail_memory(err);
}

void mer__image_clear(mer__image *image) {
  mer__free(image->pixels);
  *image = (mer__image){0};
}
