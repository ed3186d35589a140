/* mer/experimental.h: the rest of the interface: data sets, evaluation, training, reports, as the
 * program mer uses them. These headers are not stable: any release may change a function or a
 * struct of theirs. */
#ifndef MER_EXPERIMENTAL_H
#define MER_EXPERIMENTAL_H

#include "mer/data.h"
#include "mer/eval.h"
#include "mer/mer.h"
#include "mer/report.h"
#include "mer/timeline.h"
#include "mer/train.h"
#include "mer/transcript.h"
#include "mer/voice.h"

#endif
