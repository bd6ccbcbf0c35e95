// The body of every vector kernel, included once by each instruction set's file, which defines:
//
//   Vector, VECTOR (its bytes), load, store, xor2, xor3
//   stream: a store past the cache, to an aligned address; fence: ends them
//   Constant, constant(table), CONSTANT (its bytes)
//   Operand, operand(vector): a vector made ready for several products; product(constant, operand)
//   ROWS_MAX, KERNEL: the name of the exported gf256_kernel
//
// Arrays of vectors have constant lengths and constant indices once the inline functions are
// unrolled, so that all of them live in registers.
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// MARK: Matrix

/// Computes `rows` rows of `width` adjacent registers each, at `offset`.
INLINE void rowsAt(const int rows, const int width, const uint8_t *table, size_t columns,
                   const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                   int streamed) {
    Vector sums[ROWS_MAX][4];
    UNROLL for (int w = 0; w < width; w++) {
        const Operand x = operand(load(sources[0] + offset + w * VECTOR));
        UNROLL for (int row = 0; row < rows; row++) {
            sums[row][w] = product(constant(table + row * CONSTANT), x);
        }
    }
    table += rows * CONSTANT;
    size_t column = 1;
    for (; column + 2 <= columns; column += 2, table += 2 * rows * CONSTANT) {
        Operand x[4], y[4];
        UNROLL for (int w = 0; w < width; w++) {
            x[w] = operand(load(sources[column] + offset + w * VECTOR));
            y[w] = operand(load(sources[column + 1] + offset + w * VECTOR));
        }
        UNROLL for (int row = 0; row < rows; row++) {
            const Constant a = constant(table + row * CONSTANT);
            const Constant b = constant(table + (rows + row) * CONSTANT);
            UNROLL for (int w = 0; w < width; w++) {
                sums[row][w] = xor3(sums[row][w], product(a, x[w]), product(b, y[w]));
            }
        }
    }
    for (; column < columns; column++, table += rows * CONSTANT) {
        UNROLL for (int w = 0; w < width; w++) {
            const Operand x = operand(load(sources[column] + offset + w * VECTOR));
            UNROLL for (int row = 0; row < rows; row++) {
                const Constant a = constant(table + row * CONSTANT);
                sums[row][w] = xor2(sums[row][w], product(a, x));
            }
        }
    }
    UNROLL for (int row = 0; row < rows; row++) {
        UNROLL for (int w = 0; w < width; w++) {
            uint8_t *target = targets[row] + offset + w * VECTOR;
            if (streamed) stream(target, sums[row][w]); else store(target, sums[row][w]);
        }
    }
}

INLINE void rowsStrip(const int rows, const int width, const uint8_t *table, size_t columns,
                      const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                      size_t count, int streamed) {
    const size_t end = offset + count;
    for (; offset + width * VECTOR <= end; offset += width * VECTOR) {
        rowsAt(rows, width, table, columns, sources, targets, offset, streamed);
    }
    for (; offset < end; offset += VECTOR) {
        rowsAt(rows, 1, table, columns, sources, targets, offset, streamed);
    }
}

static void matrixRows(const uint8_t *table, size_t rows, size_t columns,
                       const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                       size_t count, int streamed) {
#define ROWS(n, width) case n: \
    rowsStrip(n, width, table, columns, sources, targets, offset, count, streamed); break;
    switch (rows) {
        ROWS(1, 4) ROWS(2, 4) ROWS(3, 2) ROWS(4, 2)
#if ROWS_MAX > 4
        ROWS(5, 2) ROWS(6, 2) ROWS(7, 2) ROWS(8, 2)
#endif
    }
#undef ROWS
    if (streamed) fence();
}

// MARK: Transform

/// Where the factors of `layer` begin in a table of 2^logSize of them.
INLINE const uint8_t *layerFactors(const uint8_t *table, int logSize, int layer) {
    const size_t size = (size_t)1 << logSize;
    return table + (size - (size >> layer)) * CONSTANT;
}

