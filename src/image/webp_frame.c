/* webp_frame.c: a WebP file is RIFF: chunks with a name of four letters, the size of their data,
 * the data, and a byte more after data of odd size. An animation has the chunks VP8X (the canvas),
 * ANIM and an ANMF for each frame, in which are its place and the chunks of a still picture
 * (https://developers.google.com/speed/webp/docs/riff_container). */
#include "image/webp_frame.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "image/image_load.h"
#include "image/orientation.h"

enum {
  CHUNK_BYTES = 8,      /* before the data of a chunk */
  RIFF_BYTES = 12,      /* before the first chunk */
  VP8X_BYTES = 10,      /* flags, and the size of the canvas */
  PLACE_BYTES = 16,     /* of a frame before its chunks */
  MAX_CHUNKS = 1 << 16, /* that are looked through */
  HEAD_BYTES = RIFF_BYTES + CHUNK_BYTES + VP8X_BYTES
};

/* Flags of VP8X. */
enum { ANIMATION = 1 << 1, EXIF = 1 << 3, ALPHA = 1 << 4 };

/* The data of a chunk: where they begin in the file, 0 if there is no chunk. */
typedef struct chunk {
  char name[4];
  int64_t at, size;
} chunk;

/* Numbers have at most 4 bytes. */
static int64_t number(const uint8_t *bytes, int n) { return (int64_t)mer__little_endian(bytes, n); }

static uint8_t *put_number(uint8_t *out, int64_t value, int n) {
  for (int i = 0; i < n; i++) *out++ = (uint8_t)(value >> 8 * i);
  return out;
}

static int64_t padded(int64_t size) { return size + size % 2; }

static bool is_named(const chunk *c, const char *name) { return memcmp(c->name, name, 4) == 0; }

bool mer__webp_is_animated(mer__input *input) {
  uint8_t head[HEAD_BYTES];
  return mer__input_read(input, head, 0, sizeof head) == HEAD_BYTES &&
         memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBPVP8X", 8) == 0 &&
         head[RIFF_BYTES + CHUNK_BYTES] & ANIMATION;
}

/* All of `n` bytes, of which it is known that the file has had them. */
static mer_status read_bytes(uint8_t *out, mer__input *input, int64_t at, int64_t n,
                             mer_error *err) {
  if (mer__input_read(input, out, at, (size_t)n) == n) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: animated WebP: became shorter while it was read",
                   input->path);
}

/* The chunk at a place of what ends at `end`: the file, or a frame. */
static mer_status read_chunk(chunk *c, mer__input *input, int64_t at, int64_t end, mer_error *err) {
  uint8_t head[CHUNK_BYTES] = {0};
  if (end - at >= CHUNK_BYTES) {
    const mer_status status = read_bytes(head, input, at, CHUNK_BYTES, err);
    if (status != MER_OK) return status;
  }
  memcpy(c->name, head, sizeof c->name);
  c->at = at + CHUNK_BYTES;
  c->size = number(head + 4, 4);
  const int64_t after = c->at + c->size;
  if (after <= end) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: animated WebP: the chunk at byte %lld ends at byte %lld, expected at most "
                   "%lld",
                   input->path, (long long)at, (long long)after, (long long)end);
}

/* The first chunk of that name from a place on; its `at` is 0 if there is none. */
static mer_status find_chunk(chunk *c, mer__input *input, const char *name, int64_t at, int64_t end,
                             mer_error *err) {
  for (int n = 0; end - at >= CHUNK_BYTES; n++) {
    if (n == MAX_CHUNKS)
      return mer__fail(err, MER_STATUS_LIMIT,
                       "%s: animated WebP: no chunk %s among %d, more are not read", input->path,
                       name, (int)MAX_CHUNKS);
    const mer_status status = read_chunk(c, input, at, end, err);
    if (status != MER_OK || is_named(c, name)) return status;
    at = c->at + padded(c->size);
  }
  *c = (chunk){.at = 0};
  return MER_OK;
}

