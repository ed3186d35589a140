/* planes.c: frames of any of FFmpeg's pixel formats to channels of bytes, by the description that
 * FFmpeg has of each format. */
#include "image/planes.h"

#include "base/alloc.h"
#include "base/error.h"

static mer_status create(mer__planes *p, int n_channels, mer_error *err) {
  for (int c = 0; c < n_channels; c++) {
    p->channels[c] = mer__malloc((size_t)mer__plane_height(p, c), (size_t)mer__plane_width(p, c));
    if (!p->channels[c]) return mer__fail_memory(err);
  }
  return MER_OK;
}

void mer__planes_clear(mer__planes *planes) {
  for (int c = 0; c < 3; c++) mer__free(planes->channels[c]);
  *planes = (mer__planes){0};
}

/* The rows of a palette are 32-bit words: alpha, red, green, blue from the highest byte on. */
static void read_palette(mer__planes *p, const AVFrame *frame) {
  const uint32_t *palette = (const uint32_t *)(const void *)frame->data[1];
  for (int64_t y = 0; y < p->height; y++) {
    const uint8_t *row = frame->data[0] + y * frame->linesize[0];
    for (int64_t x = 0; x < p->width; x++)
      for (int c = 0; c < 3; c++)
        p->channels[c][y * p->width + x] = (uint8_t)(palette[row[x]] >> (16 - 8 * c));
  }
}

/* A value of `depth` bits as 8. */
static uint8_t to_byte(unsigned value, int depth) {
  if (depth >= 8) return (uint8_t)(value >> (depth - 8));
  return (uint8_t)(value * 255 / ((1U << depth) - 1));
}

/* `line` [width]: scratch. */
static void read_channel(mer__planes *p, int c, const AVFrame *frame,
                         const AVPixFmtDescriptor *format, uint16_t *line) {
  const int64_t height = mer__plane_height(p, c), width = mer__plane_width(p, c);
  const unsigned flip = frame->format == AV_PIX_FMT_MONOWHITE ? 1 : 0; /* 0 is white */
  for (int64_t y = 0; y < height; y++) {
    mer__ffmpeg.av_read_image_line2(line, (const uint8_t **)(uintptr_t)frame->data, frame->linesize,
                                    format, 0, (int)y, c, (int)width, 0, sizeof *line);
    for (int64_t x = 0; x < width; x++)
      p->channels[c][y * width + x] = to_byte(line[x] ^ flip, format->comp[c].depth);
  }
}

static bool is_colour(const AVPixFmtDescriptor *format, int pixel_format) {
  const uint64_t strange = AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT;
  if (!format || format->flags & strange || format->nb_components < 1) return false;
  for (int c = 0; c < format->nb_components; c++)
    if (format->comp[c].depth > 16) return false;
  return pixel_format != AV_PIX_FMT_XYZ12LE && pixel_format != AV_PIX_FMT_XYZ12BE;
}

static mer__colour_kind kind_of(const AVPixFmtDescriptor *format, enum AVCodecID codec) {
  if (format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) return MER__COLOUR_RGB;
  if (format->nb_components < 3) return MER__COLOUR_GREY;
  if (codec == AV_CODEC_ID_WEBP) return MER__COLOUR_WEBP;
  return codec == AV_CODEC_ID_MJPEG ? MER__COLOUR_JPEG : MER__COLOUR_VIDEO;
}

/* By the standard that the video names, or that of standard definition. */
static void find_matrix(mer__planes *p, const AVFrame *frame, const AVPixFmtDescriptor *format) {
  p->red = 0.299;
  p->blue = 0.114;
  if (frame->colorspace == AVCOL_SPC_BT709) {
    p->red = 0.2126;
    p->blue = 0.0722;
  } else if (frame->colorspace == AVCOL_SPC_BT2020_NCL) {
    p->red = 0.2627;
    p->blue = 0.0593;
  }
  const bool full = frame->color_range == AVCOL_RANGE_JPEG || format->name[3] == 'j'; /* yuvj.. */
  p->limited = p->kind == MER__COLOUR_VIDEO && !full;
}

mer_status mer__planes_read(mer__planes *p, const AVFrame *frame, enum AVCodecID codec,
                            const char *path, mer_error *err) {
  const AVPixFmtDescriptor *format = mer__ffmpeg.av_pix_fmt_desc_get(frame->format);
  if (!is_colour(format, frame->format))
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: its pixels are '%s', not colours", path,
                     format ? format->name : "?");
  *p =
      (mer__planes){.kind = kind_of(format, codec), .height = frame->height, .width = frame->width};
  if (p->kind != MER__COLOUR_RGB && p->kind != MER__COLOUR_GREY) {
    p->x_shift = format->log2_chroma_w;
    p->y_shift = format->log2_chroma_h;
    find_matrix(p, frame, format);
  }
  const int n_channels = p->kind == MER__COLOUR_GREY ? 1 : 3;
  uint16_t *line = mer__malloc((size_t)p->width, sizeof *line);
  mer_status status = line ? create(p, n_channels, err) : mer__fail_memory(err);
  if (status == MER_OK && format->flags & AV_PIX_FMT_FLAG_PAL) read_palette(p, frame);
  else if (status == MER_OK)
    for (int c = 0; c < n_channels; c++) read_channel(p, c, frame, format, line);
  mer__free(line);
  if (status != MER_OK) mer__planes_clear(p);
  return status;
}
