// 64 bytes by one affine instruction for each product; three-way XOR.
#if defined(__x86_64__)
#include "gf256_kernel.h"
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,gfni"))), apply_to = function)

typedef __m512i Vector, Operand, Constant;
#define VECTOR 64
#define CONSTANT 8
#define ROWS_MAX 8
#define KERNEL gf256_avx512_gfni
#define load(p) _mm512_loadu_si512(p)
#define store(p, v) _mm512_storeu_si512(p, v)
#define stream(p, v) _mm512_stream_si512((__m512i *)(p), v)
#define fence() _mm_sfence()
#define xor2(a, b) _mm512_xor_si512(a, b)
#define xor3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define operand(v) (v)
#define product(c, v) _mm512_gf2p8affine_epi64_epi8(v, c, 0)

static inline Constant constant(const uint8_t *table) {
    long long matrix;
    __builtin_memcpy(&matrix, table, 8);
    return _mm512_set1_epi64(matrix);
}

#include "gf256_template.h"
#pragma clang attribute pop
#endif
