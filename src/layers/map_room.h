/* map_room.h: where layers of convolutions put their maps: while training each has memory of its
 * own, for prediction they take turns in a ring. */
#ifndef MER_LAYERS_MAP_ROOM_H
#define MER_LAYERS_MAP_ROOM_H

#include "layers/pass.h"

enum { MER__MAPS_IN_TURN = 4 };

typedef struct mer__map_room {
  mer__arena *arena;
  bool training;
  float *ring[MER__MAPS_IN_TURN]; /* each [most]; of prediction */
  int next;
} mer__map_room;

/** Room for maps of up to `most` floats. MER_STATUS_NO_MEMORY. */
mer_status mer__map_room_begin(mer__map_room *room, int64_t most, const mer__pass *pass,
                               mer_error *err);
/** Room for n floats, which the next three calls leave alone; NULL if memory is out. */
float *mer__map_room_take(mer__map_room *room, int64_t n);

#endif
