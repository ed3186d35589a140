/* machine_peak.c: what the processor and the memory can do at most, on all cores: the floors of
 * docs/performance.md. A multiplication and an addition are two operations.
 *
 *   cc -O3 -fopenmp bench/machine_peak.c -o machine_peak && ./machine_peak
 *
 * f32: fused multiply-adds on registers, of AVX2 and, where there is one, of AVX-512. int8: the
 * products that AVX2 has for it, with their additions: of 16-bit pairs, and of bytes, four of which
 * are added in 16 bits before they are widened; the products of AVX512_VNNI. bfloat16: those of
 * AVX512_BF16. Memory: reading, and reading and writing, three
 * arrays of 64 MB. x86-64 alone. */
#include <immintrin.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUMS = 12, REPETITIONS = 40 * 1000 * 1000 };
static const long n_floats = 16 << 20;

#define TWELVE_TIMES(STEP) \
  STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11)

#define ADD_FIRST(j) sum += (float)s[j][0];

/* NAME(): the sum of what twelve chains of additions have come to. STEP(j) adds a product of a and
 * b to s[j]. */
#define DEFINE_CHAINS(NAME, TARGET, VECTOR, STEP)                   \
  __attribute__((target(TARGET))) static float NAME(void) {         \
    VECTOR s[SUMS] = {0}, a = (VECTOR){0} + 1, b = (VECTOR){0} + 1; \
    float sum = 0;                                                  \
    __asm__ volatile("" : "+x"(a), "+x"(b));                        \
    for (long i = 0; i < REPETITIONS; i++) {                        \
      TWELVE_TIMES(STEP)                                            \
    }                                                               \
    TWELVE_TIMES(ADD_FIRST)                                         \
    return sum;                                                     \
  }

typedef float f32x8 __attribute__((vector_size(32)));
typedef float f32x16 __attribute__((vector_size(64)));
typedef int i32x8 __attribute__((vector_size(32)));
typedef int i32x16 __attribute__((vector_size(64)));
typedef short i16x16 __attribute__((vector_size(32)));
#define ADD_PRODUCT_F32(j) __asm__ volatile("vfmadd231ps %2, %1, %0" : "+x"(s[j]) : "x"(a), "x"(b));
#define ADD_PRODUCT_BF16(j) __asm__ volatile("vdpbf16ps %2, %1, %0" : "+x"(s[j]) : "x"(a), "x"(b));
#define ADD_PRODUCT_VNNI(j) __asm__ volatile("vpdpbusd %2, %1, %0" : "+x"(s[j]) : "x"(a), "x"(b));
#define ADD_PRODUCT_INT(j)                                                    \
  {                                                                           \
    i32x8 product;                                                            \
    __asm__ volatile("vpmaddwd %2, %1, %0" : "=x"(product) : "x"(a), "x"(b)); \
    s[j] += product;                                                          \
  }
#define ADD_RUN_OF_BYTES(j)                                                       \
  {                                                                               \
    i16x16 product, run = {0};                                                    \
    for (int k = 0; k < 4; k++) {                                                 \
      __asm__ volatile("vpmaddubsw %2, %1, %0" : "=x"(product) : "x"(a), "x"(b)); \
      run += product;                                                             \
    }                                                                             \
    i32x8 wide;                                                                   \
    __asm__ volatile("vpmaddwd %2, %1, %0" : "=x"(wide) : "x"(run), "x"(a));      \
    s[j] += wide;                                                                 \
  }
DEFINE_CHAINS(bytes_avx2, "avx2", i32x8, ADD_RUN_OF_BYTES)
DEFINE_CHAINS(fma_avx2, "avx2,fma", f32x8, ADD_PRODUCT_F32)
DEFINE_CHAINS(fma_avx512, "avx512f", f32x16, ADD_PRODUCT_F32)
DEFINE_CHAINS(bf16_avx512, "avx512f,avx512bf16", f32x16, ADD_PRODUCT_BF16)
DEFINE_CHAINS(vnni_avx512, "avx512f,avx512vnni", i32x16, ADD_PRODUCT_VNNI)
DEFINE_CHAINS(int_avx2, "avx2", i32x8, ADD_PRODUCT_INT)

static void report_chains(const char *name, float (*chains)(void), int operations) {
  float sum = 0;
  double start = omp_get_wtime();
#pragma omp parallel reduction(+ : sum)
  sum += chains();
  double seconds = omp_get_wtime() - start;
  printf("%s: %.0f G a second%s\n", name,
         (double)REPETITIONS * SUMS * operations * omp_get_max_threads() / seconds / 1e9,
         sum < 0 ? "!" : "");
}

static void report_memory(void) {
  float *x[3];
  double sum = 0;
  for (int j = 0; j < 3; j++) {
    x[j] = malloc((size_t)n_floats * sizeof(float));
    if (!x[j]) exit(1);
#pragma omp parallel for
    for (long i = 0; i < n_floats; i++) x[j][i] = (float)i;
  }
  double start = omp_get_wtime();
#pragma omp parallel for simd reduction(+ : sum)
  for (long i = 0; i < n_floats; i++) sum += x[0][i] + x[1][i] + x[2][i];
  printf("memory, read: %.0f GB a second%s\n",
         (double)n_floats * 12 / (omp_get_wtime() - start) / 1e9, sum < 0 ? "!" : "");
  start = omp_get_wtime();
#pragma omp parallel for simd
  for (long i = 0; i < n_floats; i++) {
    x[1][i] += x[0][i];
    x[2][i] += x[1][i];
    x[0][i] -= x[2][i];
  }
  printf("memory, read and written: %.0f GB a second in both directions\n",
         (double)n_floats * 24 / (omp_get_wtime() - start) / 1e9);
  for (int j = 0; j < 3; j++) free(x[j]);
}

int main(void) {
  printf("%d threads\n", omp_get_max_threads());
  report_chains("f32, AVX2", fma_avx2, 16);
  if (__builtin_cpu_supports("avx512f")) report_chains("f32, AVX-512", fma_avx512, 32);
  report_chains("int8 as pairs of 16 bits, AVX2", int_avx2, 32);
  report_chains("int8 as bytes, AVX2", bytes_avx2, 256);
  if (__builtin_cpu_supports("avx512vnni")) report_chains("int8, VNNI", vnni_avx512, 128);
  if (__builtin_cpu_supports("avx512bf16")) report_chains("bfloat16", bf16_avx512, 64);
  report_memory();
  return 0;
}
