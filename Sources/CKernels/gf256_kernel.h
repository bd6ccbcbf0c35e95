// What the dispatcher in gf256.c knows of a kernel. Lengths are multiples of `vectorLength`.
// `streamed`: all targets are aligned to registers and too large for the cache, write past it.
#pragma once
#include "gf256.h"

#define GF256_SOURCES_MAX 255
/// Bytes of one fragment that a transform takes at once.
#define GF256_STRIP_MAX 960
/// Bytes of a transform's work space on the stack: the values of the sources, then of each block.
#define GF256_WORK 98304

/// Rows of the next pass when `rows` are left: passes are as equal as they can be.
static inline size_t gf256_passRows(size_t rows, size_t rowsMax) {
    const size_t passes = (rows + rowsMax - 1) / rowsMax;
    return (rows + passes - 1) / passes;
}

typedef struct {
    size_t vectorLength;
    size_t constantLength;
    size_t rowsMax;  // rows of one pass, kept in registers
    void (*rows)(const uint8_t *table, size_t rows, size_t columns, const uint8_t *const *sources,
                 uint8_t *const *targets, size_t offset, size_t count, int streamed);
    void (*transform)(const bd_gf256_transform *transform, const uint8_t *table,
                      const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                      size_t count, int streamed);
} gf256_kernel;

extern const gf256_kernel gf256_ssse3, gf256_avx2, gf256_avx2_gfni, gf256_avx512_gfni, gf256_neon;
