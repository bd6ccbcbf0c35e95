// The body of every vector kernel, included once by each instruction set's file, which defines:
//
//   Vector, VECTOR (its bytes), load, store, xor2, xor3
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
                   const uint8_t *const *sources, uint8_t *const *targets, size_t offset) {
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
            store(targets[row] + offset + w * VECTOR, sums[row][w]);
        }
    }
}

INLINE void rowsStrip(const int rows, const int width, const uint8_t *table, size_t columns,
                      const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                      size_t count) {
    const size_t end = offset + count;
    for (; offset + width * VECTOR <= end; offset += width * VECTOR) {
        rowsAt(rows, width, table, columns, sources, targets, offset);
    }
    for (; offset < end; offset += VECTOR) {
        rowsAt(rows, 1, table, columns, sources, targets, offset);
    }
}

static void matrixRows(const uint8_t *table, size_t rows, size_t columns,
                       const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                       size_t count) {
#define ROWS(n, width) \
    case n: rowsStrip(n, width, table, columns, sources, targets, offset, count); break;
    switch (rows) {
        ROWS(1, 4) ROWS(2, 4) ROWS(3, 2) ROWS(4, 2)
#if ROWS_MAX > 4
        ROWS(5, 2) ROWS(6, 2) ROWS(7, 2) ROWS(8, 2)
#endif
    }
#undef ROWS
}

// MARK: Transform

/// Where the factors of `layer` begin in a table of 2^logSize of them.
INLINE const uint8_t *layerFactors(const uint8_t *table, int logSize, int layer) {
    const size_t size = (size_t)1 << logSize;
    return table + (size - (size >> layer)) * CONSTANT;
}

/// From values to coefficients: layers `first` ..< `first + log` of the group'th set of 2^log.
INLINE void interpolate(Vector *x, const int log, const uint8_t *table, int logSize, int first,
                        size_t group) {
    UNROLL for (int step = 0; step < log; step++) {
        const int half = 1 << step, blocks = 1 << (log - 1 - step);
        const uint8_t *factor = layerFactors(table, logSize, first + step)
            + group * blocks * CONSTANT;
        UNROLL for (int block = 0; block < blocks; block++) {
            const Constant c = constant(factor + block * CONSTANT);
            UNROLL for (int n = 0; n < half; n++) {
                Vector *u = &x[block * 2 * half + n], *v = u + half;
                *v = xor2(*v, *u);
                *u = xor2(*u, product(c, operand(*v)));
            }
        }
    }
}

/// From coefficients to values: the inverse of `interpolate`.
INLINE void evaluate(Vector *x, const int log, const uint8_t *table, int logSize, int first,
                     size_t group) {
    UNROLL for (int step = log - 1; step >= 0; step--) {
        const int half = 1 << step, blocks = 1 << (log - 1 - step);
        const uint8_t *factor = layerFactors(table, logSize, first + step)
            + group * blocks * CONSTANT;
        UNROLL for (int block = 0; block < blocks; block++) {
            const Constant c = constant(factor + block * CONSTANT);
            UNROLL for (int n = 0; n < half; n++) {
                Vector *u = &x[block * 2 * half + n], *v = u + half;
                const Vector p = product(c, operand(*v));
                *v = xor3(*v, *u, p);
                *u = xor2(*u, p);
            }
        }
    }
}

/// One call's view of the table and the pointers.
typedef struct {
    int logSize;
    size_t blockCount;
    const uint8_t *sourceFactors, *sourceScales;  // scales NULL when all are 1
    const uint8_t *targetFactors;                 // then 2^logSize scales, for each block
    const uint8_t *const *sources;
    uint8_t *const *targets;
    size_t offset, count;
} Task;

INLINE Vector sourceAt(const Task *task, size_t index, size_t at) {
    return load(task->sources[index] + task->offset + at);
}

INLINE const uint8_t *blockFactors(const Task *task, size_t block) {
    return task->targetFactors + (block * 2 << task->logSize) * CONSTANT;
}

INLINE const uint8_t *blockScales(const Task *task, size_t block) {
    return blockFactors(task, block) + ((size_t)CONSTANT << task->logSize);
}

/// Reads a group of 2^log adjacent sources and interpolates its lower layers.
INLINE void readGroup(Vector *x, const int log, const int scaled, const Task *task, size_t group,
                      size_t at) {
    UNROLL for (int n = 0; n < 1 << log; n++) {
        x[n] = sourceAt(task, (group << log) + n, at);
        if (scaled) {
            const uint8_t *scale = task->sourceScales + ((group << log) + n) * CONSTANT;
            x[n] = product(constant(scale), operand(x[n]));
        }
    }
    interpolate(x, log, task->sourceFactors, task->logSize, 0, group);
}

/// Evaluates the lower layers of a group of 2^log adjacent targets and writes them.
INLINE void writeGroup(Vector *x, const int log, const Task *task, size_t block, size_t group,
                       size_t at) {
    evaluate(x, log, blockFactors(task, block), task->logSize, 0, group);
    const uint8_t *scale = blockScales(task, block) + (group << log) * CONSTANT;
    uint8_t *const *targets = task->targets + (block << task->logSize) + (group << log);
    UNROLL for (int n = 0; n < 1 << log; n++) {
        store(targets[n] + task->offset + at,
              product(constant(scale + n * CONSTANT), operand(x[n])));
    }
}

