/* predict_support.h: requests of a text and of a clip of the test's folder, and their answers. */
#ifndef MER_PREDICT_SUPPORT_H
#define MER_PREDICT_SUPPORT_H

#include "mer/predict.h"
#include "train/train_support.h"

static inline mer_request request_of(const char *text, const char *wav) {
  static char paths[8][512];
  static int next;
  mer_request request = {.text = text, .text_size = text ? strlen(text) : 0};
  if (!wav) return request;
  request.sound.path = paths[next = (next + 1) % 8];
  snprintf(paths[next], sizeof paths[0], "%s", in_folder(wav));
  return request;
}

static inline mer_answer answer_of(const mer_predictor *predictor, const mer_request *request) {
  mer_answer answer;
  mer_error err = {0};
  assert_ok(mer_predictor_answer(&answer, predictor, request, 1, &err));
  return answer;
}

#endif
