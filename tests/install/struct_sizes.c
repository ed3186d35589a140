/* struct_sizes.c: prints the sizes of the structs of the stable interface, which programs are
 * compiled with. Those that have a `size` may grow; the others may not while the soname stays. */
#include "mer/mer.h"

#include <stdio.h>

#define SIZE(type) printf(#type " %zu\n", sizeof(type))

int main(void) {
  SIZE(mer_answer);
  SIZE(mer_audio);
  SIZE(mer_build_info);
  SIZE(mer_encoder_info);
  SIZE(mer_error);
  SIZE(mer_input_data);
  SIZE(mer_json_request);
  SIZE(mer_metadata);
  SIZE(mer_modality_info);
  SIZE(mer_monitor);
  SIZE(mer_request);
  SIZE(mer_sound);
  SIZE(mer_tensor);
  SIZE(mer_tokens);
  return 0;
}
