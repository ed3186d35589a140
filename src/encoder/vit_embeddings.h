/* vit_embeddings.h: what stands before the layers of a vision transformer (Dosovitskiy et al., "An
 * image is worth 16x16 words", 2021): each square patch of the image goes through a Linear layer,
 * the row of a class token stands before these, and the embedding of its place is added to each. */
#ifndef MER_ENCODER_VIT_EMBEDDINGS_H
#define MER_ENCODER_VIT_EMBEDDINGS_H

#include "layers/pass.h"

typedef struct mer__vit_embeddings {
  int64_t n_channels, image_size, patch_size, hidden; /* set before declare */
  int64_t class_token, positions;                     /* parameters [H], [rows, H] */
  int64_t weight, bias;                               /* [H, n_channels * patch_size^2], [H] */
} mer__vit_embeddings;

/** Declares the parameters, by the names that transformers has. MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__vit_embeddings_declare(mer__vit_embeddings *e, mer__params *params, mer_error *err);

/** Rows of an image: its patches and the class token. */
int64_t mer__vit_embeddings_rows(const mer__vit_embeddings *e);

/** rows [n, rows, H] of images [n], each [n_channels, image_size, image_size]. `*patches`, in the
 * arena, is for backward. MER_STATUS_NO_MEMORY. */
mer_status mer__vit_embeddings_forward(float *rows, float **patches, const mer__vit_embeddings *e,
                                       const float *const *images, int64_t n, const mer__pass *pass,
                                       mer_error *err);
/** Adds the parameters' gradients for drows, which is overwritten. */
void mer__vit_embeddings_backward(float *drows, const float *patches, const mer__vit_embeddings *e,
                                  int64_t n, const mer__pass *pass);

#endif