/* The head of the file: where its chunks begin and end, its flags, and its canvas. */
static mer_status read_head(mer__webp_frame *f, int64_t *begin, int64_t *end, int *flags,
                            mer__input *input, mer_error *err) {
  uint8_t head[HEAD_BYTES];
  const uint8_t *vp8x = head + RIFF_BYTES + CHUNK_BYTES;
  mer_status status = read_bytes(head, input, 0, sizeof head, err);
  if (status != MER_OK) return status;
  const int64_t size = number(vp8x - 4, 4);
  *begin = HEAD_BYTES - VP8X_BYTES + padded(size);
  *end = number(head + 4, 4) + CHUNK_BYTES;
  *flags = vp8x[0];
  f->canvas_width = number(vp8x + 4, 3) + 1;
  f->canvas_height = number(vp8x + 7, 3) + 1;
  if (*end > input->size)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: animated WebP: cut short: %lld bytes, expected %lld", input->path,
                     (long long)input->size, (long long)*end);
  if (size < VP8X_BYTES || *begin > *end)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: animated WebP: bytes of its chunk VP8X: %lld, expected %d", input->path,
                     (long long)size, (int)VP8X_BYTES);
  if (f->canvas_width * f->canvas_height > MER__IMAGE_MAX_PIXELS)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: %lld x %lld pixels, at most %d are read",
                     input->path, (long long)f->canvas_width, (long long)f->canvas_height,
                     (int)MER__IMAGE_MAX_PIXELS);
  return MER_OK;
}

/* The place of the frame whose chunk is `c`. */
static mer_status read_place(mer__webp_frame *f, const chunk *c, mer__input *input,
                             mer_error *err) {
  uint8_t place[PLACE_BYTES];
  if (c->size < PLACE_BYTES)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: animated WebP: bytes of its first frame: %lld, expected at least %d",
                     input->path, (long long)c->size, (int)PLACE_BYTES);
  mer_status status = read_bytes(place, input, c->at, sizeof place, err);
  if (status != MER_OK) return status;
  f->left = number(place, 3) * 2;
  f->top = number(place + 3, 3) * 2;
  f->width = number(place + 6, 3) + 1;
  f->height = number(place + 9, 3) + 1;
  if (f->left + f->width <= f->canvas_width && f->top + f->height <= f->canvas_height)
    return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: animated WebP: its first frame has %lld x %lld pixels from (%lld, %lld) "
                   "on, expected a place within %lld x %lld",
                   input->path, (long long)f->width, (long long)f->height, (long long)f->left,
                   (long long)f->top, (long long)f->canvas_width, (long long)f->canvas_height);
}

/* The chunks of the frame whose chunk is `c`: VP8L (lossless), or VP8 (lossy) after ALPH, if there
 * is one. Only unknown ones may follow. */
static mer_status find_parts(chunk *alpha, chunk *picture, const chunk *c, mer__input *input,
                             mer_error *err) {
  const int64_t end = c->at + c->size;
  *alpha = (chunk){.at = 0};
  mer_status status = read_chunk(picture, input, c->at + PLACE_BYTES, end, err);
  if (status == MER_OK && is_named(picture, "ALPH")) {
    *alpha = *picture;
    status = read_chunk(picture, input, alpha->at + padded(alpha->size), end, err);
  }
  if (status != MER_OK || is_named(picture, "VP8 ") || (!alpha->at && is_named(picture, "VP8L")))
    return status;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: animated WebP: its first frame has no picture at byte %lld, expected a "
                   "chunk VP8%s",
                   input->path, (long long)picture->at - CHUNK_BYTES, alpha->at ? "" : " or VP8L");
}

static mer_status find_orientation(mer__webp_frame *f, mer__input *input, int64_t begin,
                                   int64_t end, mer_error *err) {
  uint8_t bytes[4096]; /* the directory stands near the beginning */
  chunk exif;
  mer_status status = find_chunk(&exif, input, "EXIF", begin, end, err);
  if (status != MER_OK || !exif.at) return status;
  const int64_t n = exif.size < (int64_t)sizeof bytes ? exif.size : (int64_t)sizeof bytes;
  status = read_bytes(bytes, input, exif.at, n, err);
  if (status == MER_OK) f->orientation = mer__orientation_of_exif(bytes, (size_t)n);
  return status;
}

/* EXIF data stand after the frames. If the file is damaged there, its first frame is whole, and is
 * taken as upright. */
static mer_status read_orientation(mer__webp_frame *f, mer__input *input, int64_t begin,
                                   int64_t end, mer_error *err) {
  mer_error found = {0};
  const mer_status status = find_orientation(f, input, begin, end, &found);
  if (status == MER_OK || (status == MER_STATUS_FORMAT && !input->fault)) return MER_OK;
  if (err) *err = found;
  return status;
}