/// A transform of at most 16 points: no step leaves the registers.
INLINE void smallStrip(const int log, const int scaled, const Task *task) {
    for (size_t at = 0; at < task->count; at += VECTOR) {
        Vector x[16], y[16];
        readGroup(x, log, scaled, task, 0, at);
        for (size_t block = 0; block < task->blockCount; block++) {
            UNROLL for (int n = 0; n < 1 << log; n++) y[n] = x[n];
            writeGroup(y, log, task, block, 0, at);
        }
    }
}

/// Lower layers of all groups, from the sources to `work`.
INLINE void readPass(const int log, const int scaled, const Task *task, uint8_t *work) {
    const size_t groups = (size_t)1 << (task->logSize - log);
    for (size_t group = 0; group < groups; group++) {
        for (size_t at = 0; at < task->count; at += VECTOR) {
            Vector x[16];
            readGroup(x, log, scaled, task, group, at);
            UNROLL for (int n = 0; n < 1 << log; n++) {
                store(work + ((group << log) + n) * task->count + at, x[n]);
            }
        }
    }
}

/// Upper layers: values to coefficients (kept for the blocks to come), coefficients to values.
INLINE void middlePass(const int low, const int high, const Task *task, size_t block,
                       uint8_t *work, uint8_t *result) {
    const size_t stride = task->count << low;
    const uint8_t *factor = blockFactors(task, block);
    for (size_t at = 0; at < stride; at += VECTOR) {
        Vector x[16];
        UNROLL for (int n = 0; n < 1 << high; n++) x[n] = load(work + n * stride + at);
        if (block == 0) {
            interpolate(x, high, task->sourceFactors, task->logSize, low, 0);
            if (task->blockCount > 1) {
                UNROLL for (int n = 0; n < 1 << high; n++) store(work + n * stride + at, x[n]);
            }
        }
        evaluate(x, high, factor, task->logSize, low, 0);
        UNROLL for (int n = 0; n < 1 << high; n++) store(result + n * stride + at, x[n]);
    }
}

/// Lower layers of the groups that somebody wants, from `result` to the targets.
INLINE void writePass(const int log, const Task *task, size_t block, const uint8_t *wanted,
                      const uint8_t *result) {
    const size_t groups = (size_t)1 << (task->logSize - log);
    for (size_t group = 0; group < groups; group++) {
        if (!wanted[group]) continue;
        for (size_t at = 0; at < task->count; at += VECTOR) {
            Vector x[16];
            UNROLL for (int n = 0; n < 1 << log; n++) {
                x[n] = load(result + ((group << log) + n) * task->count + at);
            }
            writeGroup(x, log, task, block, group, at);
        }
    }
}

INLINE void largeStrip(const int low, const int high, const int scaled, const Task *task,
                       const uint8_t *wanted) {
    uint8_t work[16384] __attribute__((aligned(64))), result[16384] __attribute__((aligned(64)));
    readPass(low, scaled, task, work);
    for (size_t block = 0; block < task->blockCount; block++) {
        middlePass(low, high, task, block, work, result);
        writePass(low, task, block, wanted + (block << high), result);
    }
}

static void runUnscaled(const Task *task, const uint8_t *wanted) {
    switch (task->logSize) {
    case 2: smallStrip(2, 0, task); break;
    case 3: smallStrip(3, 0, task); break;
    case 4: smallStrip(4, 0, task); break;
    case 5: largeStrip(3, 2, 0, task, wanted); break;
    case 6: largeStrip(3, 3, 0, task, wanted); break;
    case 7: largeStrip(3, 4, 0, task, wanted); break;
    }
}

static void runScaled(const Task *task, const uint8_t *wanted) {
    switch (task->logSize) {
    case 2: smallStrip(2, 1, task); break;
    case 3: smallStrip(3, 1, task); break;
    case 4: smallStrip(4, 1, task); break;
    case 5: largeStrip(3, 2, 1, task, wanted); break;
    case 6: largeStrip(3, 3, 1, task, wanted); break;
    case 7: largeStrip(3, 4, 1, task, wanted); break;
    }
}

/// Fills the gaps with a source of zeros and a target nobody reads, and runs one strip.
static void transformStrip(const bd_gf256_transform *transform, const uint8_t *table,
                           const uint8_t *const *sources, uint8_t *const *targets, size_t offset,
                           size_t count) {
    const size_t size = (size_t)1 << transform->logSize;
    const size_t targetCount = size * transform->blockCount;
    uint8_t zeros[GF256_STRIP_MAX], waste[GF256_STRIP_MAX];
    const uint8_t *from[128];
    uint8_t *to[256];
    uint8_t wanted[32] = {0};
    memset(zeros, 0, count);
    for (size_t n = 0; n < size; n++) from[n] = sources[n] ? sources[n] + offset : zeros;
    for (size_t n = 0; n < targetCount; n++) {
        to[n] = targets[n] ? targets[n] + offset : waste;
        if (targets[n]) wanted[n >> 3] = 1;
    }
    const size_t scales = transform->sourceScaled ? size : 0;
    const Task task = {
        .logSize = transform->logSize, .blockCount = transform->blockCount,
        .sourceFactors = table, .sourceScales = table + size * CONSTANT,
        .targetFactors = table + (size + scales) * CONSTANT,
        .sources = from, .targets = to, .offset = 0, .count = count,
    };
    if (scales) runScaled(&task, wanted); else runUnscaled(&task, wanted);
}

const gf256_kernel KERNEL = {VECTOR, CONSTANT, ROWS_MAX, matrixRows, transformStrip};