/// From values to coefficients: layers `first` ..< `first + log` of the group'th set of 2^log.
/// `origin`: the set begins at element 0, where the first factor of each layer is 0.
INLINE void interpolate(Vector *x, const int log, const int origin, const uint8_t *table,
                        int logSize, int first, size_t group) {
    UNROLL for (int step = 0; step < log; step++) {
        const int half = 1 << step, blocks = 1 << (log - 1 - step);
        const uint8_t *factor = layerFactors(table, logSize, first + step)
            + group * blocks * CONSTANT;
        UNROLL for (int block = 0; block < blocks; block++) {
            const Constant c = constant(factor + block * CONSTANT);
            UNROLL for (int n = 0; n < half; n++) {
                Vector *u = &x[block * 2 * half + n], *v = u + half;
                *v = xor2(*v, *u);
                if (!origin || block) *u = xor2(*u, product(c, operand(*v)));
            }
        }
    }
}

/// From coefficients to values: the inverse of `interpolate`.
INLINE void evaluate(Vector *x, const int log, const int origin, const uint8_t *table,
                     int logSize, int first, size_t group) {
    UNROLL for (int step = log - 1; step >= 0; step--) {
        const int half = 1 << step, blocks = 1 << (log - 1 - step);
        const uint8_t *factor = layerFactors(table, logSize, first + step)
            + group * blocks * CONSTANT;
        UNROLL for (int block = 0; block < blocks; block++) {
            const Constant c = constant(factor + block * CONSTANT);
            UNROLL for (int n = 0; n < half; n++) {
                Vector *u = &x[block * 2 * half + n], *v = u + half;
                if (!origin || block) *u = xor2(*u, product(c, operand(*v)));
                *v = xor2(*v, *u);
            }
        }
    }
}

/// One strip of a transform: the parts of its table, and all pointers, none of them NULL.
typedef struct {
    int logSize, streamed, fromOrigin;
    size_t blockCount, count;
    const uint8_t *sourceFactors, *sourceScales;  // scales NULL when all are 1
    const uint8_t *targetFactors;                 // then 2^logSize scales, for each block
    const uint8_t *targetBases;
    const uint8_t *const *sources;
    uint8_t *const *targets;
    const uint8_t *waste;  // the target of what nobody wants; never streamed, that would be slow
} Strip;

INLINE const uint8_t *blockFactors(const Strip *strip, size_t block) {
    return strip->targetFactors + (block * 2 << strip->logSize) * CONSTANT;
}

/// Reads a group of 2^log adjacent sources and interpolates its lower layers.
INLINE void readGroup(Vector *x, const int log, const Strip *strip, size_t group, size_t at) {
    UNROLL for (int n = 0; n < 1 << log; n++) x[n] = load(strip->sources[(group << log) + n] + at);
    if (strip->sourceScales) {
        const uint8_t *scale = strip->sourceScales + (group << log) * CONSTANT;
        UNROLL for (int n = 0; n < 1 << log; n++) {
            x[n] = product(constant(scale + n * CONSTANT), operand(x[n]));
        }
    }
    if (strip->fromOrigin && group == 0) {
        interpolate(x, log, 1, strip->sourceFactors, strip->logSize, 0, 0);
    } else {
        interpolate(x, log, 0, strip->sourceFactors, strip->logSize, 0, group);
    }
}

/// Evaluates the lower layers of a group of 2^log adjacent targets and writes them.
INLINE void writeGroup(Vector *x, const int log, const Strip *strip, size_t block, size_t group,
                       size_t at) {
    const uint8_t *factors = blockFactors(strip, block);
    evaluate(x, log, 0, factors, strip->logSize, 0, group);
    const uint8_t *scale = factors + (((size_t)1 << strip->logSize) + (group << log)) * CONSTANT;
    uint8_t *const *targets = strip->targets + (block << strip->logSize) + (group << log);
    UNROLL for (int n = 0; n < 1 << log; n++) {
        x[n] = product(constant(scale + n * CONSTANT), operand(x[n]));
    }
    if (strip->streamed) {
        UNROLL for (int n = 0; n < 1 << log; n++) {
            if (targets[n] != strip->waste) stream(targets[n] + at, x[n]);
        }
    } else {
        UNROLL for (int n = 0; n < 1 << log; n++) store(targets[n] + at, x[n]);
    }
}

