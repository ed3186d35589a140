/* map_room.c: memory of maps, from the arena of a pass. */
#include "layers/map_room.h"

#include "base/error.h"

mer_status mer__map_room_begin(mer__map_room *room, int64_t most, const mer__pass *pass,
                               mer_error *err) {
  *room = (mer__map_room){.arena = pass->arena, .training = pass->noise.training};
  for (int i = 0; i < MER__MAPS_IN_TURN && !room->training; i++) {
    room->ring[i] = mer__arena_alloc(pass->arena, (size_t)most, sizeof(float));
    if (!room->ring[i]) return mer__fail_memory(err);
  }
  return MER_OK;
}

float *mer__map_room_take(mer__map_room *room, int64_t n) {
  if (room->training) return mer__arena_alloc(room->arena, (size_t)n, sizeof(float));
  return room->ring[room->next++ % MER__MAPS_IN_TURN];
}
