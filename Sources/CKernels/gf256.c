// Field tables, dispatch, and the cutting of long vectors into strips that stay in the cache.
#include "gf256_kernel.h"
#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x11D
/// Somewhat less than the last-level cache of current servers.
#define STREAM_MIN ((size_t)24 << 20)

static uint8_t products[256][256];
static uint8_t inverses[256];
static int best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint8_t slowProduct(uint8_t a, uint8_t b) {
    unsigned product = 0, shifted = a;
    for (; b; b >>= 1) {
        if (b & 1) product ^= shifted;
        shifted <<= 1;
        if (shifted & 0x100) shifted ^= POLYNOMIAL;
    }
    return (uint8_t)product;
}

static void setUp(void) {
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            products[a][b] = slowProduct((uint8_t)a, (uint8_t)b);
            if (products[a][b] == 1) inverses[a] = (uint8_t)b;
        }
    }
    static const int order[] = {BD_GF256_AVX512_GFNI, BD_GF256_AVX2_GFNI, BD_GF256_AVX2,
                                BD_GF256_SSSE3, BD_GF256_NEON};
    best = BD_GF256_SCALAR;
    for (size_t n = 0; n < sizeof order / sizeof *order && best == BD_GF256_SCALAR; n++) {
        if (bd_gf256_supported(order[n])) best = order[n];
    }
}

int bd_gf256_supported(int kernel) {
    switch (kernel) {
    case BD_GF256_SCALAR: return 1;
#if defined(__x86_64__)
    case BD_GF256_SSSE3: return __builtin_cpu_supports("ssse3") != 0;
    case BD_GF256_AVX2: return __builtin_cpu_supports("avx2") != 0;
    case BD_GF256_AVX2_GFNI:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("gfni");
    case BD_GF256_AVX512_GFNI:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("gfni");
#elif defined(__aarch64__)
    case BD_GF256_NEON: return 1;
#endif
    default: return 0;
    }
}

int bd_gf256_best(void) {
    pthread_once(&once, setUp);
    return best;
}

uint8_t bd_gf256_multiply(uint8_t a, uint8_t b) {
    pthread_once(&once, setUp);
    return products[a][b];
}

uint8_t bd_gf256_inverse(uint8_t a) {
    pthread_once(&once, setUp);
    return inverses[a];
}

/// The kernel's functions; NULL for the scalar reference.
static const gf256_kernel *functions(int kernel) {
    switch (kernel) {
#if defined(__x86_64__)
    case BD_GF256_SSSE3: return &gf256_ssse3;
    case BD_GF256_AVX2: return &gf256_avx2;
    case BD_GF256_AVX2_GFNI: return &gf256_avx2_gfni;
    case BD_GF256_AVX512_GFNI: return &gf256_avx512_gfni;
#elif defined(__aarch64__)
    case BD_GF256_NEON: return &gf256_neon;
#endif
    default: return NULL;
    }
}

// MARK: Constants

size_t bd_gf256_constant_length(int kernel) {
    const gf256_kernel *chosen = functions(kernel);
    return chosen ? chosen->constantLength : 1;
}

/// The 8x8 bit matrix of a multiplication, as the affine instruction reads it: byte 7 - i holds
/// the row that gives bit i of the product.
static void affineMatrix(uint8_t constant, uint8_t *table) {
    memset(table, 0, 8);
    for (int column = 0; column < 8; column++) {
        const uint8_t image = products[constant][1 << column];
        for (int row = 0; row < 8; row++) {
            if (image >> row & 1) table[7 - row] |= (uint8_t)(1 << column);
        }
    }
}

/// Makes the table of one constant: itself, an affine matrix, or the products of half bytes.
static void prepare(size_t constantLength, uint8_t constant, uint8_t *table) {
    if (constantLength == 1) {
        *table = constant;
    } else if (constantLength == 8) {
        affineMatrix(constant, table);
    } else {
        for (int half = 0; half < 16; half++) {
            table[half] = products[constant][half];
            table[16 + half] = products[constant][half << 4];
        }
    }
}

// MARK: Strips

typedef struct {
    size_t start, count;
} span;

/// The strip that begins at `at`, cut to whole registers. What is left at the end is less than one
/// register: that strip is moved back to hold one, and its first bytes are computed twice, to the
/// same values. `length` is at least `vector`.
static span stripAt(size_t at, size_t length, size_t strip, size_t vector) {
    const size_t left = length - at;
    if (left < vector) return (span){length - vector, vector};
    return (span){at, (left < strip ? left : strip) / vector * vector};
}