static uint8_t *put_head(uint8_t *out, const char *name, int64_t size) {
  memcpy(out, name, 4);
  return put_number(out + 4, size, 4);
}

/* A chunk of the still picture, copied from the file, if it is there. */
static mer_status put_chunk(uint8_t **out, const chunk *c, mer__input *input, mer_error *err) {
  if (!c->at) return MER_OK;
  uint8_t *data = put_head(*out, c->name, c->size);
  *out = data + padded(c->size);
  return read_bytes(data, input, c->at, c->size, err);
}

static mer_status make_still(mer__webp_frame *f, const chunk *alpha, const chunk *picture,
                             mer__input *input, mer_error *err) {
  int64_t n = HEAD_BYTES + CHUNK_BYTES + padded(picture->size);
  if (alpha->at) n += CHUNK_BYTES + padded(alpha->size);
  if (n > MER__IMAGE_MAX_BYTES)
    return mer__fail(err, MER_STATUS_LIMIT,
                     "%s: animated WebP: its first frame takes %lld bytes, at most %lld are read",
                     input->path, (long long)n, (long long)MER__IMAGE_MAX_BYTES);
  uint8_t *out = f->still = mer__calloc((size_t)n, 1);
  if (!out) return mer__fail_memory_for(err, input->path);
  f->n_bytes = (size_t)n;
  out = put_head(out, "RIFF", n - CHUNK_BYTES);
  memcpy(out, "WEBP", 4);
  out = put_head(out + 4, "VP8X", VP8X_BYTES);
  out = put_number(out, alpha->at ? ALPHA : 0, 4);
  out = put_number(out, f->width - 1, 3);
  out = put_number(out, f->height - 1, 3);
  mer_status status = put_chunk(&out, alpha, input, err);
  return status == MER_OK ? put_chunk(&out, picture, input, err) : status;
}

mer_status mer__webp_frame_read(mer__webp_frame *f, mer__input *input, mer_error *err) {
  chunk frame, alpha, picture;
  int64_t begin, end;
  int flags;
  mer_status status;
  *f = (mer__webp_frame){.orientation = MER__UPRIGHT};
  MER__CHECK(read_head(f, &begin, &end, &flags, input, err));
  MER__CHECK(find_chunk(&frame, input, "ANMF", begin, end, err));
  if (!frame.at)
    MER__CHECK(mer__fail(err, MER_STATUS_FORMAT,
                         "%s: animated WebP without a frame: expected a chunk ANMF", input->path));
  MER__CHECK(read_place(f, &frame, input, err));
  MER__CHECK(find_parts(&alpha, &picture, &frame, input, err));
  if (flags & EXIF) MER__CHECK(read_orientation(f, input, begin, end, err));
  MER__CHECK(make_still(f, &alpha, &picture, input, err));
cleanup:
  if (status != MER_OK) mer__webp_frame_clear(f);
  return status;
}

/* The canvas with the frame on it. */
static mer_status put_on_canvas(mer__image *image, const mer__webp_frame *f, mer_error *err) {
  mer__image canvas;
  mer_status status = mer__image_create(&canvas, f->canvas_height, f->canvas_width, err);
  if (status != MER_OK) return status;
  memset(canvas.pixels, 0, (size_t)(canvas.height * canvas.width) * 3);
  for (int64_t y = 0; y < f->height; y++)
    memcpy(canvas.pixels + ((f->top + y) * canvas.width + f->left) * 3,
           image->pixels + y * f->width * 3, (size_t)f->width * 3);
  mer__image_clear(image);
  *image = canvas;
  return MER_OK;
}

mer_status mer__webp_frame_place(mer__image *image, const mer__webp_frame *f, const char *path,
                                 mer_error *err) {
  mer_status status = MER_OK;
  if (image->width != f->width || image->height != f->height)
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: animated WebP: its first frame has %lld x %lld pixels, expected %lld x "
                       "%lld",
                       path, (long long)image->width, (long long)image->height, (long long)f->width,
                       (long long)f->height);
  else if (f->width < f->canvas_width || f->height < f->canvas_height)
    status = put_on_canvas(image, f, err);
  if (status == MER_OK) status = mer__orientation_undo(image, f->orientation, err);
  if (status != MER_OK) mer__image_clear(image);
  return status;
}

void mer__webp_frame_clear(mer__webp_frame *frame) {
  mer__free(frame->still);
  *frame = (mer__webp_frame){0};
}
