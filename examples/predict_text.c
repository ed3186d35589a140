/* predict_text.c: the emotion of one line of text.
 *
 *   cc predict_text.c $(pkg-config --cflags --libs mer) -o predict_text
 *   ./predict_text text-model "You did all this for me?" */
#include <mer/mer.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: predict_text MODEL TEXT\n");
    return 2;
  }

  /* A function that can fail returns a status and fills an error with one line that says what is
   * wrong. The library itself never prints and never ends the program. */
  mer_error err = {0};
  mer_predictor *predictor = NULL;
  if (mer_predictor_open(&predictor, argv[1], &err) != MER_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }

  const mer_request request = {.text = argv[2], .text_size = strlen(argv[2])};
  mer_answer answer;
  mer_status status = mer_predictor_answer(&answer, predictor, &request, 1, &err);
  if (status == MER_OK && answer.status != MER_OK) { /* the call went well, but has no answer */
    status = answer.status;
    memcpy(err.message, answer.message, sizeof err.message);
  }
  const mer_model *model = mer_predictor_model(predictor);
  for (int32_t i = 0; status == MER_OK && i < answer.n_labels; i++)
    printf("%c %-10s %.3f\n", i == answer.label ? '*' : ' ', mer_model_label(model, i),
           answer.probs[i]);

  mer_predictor_close(predictor);
  if (status != MER_OK) fprintf(stderr, "%s\n", err.message);
  return status == MER_OK ? 0 : 1;
}
