/* example_faces.h: the faces that a model has seen in the videos of rows that are shown. */
#ifndef MER_REPORT_EXAMPLE_FACES_H
#define MER_REPORT_EXAMPLE_FACES_H

#include "mer/eval.h"

/** Of each of the rows `picked` [n] of `rows` that has a video and no image, if the model looks at
 * images: the middle one of the faces that it takes of it, as an address of data in `faces` [n],
 * for mer__free; NULL: no face is found, or nothing could find one. Nothing is told to the monitor,
 * which is asked whether to stop. Statuses as mer_predict_rows. */
mer_status mer__example_faces(char **faces, const mer_model *model, const mer_utterance *rows,
                              const int64_t *picked, int32_t n, const mer_predict_options *options,
                              mer_error *err);

#endif
