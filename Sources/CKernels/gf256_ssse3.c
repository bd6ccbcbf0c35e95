// 16 bytes by two shuffles: for processors without AVX2.
#if defined(__x86_64__)
#include "gf256_kernel.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("ssse3"))), apply_to = function)

typedef __m128i Vector;
typedef struct { Vector low, high; } Operand, Constant;
#define VECTOR 16
#define CONSTANT 32
#define ROWS_MAX 4
#define KERNEL gf256_ssse3
#define load(p) _mm_loadu_si128((const __m128i *)(p))
#define store(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define stream(p, v) _mm_stream_si128((__m128i *)(p), v)
#define fence() _mm_sfence()
#define xor2(a, b) _mm_xor_si128(a, b)
#define xor3(a, b, c) xor2(a, xor2(b, c))

static inline Constant constant(const uint8_t *table) {
    return (Constant){load(table), load(table + 16)};
}

static inline Operand operand(Vector v) {
    const Vector mask = _mm_set1_epi8(15);
    return (Operand){_mm_and_si128(v, mask), _mm_and_si128(_mm_srli_epi64(v, 4), mask)};
}

static inline Vector product(Constant c, Operand x) {
    return xor2(_mm_shuffle_epi8(c.low, x.low), _mm_shuffle_epi8(c.high, x.high));
}

#include "gf256_template.h"
#pragma clang attribute pop
#endif
