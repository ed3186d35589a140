/* mer/mer.h: the stable part of the interface: encoders and models, what goes into them and what
 * they answer. Within one soname (libmer.so.0.1) functions, enumerators and members of structs are
 * added, never changed or taken away. What else the library can do is in mer/experimental.h. */
#ifndef MER_MER_H
#define MER_MER_H

#include "mer/base.h"
#include "mer/encoder.h"
#include "mer/media.h"
#include "mer/model.h"
#include "mer/predict.h"
#include "mer/speech.h"
#include "mer/tensor.h"
#include "mer/text.h"

#endif
