/* precomputed.h: features that come in .npy files instead of clips. */
#ifndef MER_DATA_PRECOMPUTED_H
#define MER_DATA_PRECOMPUTED_H

#include "base/digest.h"
#include "mer/data.h"

/** The path of that of `entries` [n], each "NAME=PATH", whose NAME is `name`; NULL: none is. */
const char *mer__precomputed_given(const char *const *entries, int n, const char *name);

/** Where the vectors of a modality are: `given`, if that is not NULL, else `<modality>.npy` beside
 * the tables, or a folder `<modality>` there with a {train,dev,test}.npy. `*source` is the caller's
 * (mer__free); NULL: there are none, or they are not looked for: of sound where the rows name
 * clips, or where the rows are of several data sets. MER_STATUS_NO_MEMORY. */
mer_status mer__precomputed_source(char **source, const mer_dataset *dataset, const char *modality,
                                   const char *given, mer_error *err);
/** The same, where something is needed: only sound can come from clips. MER_STATUS_NOT_FOUND,
 * MER_STATUS_UNSUPPORTED where the rows are of several data sets, MER_STATUS_NO_MEMORY. */
mer_status mer__precomputed_expect(char **source, const mer_dataset *dataset, const char *modality,
                                   const char *given, mer_error *err);
/** Looks at the files that have the vectors of the splits up to `last`, as far as these have rows,
 * without reading the vectors: `*width` of each. Statuses as mer__precomputed_load. */
mer_status mer__precomputed_check(int64_t *width, const char *source, const mer_dataset *dataset,
                                  mer_split last, mer_error *err);
/** The hash of such a file, or of those in the folder, each "" where it is not there. `monitor` is
 * asked whether to stop. MER_STATUS_IO, MER_STATUS_INTERRUPTED, MER_STATUS_NO_MEMORY. */
mer_status mer__precomputed_hash(char hex[MER__HASH_BYTES], const char *source,
                                 const mer_monitor *monitor, mer_error *err);

/** Fills `features` from `source`: a file, whose row i belongs to row i of the table, or a folder,
 * where row i of {split}.npy belongs to the split's row i. A row of NaN is MER_CLIP_NONE; one
 * that holds NaN, infinity or numbers of 1e30 and more among others is MER_CLIP_CORRUPT, and one
 * warning for each file counts these and names the first. MER_STATUS_FORMAT if numbers of rows or
 * widths do not agree. */
mer_status mer__precomputed_load(mer_features *features, const char *source,
                                 const mer_dataset *dataset, const mer_utterance *rows,
                                 int64_t n_rows, const mer_features_load_options *options,
                                 mer_error *err);

#endif
