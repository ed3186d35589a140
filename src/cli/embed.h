/* embed.h: what the parts of `mer embed` share. */
#ifndef MER_CLI_EMBED_H
#define MER_CLI_EMBED_H

#include "mer/encoder.h"

/** Prints {"id": id, "name": [values]} in one line; `id` is JSON text, or NULL. */
void cli_print_vector(const char *name, const float *values, int64_t n, const char *id);

/** Embeds clips: those that JSON lines name, of the file `lines` or "-", else paths [n]. */
mer_status cli_embed_sounds(const mer_encoder *encoder, const char *lines, char **paths, int n,
                            mer_error *err);

#endif
