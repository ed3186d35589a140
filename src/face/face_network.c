/* face_network.c: the network's shape, and its parameters from their files. */
#include "face/face_network.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"
#include "layers/weights.h"
#include "nn/depthwise.h"
#include "nn/parallel.h"
#include "tensor/tensor_names.h"

enum { MAX_CHANNELS = 1024, MAX_EXPANSION = 16 };

/* Blocks of each stage, and the stride of its first. */
static const int n_blocks[MER__FACE_STAGES] = {1, 2, 3, 4, 3, 3, 1};
static const int strides[MER__FACE_STAGES] = {1, 2, 2, 2, 1, 2, 1};

static mer_status declare_conv(mer__face_conv *conv, mer__params *params, const char *name,
                               int64_t in, int64_t out, mer__window2d window, bool relu,
                               mer_error *err) {
  *conv = (mer__face_conv){.conv = {.in = in, .out = out, .window = window}, .relu = relu};
  mer_status status = mer__conv2d_declare(&conv->conv, params, name, err);
  if (status != MER_OK) return status;
  conv->bias = mer__params_add(params, MER__VECTOR, out, 0, "%s.bias", name);
  return conv->bias < 0 ? mer__params_fail(params, err) : MER_OK;
}

static const mer__window2d point = {.kernel = 1, .stride = 1};

static mer_status declare_block(mer__face_block *b, mer__params *params, int index, int64_t in,
                                int64_t out, int64_t expansion, mer_error *err) {
  char name[64];
  mer_status status = MER_OK;
  const int64_t shape[] = {b->wide = in * expansion, 1, 3, 3};
  snprintf(name, sizeof name, "blocks.%d.expand", index);
  if (expansion > 1) status = declare_conv(&b->expand, params, name, in, b->wide, point, true, err);
  if (status != MER_OK) return status;
  b->weight = mer__params_add_kernel(params, MER__VECTOR, 1, b->wide, MER__DEPTHWISE_TAPS,
                                     "blocks.%d.depthwise.weight", index);
  mer__params_set_file_shape(params, b->weight, 4, shape);
  b->bias = mer__params_add(params, MER__VECTOR, b->wide, 0, "blocks.%d.depthwise.bias", index);
  if (b->weight < 0 || b->bias < 0) return mer__params_fail(params, err);
  snprintf(name, sizeof name, "blocks.%d.project", index);
  b->residual = in == out && b->stride == 1;
  return declare_conv(&b->project, params, name, b->wide, out, point, false, err);
}

static mer_status declare_blocks(mer__face_network *f, mer_error *err) {
  mer_status status = MER_OK;
  int64_t in = f->channels[0];
  for (int s = 0, index = 0; s < MER__FACE_STAGES; s++)
    for (int i = 0; i < n_blocks[s] && status == MER_OK; i++, index++) {
      f->blocks[index].stride = i ? 1 : strides[s];
      status = declare_block(&f->blocks[index], &f->params, index, in, f->channels[s + 1],
                             index ? f->expansion : 1, err);
      in = f->channels[s + 1];
    }
  return status;
}

/* From the last map up again: each time to twice the size, to which the map of that size is added.
 */
static mer_status declare_neck(mer__face_network *f, mer_error *err) {
  static const int side_stages[MER__FACE_UPS] = {5, 3, 2};
  const int64_t n = f->neck;
  mer__params *params = &f->params;
  mer_status status =
      declare_conv(&f->top, params, "neck.top", f->channels[MER__FACE_STAGES], n, point, true, err);
  for (int i = 0; i < MER__FACE_UPS && status == MER_OK; i++) {
    char name[64];
    snprintf(name, sizeof name, "neck.up.%d", i);
    status = declare_conv(&f->ups[i], params, name, n, 4 * n, point, true, err);
    snprintf(name, sizeof name, "neck.side.%d", i);
    if (status == MER_OK)
      status = declare_conv(&f->sides[i], params, name, f->channels[side_stages[i]], n, point, true,
                            err);
  }
  return status;
}

