// 32 bytes by one affine instruction for each product, VEX encoded: for processors without AVX-512.
#if defined(__x86_64__)
#include "gf256_kernel.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,gfni"))), apply_to = function)

typedef __m256i Vector, Operand, Constant;
#define VECTOR 32
#define CONSTANT 8
#define ROWS_MAX 4
#define KERNEL gf256_avx2_gfni
#define load(p) _mm256_loadu_si256((const __m256i *)(p))
#define store(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define stream(p, v) _mm256_stream_si256((__m256i *)(p), v)
#define fence() _mm_sfence()
#define xor2(a, b) _mm256_xor_si256(a, b)
#define xor3(a, b, c) xor2(a, xor2(b, c))
#define operand(v) (v)
#define product(c, v) _mm256_gf2p8affine_epi64_epi8(v, c, 0)

static inline Constant constant(const uint8_t *table) {
    long long matrix;
    __builtin_memcpy(&matrix, table, 8);
    return _mm256_set1_epi64x(matrix);
}

#include "gf256_template.h"
#pragma clang attribute pop
#endif
