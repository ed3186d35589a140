/* vector_math.h: exp and erfc without branches, for loops that the compiler turns into vectors. The
 * polynomials interpolate at Chebyshev nodes, computed in exact fractions and rounded to f32, and
 * are summed as trees: chains of products would wait for each other. */
#ifndef MER_NN_VECTOR_MATH_H
#define MER_NN_VECTOR_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/dispatch.h"

MER__INLINE uint32_t mer__float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

MER__INLINE float mer__float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/** e^x: 2^n e^r with |r| <= log(2)/2. Relative error below 2e-7 for -87.3 <= x <= 88; 0 below,
 * infinity above; NaN stays. */
MER__INLINE float mer__exp(float x) {
  const float round = 0x1.8p23f; /* adding it leaves an integer in the low bits */
  float c = x < -87.3f ? -87.3f : x;
  c = c > 88.0f ? 88.0f : c;
  float shifted = c * 1.44269504f + round, n = shifted - round;
  float r = c - n * 0.693359375f; /* log(2) in two parts, the first exact in products */
  r -= n * -2.12194440e-4f;
  float r2 = r * r;
  float high = 0.0416663528f + 0.00837513278f * r + 0.00139411164f * r2;
  float p = 1.0f + r + r2 * (0.500000005f + 0.166664154f * r + r2 * high);
  p *= mer__float_of_bits((mer__float_bits(shifted) - mer__float_bits(round) + 127) << 23);
  p = x < -87.3f ? 0.0f : p;
  return x > 88.0f ? INFINITY : p;
}

/** 1 - erf(t) for t >= 0: exp(t g(t)), g = log(erfc(t)) / t fitted on [0, 3.95]; beyond, it decays
 * to 0. Absolute error below 2e-7; NaN stays. */
MER__INLINE float mer__erfc(float t) {
  t = t > 20.0f ? 20.0f : t;
  float t2 = t * t, t4 = t2 * t2;
  float a = -1.12837936f - 0.636609794f * t + t2 * (-0.102854285f + 0.0193810341f * t);
  float b = -0.000164929445f - 0.00142689701f * t + t2 * (0.000545953265f - 0.000108296824f * t);
  float c = 1.17027523e-05f - 5.42910887e-07f * t;
  return mer__exp(t * (a + t4 * (b + t4 * c)));
}

#endif
