// Arithmetic in GF(2^8), polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11D), on long vectors of bytes.
//
// Two ways to the same bytes. A matrix product takes rows * columns multiplications of a vector by
// a constant. A transform computes what a Cauchy matrix would, in O(n log n): it interpolates a
// polynomial through the sources and evaluates it at the targets (docs/formats/erasure-code.md).
//
// Nothing here is checked: the counts, lengths and pointers are the caller's promise.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    BD_GF256_SCALAR = 0,       // the reference
    BD_GF256_SSSE3 = 1,        // 16-byte shuffles of half bytes
    BD_GF256_AVX2 = 2,         // 32-byte shuffles
    BD_GF256_AVX2_GFNI = 3,    // 32-byte affine instructions, VEX encoded
    BD_GF256_AVX512_GFNI = 4,  // 64-byte affine instructions
    BD_GF256_NEON = 5,         // 16-byte shuffles, aarch64
    BD_GF256_KERNEL_COUNT = 6
};

/// Whether this processor runs the kernel.
int bd_gf256_supported(int kernel);

/// The fastest kernel this processor runs.
int bd_gf256_best(void);

uint8_t bd_gf256_multiply(uint8_t a, uint8_t b);

/// 1/a; 0 for 0.
uint8_t bd_gf256_inverse(uint8_t a);

/// Bytes of the table of one constant.
size_t bd_gf256_constant_length(int kernel);

/// Makes the table of a matrix: `rows * columns` constants, from coefficients in row order.
void bd_gf256_matrix_prepare(int kernel, const uint8_t *coefficients, size_t rows, size_t columns,
                             uint8_t *table);

/// targets[row] = sum over columns of matrix[row][column] * sources[column], `length` bytes each.
/// No target may overlap a source or another target. `columns` >= 1, `rows` <= 255.
void bd_gf256_matrix_apply(int kernel, const uint8_t *table, size_t rows, size_t columns,
                           const uint8_t *const *sources, uint8_t *const *targets, size_t length);

/// A transform between aligned blocks of field elements, 2^logSize of them (4...7) in each, with
/// some rows of a matrix computed on the way while the sources are in the cache.
///
/// targets[b][i] = targetScale[b][i] * P(targetBase[b] + i), where P is the polynomial of degree
/// below 2^logSize with P(sourceBase + j) = sourceScale[j] * sources[j].
typedef struct {
    int logSize;
    int sourceScaled;  // 0: every source scale is 1 and has no constants in the table
    size_t blockCount;
    size_t rowCount;
    uint8_t sourceBase;
    const uint8_t *sourceScales;     // 2^logSize of them, unused when not scaled
    const uint8_t *targetBases;      // blockCount
    const uint8_t *targetScales;     // blockCount * 2^logSize
    const uint8_t *rowCoefficients;  // rowCount * 2^logSize
} bd_gf256_transform;

/// Constants in the table of a transform.
size_t bd_gf256_transform_constants(const bd_gf256_transform *transform);

void bd_gf256_transform_prepare(int kernel, const bd_gf256_transform *transform, uint8_t *table);

/// `sources` holds 2^logSize pointers, NULL for a source that is all zeros; `targets` blockCount
/// times as many, NULL for one nobody wants, and then one for each row. Not for BD_GF256_SCALAR.
void bd_gf256_transform_apply(int kernel, const bd_gf256_transform *transform, const uint8_t *table,
                              const uint8_t *const *sources, uint8_t *const *targets,
                              size_t length);
