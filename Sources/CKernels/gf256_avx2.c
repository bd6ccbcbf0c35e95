// 32 bytes by two shuffles: a product is the sum of the products of its half bytes.
#if defined(__x86_64__)
#include "gf256_kernel.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

typedef __m256i Vector;
typedef struct { Vector low, high; } Operand, Constant;
#define VECTOR 32
#define CONSTANT 32
#define ROWS_MAX 4
#define KERNEL gf256_avx2
#define load(p) _mm256_loadu_si256((const __m256i *)(p))
#define store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define stream(p, v) _mm256_stream_si256((__m256i *)(p), v)
#define fence() _mm_sfence()
#define xor2(a, b) _mm256_xor_si256(a, b)
#define xor3(a, b, c) xor2(a, xor2(b, c))

static inline Constant constant(const uint8_t *table) {
    const __m128i *halves = (const __m128i *)table;
    return (Constant){_mm256_broadcastsi128_si256(_mm_loadu_si128(halves)),
                      _mm256_broadcastsi128_si256(_mm_loadu_si128(halves + 1))};
}

static inline Operand operand(Vector v) {
    const Vector mask = _mm256_set1_epi8(15);
    return (Operand){_mm256_and_si256(v, mask), _mm256_and_si256(_mm256_srli_epi64(v, 4), mask)};
}

static inline Vector product(Constant c, Operand x) {
    return xor2(_mm256_shuffle_epi8(c.low, x.low), _mm256_shuffle_epi8(c.high, x.high));
}

#include "gf256_template.h"
#pragma clang attribute pop
#endif
