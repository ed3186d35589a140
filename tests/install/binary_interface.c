/* binary_interface.c: prints the numbers of the stable interface that programs are compiled with:
 * sizes of structs and values of enumerators. Structs that have a `size` are left out: they may
 * grow. The others stay as they are while the soname stays, and enumerators are added at the end.
 */
#include "mer/mer.h"

#include <stdio.h>

#define SIZE(type) printf(#type " %zu\n", sizeof(type))

int main(void) {
  SIZE(mer_answer);
  SIZE(mer_audio);
  SIZE(mer_build_info);
  SIZE(mer_context);
  SIZE(mer_encoder_info);
  SIZE(mer_error);
  SIZE(mer_image);
  SIZE(mer_input_data);
  SIZE(mer_json_request);
  SIZE(mer_metadata);
  SIZE(mer_modality_info);
  SIZE(mer_monitor);
  SIZE(mer_part_key);
  SIZE(mer_request);
  SIZE(mer_sound);
  SIZE(mer_tensor);
  SIZE(mer_tokens);
  SIZE(mer_turn);
#define STATUS(name, text) printf("MER_STATUS_" #name " %d\n", (int)MER_STATUS_##name);
  MER_STATUS_MAP(STATUS)
#define DTYPE(name, text, bytes) printf("MER_DTYPE_" #name " %d\n", (int)MER_DTYPE_##name);
  MER_DTYPE_MAP(DTYPE)
  return 0;
}