static size_t countPresent(const void *const *pointers, size_t count) {
    size_t present = 0;
    for (size_t n = 0; n < count; n++) present += pointers[n] != NULL;
    return present;
}

/// Whether targets are to be written past the cache: everything together exceeds it, so that a
/// line written would only be read from memory first and written back later. 1.2x.
static int streams(const gf256_kernel *chosen, const uint8_t *const *sources, size_t sourceCount,
                   uint8_t *const *targets, size_t targetCount, size_t length) {
    const size_t present = countPresent((const void *const *)sources, sourceCount)
        + countPresent((const void *const *)targets, targetCount);
    if (length * present < STREAM_MIN) return 0;
    uintptr_t bits = 0;
    for (size_t n = 0; n < targetCount; n++) bits |= (uintptr_t)targets[n];
    return bits % chosen->vectorLength == 0;
}

// MARK: Matrix

void bd_gf256_matrix_prepare(int kernel, const uint8_t *coefficients, size_t rows, size_t columns,
                             uint8_t *table) {
    pthread_once(&once, setUp);
    const gf256_kernel *chosen = functions(kernel);
    const size_t length = bd_gf256_constant_length(kernel);
    while (rows) {
        const size_t taken = chosen ? gf256_passRows(rows, chosen->rowsMax) : 1;
        for (size_t column = 0; column < columns; column++) {
            for (size_t row = 0; row < taken; row++, table += length) {
                prepare(length, coefficients[row * columns + column], table);
            }
        }
        coefficients += taken * columns;
        rows -= taken;
    }
}

static void scalarRow(const uint8_t *table, size_t columns, const uint8_t *const *sources,
                      uint8_t *target, size_t length) {
    memset(target, 0, length);
    for (size_t column = 0; column < columns; column++) {
        const uint8_t *product = products[table[column]];
        for (size_t at = 0; at < length; at++) target[at] ^= product[sources[column][at]];
    }
}

/// All passes over one strip.
static void passes(const gf256_kernel *chosen, const uint8_t *table, size_t rows, size_t columns,
                   const uint8_t *const *sources, uint8_t *const *targets, span strip,
                   int streamed) {
    while (rows) {
        const size_t taken = gf256_passRows(rows, chosen->rowsMax);
        chosen->rows(table, taken, columns, sources, targets, strip.start, strip.count, streamed);
        table += taken * columns * chosen->constantLength;
        targets += taken;
        rows -= taken;
    }
}

/// Copies vectors shorter than one register to where a whole register may be read and written.
typedef struct {
    uint8_t bytes[2 * GF256_SOURCES_MAX][64];
    const uint8_t *sources[GF256_SOURCES_MAX];
    uint8_t *targets[GF256_SOURCES_MAX];
} bounce;

static void shortMatrix(const gf256_kernel *chosen, const uint8_t *table, size_t rows,
                        size_t columns, const uint8_t *const *sources, uint8_t *const *targets,
                        size_t length) {
    bounce room;
    for (size_t n = 0; n < columns; n++) {
        memset(room.bytes[n], 0, 64);
        memcpy(room.bytes[n], sources[n], length);
        room.sources[n] = room.bytes[n];
    }
    for (size_t n = 0; n < rows; n++) room.targets[n] = room.bytes[columns + n];
    passes(chosen, table, rows, columns, room.sources, room.targets,
           (span){0, chosen->vectorLength}, 0);
    for (size_t n = 0; n < rows; n++) memcpy(targets[n], room.targets[n], length);
}

void bd_gf256_matrix_apply(int kernel, const uint8_t *table, size_t rows, size_t columns,
                           const uint8_t *const *sources, uint8_t *const *targets, size_t length) {
    pthread_once(&once, setUp);
    if (length == 0 || rows == 0) return;
    const gf256_kernel *chosen = functions(kernel);
    if (!chosen) {
        for (size_t row = 0; row < rows; row++) {
            scalarRow(table + row * columns, columns, sources, targets[row], length);
        }
        return;
    }
    if (length < chosen->vectorLength) {
        shortMatrix(chosen, table, rows, columns, sources, targets, length);
        return;
    }
    const int streamed = streams(chosen, sources, columns, targets, rows, length);
    for (size_t at = 0; at < length;) {
        const span strip = stripAt(at, length, 4096, chosen->vectorLength);
        passes(chosen, table, rows, columns, sources, targets, strip, streamed);
        at = strip.start + strip.count;
    }
}