static mer_status declare(mer__face_network *f, mer_error *err) {
  static const mer__window2d halving = {3, 2, 1}, square = {3, 1, 1};
  mer__params *params = &f->params;
  const int64_t n = f->neck;
  mer_status status;
  MER__CHECK(declare_conv(&f->stem, params, "stem", 3, f->channels[0], halving, true, err));
  MER__CHECK(declare_blocks(f, err));
  MER__CHECK(declare_neck(f, err));
  MER__CHECK(declare_conv(&f->head, params, "head.conv", n, n, square, true, err));
  MER__CHECK(declare_conv(&f->score, params, "head.score", n, 1, point, false, err));
  MER__CHECK(declare_conv(&f->size, params, "head.size", n, 2, point, false, err));
  MER__CHECK(declare_conv(&f->offset, params, "head.offset", n, 2, point, false, err));
cleanup:
  return status;
}

static mer_status read_config(mer__face_network *f, const char *path, mer_error *err) {
  const char *type = NULL;
  json_t *root = NULL;
  mer_status status;
  MER__CHECK(mer__config_read(&root, path, err));
  MER__CHECK(mer__config_string(&type, root, "model_type", true, path, err));
  if (strcmp(type, "centerface") != 0)
    MER__CHECK(mer__fail(err, MER_STATUS_UNSUPPORTED,
                         "%s: model_type is '%.100s', expected 'centerface', which finds faces",
                         path, type));
  MER__CHECK(mer__config_list(f->channels, MER__FACE_STAGES + 1, MAX_CHANNELS, root, "channels",
                              path, err));
  MER__CHECK(
      mer__config_integer(&f->expansion, root, "expansion", true, 2, MAX_EXPANSION, path, err));
  MER__CHECK(
      mer__config_integer(&f->neck, root, "neck_channels", true, 1, MAX_CHANNELS, path, err));
cleanup:
  json_decref(root);
  return status;
}

/* Of zeros and ones as many as the widest map has channels. */
static mer_status make_constants(mer__face_network *f, mer_error *err) {
  int64_t most = 4 * f->neck;
  for (int s = 0; s <= MER__FACE_STAGES; s++) most = mer__max(most, f->channels[s] * f->expansion);
  f->zeros = mer__calloc((size_t)most, sizeof *f->zeros);
  f->ones = mer__malloc((size_t)most, sizeof *f->ones);
  if (!f->zeros || !f->ones) return mer__fail_memory(err);
  for (int64_t i = 0; i < most; i++) f->ones[i] = 1;
  return MER_OK;
}

static mer_status load(mer__face_network *f, const char *folder, mer_error *err) {
  mer__tensor_files *files = NULL;
  mer__tensor_names names;
  mer_status status;
  MER__CHECK(mer__tensor_files_open(&files, folder, err));
  MER__CHECK(mer__tensor_names_open(&names, files, NULL, err));
  MER__CHECK(mer__params_load(&f->params, 0, f->params.n_items, true, &names,
                              mer__tensor_files_path(files), err));
  MER__CHECK(mer__weights_pack(&f->params, f->params.n_items, err));
cleanup:
  mer__tensor_files_close(files);
  return status;
}

mer_status mer__face_network_open(mer__face_network *f, const char *folder, mer_error *err) {
  *f = (mer__face_network){.params.frozen = true};
  char *path = mer__path_join(folder, "config.json");
  mer_status status;
  if (!path) return mer__fail_memory(err);
  MER__CHECK(read_config(f, path, err));
  MER__CHECK(declare(f, err));
  MER__CHECK(mer__params_allocate(&f->params, err));
  MER__CHECK(make_constants(f, err));
  MER__CHECK(load(f, folder, err));
cleanup:
  mer__free(path);
  if (status != MER_OK) mer__face_network_clear(f);
  return status;
}

void mer__face_network_clear(mer__face_network *f) {
  mer__params_clear(&f->params);
  mer__free(f->zeros);
  mer__free(f->ones);
  *f = (mer__face_network){0};
}
