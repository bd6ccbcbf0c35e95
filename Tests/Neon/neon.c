// Holds the NEON kernels against the scalar ones. Runs on any 64-bit Arm processor, or emulated:
// scripts/check-neon. Prints what it compared; leaves with 1 at the first difference.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t state = 42;
static uint8_t randomByte(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint8_t)(state >> 56);
}
static void fill(uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) bytes[index] = randomByte();
}
static void fail(const char *what, size_t a, size_t b) {
    printf("%s differs (%zu, %zu)\n", what, a, b);
    exit(1);
}

static const size_t lengths[] = {0,  1,   15,  16,  17,   63,   64,   65,   127,  1023,  1024,
                                 1025, 2048, 3073, 4095, 4096, 4097, 16384, 31744, 65537, 102400};

static void checkHash(void) {
    static uint8_t bytes[102400];
    fill(bytes, sizeof bytes);
    for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        uint8_t digests[2][64];
        uint32_t isas[2] = {BD_BLAKE3_SCALAR, BD_BLAKE3_NEON};
        for (int one = 0; one < 2; one++) {
            bd_blake3_mode mode;
            bd_blake3_keyed(&mode, bytes + 7, isas[one]);
            bd_blake3_hasher hasher;
            bd_blake3_start(&hasher, &mode);
            bd_blake3_update(&hasher, bytes, lengths[n] / 3);
            bd_blake3_update(&hasher, bytes + lengths[n] / 3, lengths[n] - lengths[n] / 3);
            bd_blake3_finish(&hasher, digests[one], 64);
        }
        if (memcmp(digests[0], digests[1], 64)) fail("BLAKE3", lengths[n], 0);
    }
}

enum { LENGTH = 4096 + 33 };
static uint8_t sources[128][LENGTH], found[256][LENGTH], wanted[256][LENGTH];

static void checkMatrix(size_t rows, size_t columns, size_t length) {
    uint8_t *coefficients = malloc(rows * columns);
    fill(coefficients, rows * columns);
    const uint8_t *from[128];
    uint8_t *to[2][256];
    for (size_t n = 0; n < columns; n++) from[n] = sources[n] + n % 3;
    for (size_t n = 0; n < rows; n++) to[0][n] = wanted[n], to[1][n] = found[n];
    int kernels[2] = {BD_GF256_SCALAR, BD_GF256_NEON};
    for (int one = 0; one < 2; one++) {
        uint8_t *table = malloc(rows * columns * bd_gf256_constant_length(kernels[one]));
        bd_gf256_matrix_prepare(kernels[one], coefficients, rows, columns, table);
        bd_gf256_matrix_apply(kernels[one], table, rows, columns, from, to[one], length);
        free(table);
    }
    for (size_t n = 0; n < rows; n++) {
        if (memcmp(wanted[n], found[n], length)) fail("a matrix", rows, columns);
    }
    free(coefficients);
}

// The value at `x` of the polynomial through (base + j, values[j]), by Lagrange.
static uint8_t valueAt(uint8_t x, uint8_t base, const uint8_t *values, size_t count) {
    uint8_t sum = 0;
    for (size_t j = 0; j < count; j++) {
        uint8_t term = values[j], point = (uint8_t)(base + j);
        for (size_t other = 0; other < count; other++) {
            if (other == j) continue;
            uint8_t place = (uint8_t)(base + other);
            term = bd_gf256_multiply(term, x ^ place);
            term = bd_gf256_multiply(term, bd_gf256_inverse(point ^ place));
        }
        sum ^= term;
    }
    return sum;
}

static void checkTransform(int logSize) {
    size_t size = (size_t)1 << logSize, length = 193;
    uint8_t scales[128], bases[1] = {(uint8_t)size}, targetScales[128], rows[2 * 128];
    for (size_t n = 0; n < size; n++) {
        scales[n] = randomByte() | 1;
        targetScales[n] = randomByte() | 1;
    }
    fill(rows, sizeof rows);
    bd_gf256_transform transform = {
        .logSize = logSize, .sourceScaled = 1, .blockCount = 1, .rowCount = 2, .sourceBase = 0,
        .sourceScales = scales, .targetBases = bases, .targetScales = targetScales,
        .rowCoefficients = rows};
    uint8_t *table = malloc(bd_gf256_transform_constants(&transform)
                            * bd_gf256_constant_length(BD_GF256_NEON));
    bd_gf256_transform_prepare(BD_GF256_NEON, &transform, table);
    const uint8_t *from[128];
    uint8_t *to[130];
    for (size_t n = 0; n < size; n++) from[n] = sources[n];
    for (size_t n = 0; n < size + 2; n++) to[n] = found[n];
    bd_gf256_transform_apply(BD_GF256_NEON, &transform, table, from, to, length);
    free(table);
    for (size_t at = 0; at < length; at += 17) {
        uint8_t values[128], sums[2] = {0, 0};
        for (size_t j = 0; j < size; j++) {
            values[j] = bd_gf256_multiply(scales[j], sources[j][at]);
            for (size_t r = 0; r < 2; r++) {
                sums[r] ^= bd_gf256_multiply(rows[r * size + j], sources[j][at]);
            }
        }
        for (size_t i = 0; i < size; i++) {
            uint8_t value = valueAt((uint8_t)(bases[0] + i), 0, values, size);
            if (found[i][at] != bd_gf256_multiply(targetScales[i], value)) {
                fail("a transform", (size_t)logSize, i);
            }
        }
        for (size_t r = 0; r < 2; r++) {
            if (found[size + r][at] != sums[r]) fail("a row of a transform", (size_t)logSize, r);
        }
    }
}

int main(void) {
    if (!bd_gf256_supported(BD_GF256_NEON) || !bd_blake3_supports(BD_BLAKE3_NEON)) {
        printf("this processor has no NEON\n");
        return 1;
    }
    for (size_t n = 0; n < 128; n++) fill(sources[n], LENGTH);
    checkHash();
    for (size_t rows = 1; rows <= 20; rows++) {
        for (size_t columns = 1; columns <= 20; columns++) checkMatrix(rows, columns, 193);
    }
    for (size_t length = 0; length < 140; length++) checkMatrix(6, 10, length);
    checkMatrix(51, 29, 4096);
    checkMatrix(127, 128, 4096);
    for (int logSize = 4; logSize <= 7; logSize++) checkTransform(logSize);
    printf("NEON: BLAKE3, matrices and transforms agree with the scalar kernels\n");
    return 0;
}
