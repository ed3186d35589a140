/* face_detector.h: the faces of an image. */
#ifndef MER_FACE_FACE_DETECTOR_H
#define MER_FACE_FACE_DETECTOR_H

#include "base/alloc.h"
#include "base/digest.h"
#include "image/image.h"

/** Most faces of an image that are kept, the surest ones. */
enum { MER__MAX_FACES = 32 };

/** A face: its box in pixels, and how sure it is, from 0 to 1. */
typedef struct mer__face {
  float left, top, right, bottom, score;
} mer__face;

/** What two boxes have in common, as a part of what they cover together: 0 to 1. */
float mer__face_overlap(const mer__face *a, const mer__face *b);

/** Finds faces. Immutable; may be shared by threads. */
typedef struct mer__face_detector mer__face_detector;

/** Opens a directory, as tools/get-encoder makes it of 'centerface'. Statuses as
 * mer__face_network_open. */
mer_status mer__face_detector_open(mer__face_detector **out, const char *folder, mer_error *err);
/** Accepts NULL. */
void mer__face_detector_close(mer__face_detector *detector);
/** Adds to a hash what its answers depend on. */
void mer__face_detector_hash(mer__hash *hash, const mer__face_detector *detector);

/** The faces [MER__MAX_FACES] of `image`, the surest first, and how many there are: none
 * in a strip so narrow that it has no pixels in the size in which it is looked at. What it computes
 * in is taken from the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__faces_find(mer__face *faces, int *n, const mer__face_detector *detector,
                           const mer__image *image, mer__arena *arena, mer_error *err);

#endif