/// A transform of at most 16 points: no step leaves the registers.
INLINE void smallStrip(const int log, const Strip *strip) {
    for (size_t at = 0; at < strip->count; at += VECTOR) {
        Vector x[16], y[16];
        readGroup(x, log, strip, 0, at);
        for (size_t block = 1; block < strip->blockCount; block++) {
            UNROLL for (int n = 0; n < 1 << log; n++) y[n] = x[n];
            writeGroup(y, log, strip, block, 0, at);
        }
        writeGroup(x, log, strip, 0, 0, at);
    }
}

/// Lower layers of all groups, from the sources to `work`.
INLINE void readPass(const int log, const Strip *strip, uint8_t *work) {
    const size_t groups = (size_t)1 << (strip->logSize - log);
    for (size_t group = 0; group < groups; group++) {
        for (size_t at = 0; at < strip->count; at += VECTOR) {
            Vector x[16];
            if (strip->streamed && group + 1 < groups) {
                // From memory, more streams than the processor follows by itself: 1.2x.
                const uint8_t *const *next = strip->sources + ((group + 1) << log);
                UNROLL for (int n = 0; n < 1 << log; n++) __builtin_prefetch(next[n] + at, 0, 3);
            }
            readGroup(x, log, strip, group, at);
            UNROLL for (int n = 0; n < 1 << log; n++) {
                store(work + ((group << log) + n) * strip->count + at, x[n]);
            }
        }
    }
}

/// Upper layers: values to coefficients, and those to values of each block, one after the other in
/// `results`, only where a group of a block is wanted.
INLINE void middlePass(const int low, const int high, const Strip *strip, const uint8_t *wanted,
                       const uint8_t *work, uint8_t *results) {
    const size_t stride = strip->count << low;
    for (size_t at = 0; at < stride; at += VECTOR) {
        Vector x[16], y[16];
        UNROLL for (int n = 0; n < 1 << high; n++) x[n] = load(work + n * stride + at);
        if (strip->fromOrigin) {
            interpolate(x, high, 1, strip->sourceFactors, strip->logSize, low, 0);
        } else {
            interpolate(x, high, 0, strip->sourceFactors, strip->logSize, low, 0);
        }
        uint8_t *result = results + at;
        for (size_t block = 0; block < strip->blockCount; block++) {
            const uint8_t *factors = blockFactors(strip, block);
            UNROLL for (int n = 0; n < 1 << high; n++) y[n] = x[n];
            if (strip->targetBases[block] == 0) {
                evaluate(y, high, 1, factors, strip->logSize, low, 0);
            } else {
                evaluate(y, high, 0, factors, strip->logSize, low, 0);
            }
            UNROLL for (int n = 0; n < 1 << high; n++, result += stride) {
                if (wanted[(block << high) + n]) store(result, y[n]);
            }
        }
    }
}

/// Lower layers of the groups that somebody wants, from `result` to the targets.
INLINE void writePass(const int log, const Strip *strip, size_t block, const uint8_t *wanted,
                      const uint8_t *result) {
    const size_t groups = (size_t)1 << (strip->logSize - log);
    for (size_t group = 0; group < groups; group++) {
        if (!wanted[group]) continue;
        for (size_t at = 0; at < strip->count; at += VECTOR) {
            Vector x[16];
            UNROLL for (int n = 0; n < 1 << log; n++) {
                x[n] = load(result + ((group << log) + n) * strip->count + at);
            }
            writeGroup(x, log, strip, block, group, at);
        }
    }
}