// MARK: Transform

size_t bd_gf256_transform_constants(const bd_gf256_transform *transform) {
    const size_t size = (size_t)1 << transform->logSize;
    const size_t scales = transform->sourceScaled ? size : 0;
    return size + scales + (transform->blockCount * 2 + transform->rowCount) * size;
}

/// The normalised subspace polynomial of `layer` at `point`: the product of point + a over all
/// a < 2^layer, divided by its value at 2^layer.
static uint8_t subspace(int layer, uint8_t point) {
    uint8_t value = 1, unit = 1;
    for (unsigned a = 0; a < 1u << layer; a++) {
        value = products[value][point ^ a];
        unit = products[unit][(1u << layer) ^ a];
    }
    return products[value][inverses[unit]];
}

/// Writes the 2^logSize - 1 factors of one block (and room for one more), lowest layer first.
static uint8_t *factors(size_t length, int logSize, uint8_t base, uint8_t *table) {
    for (int layer = 0; layer < logSize; layer++) {
        for (unsigned block = 0; block < 1u << (logSize - 1 - layer); block++) {
            const uint8_t point = (uint8_t)(base ^ block << (layer + 1));
            prepare(length, subspace(layer, point), table);
            table += length;
        }
    }
    memset(table, 0, length);
    return table + length;
}

void bd_gf256_transform_prepare(int kernel, const bd_gf256_transform *transform, uint8_t *table) {
    pthread_once(&once, setUp);
    const size_t length = bd_gf256_constant_length(kernel);
    const size_t size = (size_t)1 << transform->logSize;
    table = factors(length, transform->logSize, transform->sourceBase, table);
    for (size_t n = 0; transform->sourceScaled && n < size; n++, table += length) {
        prepare(length, transform->sourceScales[n], table);
    }
    for (size_t block = 0; block < transform->blockCount; block++) {
        table = factors(length, transform->logSize, transform->targetBases[block], table);
        for (size_t n = 0; n < size; n++, table += length) {
            prepare(length, transform->targetScales[block * size + n], table);
        }
    }
    bd_gf256_matrix_prepare(kernel, transform->rowCoefficients, transform->rowCount, size, table);
}

static void shortTransform(const gf256_kernel *chosen, const bd_gf256_transform *transform,
                           const uint8_t *table, const uint8_t *const *sources,
                           uint8_t *const *targets, size_t length) {
    const size_t size = (size_t)1 << transform->logSize;
    bounce room;
    for (size_t n = 0; n < size; n++) {
        if (sources[n]) {
            memset(room.bytes[n], 0, 64);
            memcpy(room.bytes[n], sources[n], length);
        }
        room.sources[n] = sources[n] ? room.bytes[n] : NULL;
    }
    const size_t targetCount = size * transform->blockCount + transform->rowCount;
    for (size_t n = 0; n < targetCount; n++) {
        room.targets[n] = targets[n] ? room.bytes[size + n] : NULL;
    }
    chosen->transform(transform, table, room.sources, room.targets, 0, chosen->vectorLength, 0);
    for (size_t n = 0; n < targetCount; n++) {
        if (targets[n]) memcpy(targets[n], room.targets[n], length);
    }
}

void bd_gf256_transform_apply(int kernel, const bd_gf256_transform *transform, const uint8_t *table,
                              const uint8_t *const *sources, uint8_t *const *targets,
                              size_t length) {
    const gf256_kernel *chosen = functions(kernel);
    if (!chosen || length == 0) return;
    if (length < chosen->vectorLength) {
        shortTransform(chosen, transform, table, sources, targets, length);
        return;
    }
    const size_t targetCount = (transform->blockCount << transform->logSize) + transform->rowCount;
    const int streamed = streams(chosen, sources, (size_t)1 << transform->logSize, targets,
                                 targetCount, length);
    // Not a power of two, or the work spaces would alias in the cache. Longer strips make better
    // use of what memory delivers, shorter ones of the cache.
    size_t stripMax = streamed ? GF256_STRIP_MAX : 576;
    const size_t room = (GF256_WORK / (1 + transform->blockCount)) >> transform->logSize;
    if (transform->logSize > 4 && stripMax > room) stripMax = room / 64 * 64;
    for (size_t at = 0; at < length;) {
        const span strip = stripAt(at, length, stripMax, chosen->vectorLength);
        chosen->transform(transform, table, sources, targets, strip.start, strip.count, streamed);
        at = strip.start + strip.count;
    }
}
