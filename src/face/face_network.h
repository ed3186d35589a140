/* face_network.h: CenterFace, which finds faces: a MobileNetV2, from whose last map three layers go
 * up again to a quarter of the image's size, where each pixel says whether a face is there and how
 * large it is. Source: Xu et al. 2019, arXiv:1911.03599; Sandler et al. 2018, arXiv:1801.04381. */
#ifndef MER_FACE_FACE_NETWORK_H
#define MER_FACE_FACE_NETWORK_H

#include "layers/conv2d.h"

enum {
  MER__FACE_STEP = 32,  /* height and width of the image are multiples of it */
  MER__FACE_STRIDE = 4, /* pixels of the image for one of the maps */
  MER__FACE_STAGES = 7, /* of blocks that have the same number of channels */
  MER__FACE_BLOCKS = 17,
  MER__FACE_UPS = 3,
};

/** A convolution with a bias, after it perhaps ReLU. */
typedef struct mer__face_conv {
  mer__conv2d conv;
  int64_t bias;
  bool relu;
} mer__face_conv;

/** 1 x 1 to more channels (not in the first block), 3 x 3 in each channel by itself, 1 x 1. */
typedef struct mer__face_block {
  mer__face_conv expand, project;
  int64_t weight, bias; /* of the filters */
  int64_t wide, stride; /* channels between */
  bool residual;        /* its input is added */
} mer__face_block;

/** Immutable once it is open. */
typedef struct mer__face_network {
  mer__params params;
  int64_t channels[MER__FACE_STAGES + 1]; /* of the stem and the stages */
  int64_t expansion, neck;
  mer__face_conv stem, top, ups[MER__FACE_UPS], sides[MER__FACE_UPS], head, score, size, offset;
  mer__face_block blocks[MER__FACE_BLOCKS];
  float *zeros, *ones; /* [most channels] */
} mer__face_network;

/** What a network says of an image: maps [height / 4, width / 4]. */
typedef struct mer__face_maps {
  int64_t height, width;
  const float *score;  /* of a face whose middle is there, before the sigmoid */
  const float *size;   /* [.., 2]: the logarithms of its height and width, in pixels of the maps */
  const float *offset; /* [.., 2]: its middle beside the pixel's corner, down and to the right */
} mer__face_maps;

/** Opens a directory (config.json, model.safetensors), as tools/get-encoder makes it.
 * MER_STATUS_NOT_FOUND, MER_STATUS_FORMAT, MER_STATUS_UNSUPPORTED, MER_STATUS_LIMIT, MER_STATUS_IO,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__face_network_open(mer__face_network *network, const char *folder, mer_error *err);
/** Accepts a zeroed or half-opened network. */
void mer__face_network_clear(mer__face_network *network);

/** `maps` of an image [height, width, 3] of values from 0 to 255, in the arena.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__face_network_forward(mer__face_maps *maps, const mer__face_network *network,
                                     const float *image, int64_t height, int64_t width,
                                     mer__arena *arena, mer_error *err);

#endif
