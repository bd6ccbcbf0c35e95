// What the dispatcher in gf256.c knows of a kernel. Lengths are multiples of `vectorLength`.
#pragma once
#include "gf256.h"

#define GF256_SOURCES_MAX 255
#define GF256_STRIP_MAX 1024

typedef struct {
    size_t vectorLength;
    size_t constantLength;
    size_t rowsMax;  // rows of one pass, kept in registers
    void (*rows)(const uint8_t *table, size_t rows, size_t columns, const uint8_t *const *sources,
                 uint8_t *const *targets, size_t offset, size_t count);
    void (*transform)(const bd_gf256_transform *transform, const uint8_t *table,
                      const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                      size_t count);
} gf256_kernel;

extern const gf256_kernel gf256_ssse3, gf256_avx2, gf256_avx2_gfni, gf256_avx512_gfni, gf256_neon;