INLINE void largeStrip(const int high, const Strip *strip, const uint8_t *wanted, uint8_t *work) {
    uint8_t *results = work + (strip->count << strip->logSize);
    readPass(3, strip, work);
    middlePass(3, high, strip, wanted, work, results);
    for (size_t block = 0; block < strip->blockCount; block++) {
        writePass(3, strip, block, wanted + (block << high),
                  results + block * (strip->count << strip->logSize));
    }
}

static void run(const Strip *strip, const uint8_t *wanted, uint8_t *room) {
    switch (strip->logSize) {
    case 4: smallStrip(4, strip); break;
    case 5: largeStrip(2, strip, wanted, room); break;
    case 6: largeStrip(3, strip, wanted, room); break;
    case 7: largeStrip(4, strip, wanted, room); break;
    }
}

/// Computes the rows of a strip from copies of the sources, which lie close together: several
/// passes over sources at distances of a power of two would miss every cache.
static void rowsOfStrip(const bd_gf256_transform *transform, const uint8_t *table,
                        const uint8_t **sources, uint8_t *const *targets, size_t offset,
                        size_t count, int streamed, uint8_t *copies) {
    const size_t size = (size_t)1 << transform->logSize;
    uint8_t *rows[256];
    for (size_t n = 0; n < size; n++, copies += count) {
        const uint8_t *next = sources[n + 2 < size ? n + 2 : n];
        for (size_t at = 0; at < count; at += VECTOR) {
            __builtin_prefetch(next + at, 0, 3);
            store(copies + at, load(sources[n] + at));
        }
        sources[n] = copies;
    }
    for (size_t n = 0; n < transform->rowCount; n++) rows[n] = targets[n] + offset;
    for (size_t row = 0; row < transform->rowCount;) {
        const size_t taken = gf256_passRows(transform->rowCount - row, ROWS_MAX);
        matrixRows(table, taken, size, sources, rows + row, 0, count, streamed);
        table += taken * size * CONSTANT;
        row += taken;
    }
}

/// Fills the gaps with a source of zeros and a target nobody reads, and runs one strip.
static void transformStrip(const bd_gf256_transform *transform, const uint8_t *table,
                           const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                           size_t count, int streamed) {
    const size_t size = (size_t)1 << transform->logSize;
    const size_t targetCount = size * transform->blockCount;
    uint8_t zeros[GF256_STRIP_MAX], waste[GF256_STRIP_MAX] __attribute__((aligned(64)));
    uint8_t room[GF256_WORK] __attribute__((aligned(64)));
    const uint8_t *from[128];
    uint8_t *to[256];
    uint8_t wanted[32] = {0};
    memset(zeros, 0, count);
    for (size_t n = 0; n < size; n++) from[n] = sources[n] ? sources[n] + offset : zeros;
    for (size_t n = 0; n < targetCount; n++) {
        to[n] = targets[n] ? targets[n] + offset : waste;
        if (targets[n]) wanted[n >> 3] = 1;
    }
    const uint8_t *scales = table + size * CONSTANT;
    const uint8_t *factors = transform->sourceScaled ? scales + size * CONSTANT : scales;
    const Strip strip = {
        .logSize = transform->logSize, .streamed = streamed,
        .fromOrigin = transform->sourceBase == 0,
        .blockCount = transform->blockCount, .count = count,
        .sourceFactors = table, .sourceScales = transform->sourceScaled ? scales : NULL,
        .targetFactors = factors, .targetBases = transform->targetBases,
        .sources = from, .targets = to, .waste = waste,
    };
    if (transform->rowCount) {
        rowsOfStrip(transform, factors + 2 * targetCount * CONSTANT, from, targets + targetCount,
                    offset, count, streamed, room + (count << transform->logSize));
    }
    run(&strip, wanted, room);
    if (streamed) fence();
}

const gf256_kernel KERNEL = {VECTOR, CONSTANT, ROWS_MAX, matrixRows, transformStrip};
