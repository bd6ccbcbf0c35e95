// BLAKE3 trees, many at a time: the lanes of a kernel are filled across inputs.
//
// A pass takes inputs of at most 1024 chunks together and works in levels: first all whole chunks,
// then the partial chunks at the ends, then parents level by level, until one value is left for
// each input. So the few nodes near the roots of many small trees still fill the lanes.
#include "blake3_core.h"

#define PASS_TREES 128

uint32_t bd_blake3_best(void) {
    uint32_t best = BD_BLAKE3_SCALAR;
    for (uint32_t isa = BD_BLAKE3_SSE41; isa <= BD_BLAKE3_NEON; isa++) {
        if (bd_blake3_supports(isa)) best = isa;
    }
    return best;
}

int bd_blake3_supports(uint32_t isa) {
    switch (isa) {
    case BD_BLAKE3_SCALAR: return 1;
#if defined(__x86_64__)
    case BD_BLAKE3_SSE41: return __builtin_cpu_supports("sse4.1") != 0;
    case BD_BLAKE3_AVX2: return __builtin_cpu_supports("avx2") != 0;
    case BD_BLAKE3_AVX512:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f")
            && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq");
#elif defined(__aarch64__)
    case BD_BLAKE3_NEON: return 1;
#endif
    default: return 0;
    }
}

static const blake3_kernels *kernelsFor(uint32_t isa) {
    switch (isa) {
#if defined(__x86_64__)
    case BD_BLAKE3_SSE41: return &blake3_kernels_sse41;
    case BD_BLAKE3_AVX2: return &blake3_kernels_avx2;
    case BD_BLAKE3_AVX512: return &blake3_kernels_avx512;
#elif defined(__aarch64__)
    case BD_BLAKE3_NEON: return &blake3_kernels_neon;
#endif
    default: return &blake3_kernels_scalar;
    }
}

// MARK: Filling lanes

/// Collects work until all lanes are taken.
typedef struct batch {
    const bd_blake3_mode *mode;
    const blake3_kernels *kernels;
    size_t width;  // of the widest kernel
    size_t count;
    blake3_lanes lanes;
    uint8_t unused[DIGEST_LENGTH];
} batch;

static size_t add(
    batch *work, const uint8_t *input, uint64_t counter, uint32_t endFlags, uint8_t *target) {
    size_t lane = work->count++;
    work->lanes.input[lane] = input;
    work->lanes.target[lane] = target;
    work->lanes.counterLow[lane] = (uint32_t)counter;
    work->lanes.counterHigh[lane] = (uint32_t)(counter >> 32);
    work->lanes.endFlags[lane] = endFlags;
    return lane;
}

/// The narrowest kernel that holds the work; its idle lanes repeat the first one's input.
static const blake3_kernel *prepare(batch *work) {
    const blake3_kernel *kernel = work->kernels->list;
    while (kernel->width < work->count) kernel++;
    while (work->count < kernel->width) {
        size_t lane = add(work, work->lanes.input[0], 0, 0, work->unused);
        work->lanes.blockCount[lane] = 0;
        work->lanes.tailLength[lane] = 0;
    }
    work->count = 0;
    return kernel;
}

static void runChunks(batch *work) {
    if (work->count == 0) return;
    const blake3_kernel *kernel = prepare(work);
    kernel->whole(
        &work->lanes, work->mode->key, work->mode->flags, CHUNK_START,
        CHUNK_LENGTH / BLOCK_LENGTH);
}

static void runParents(batch *work) {
    if (work->count == 0) return;
    const blake3_kernel *kernel = prepare(work);
    kernel->whole(&work->lanes, work->mode->key, work->mode->flags | PARENT, 0, 1);
}

static void runTails(batch *work) {
    if (work->count == 0) return;
    const blake3_kernel *kernel = prepare(work);
    kernel->tails(&work->lanes, work->mode->key, work->mode->flags);
}

static void addParent(batch *work, const uint8_t *pair, uint32_t rootFlag, uint8_t *target) {
    add(work, pair, 0, rootFlag, target);
    if (work->count == work->width) runParents(work);
}

// MARK: One pass

/// A tree of the pass: where its values of the present level are and how many.
typedef struct place {
    uint8_t *values;
    size_t count;
} place;

typedef struct pass {
    const blake3_tree *trees;
    size_t count;
    uint32_t rootFlag;
    batch work;
    place places[PASS_TREES];
    uint16_t order[PASS_TREES];
    _Alignas(64) uint8_t values[BLAKE3_FOREST_CHUNKS * DIGEST_LENGTH];
} pass;

static size_t chunkCount(const blake3_tree *tree) {
    return tree->length == 0 ? 1 : (tree->length + CHUNK_LENGTH - 1) / CHUNK_LENGTH;
}

static uint32_t chunkEnd(const pass *now, size_t index) {
    return CHUNK_END | (now->places[index].count == 1 ? now->rootFlag : 0);
}

/// Takes as many trees as fit, at least one.
static void admit(pass *now, size_t count) {
    uint8_t *values = now->values;
    size_t room = BLAKE3_FOREST_CHUNKS;
    for (now->count = 0; now->count < count && now->count < PASS_TREES; now->count++) {
        size_t needed = chunkCount(&now->trees[now->count]);
        if (needed > room) break;
        now->places[now->count] = (place){values, needed};
        values += needed * DIGEST_LENGTH;
        room -= needed;
    }
}

static void hashChunks(pass *now) {
    for (size_t index = 0; index < now->count; index++) {
        const blake3_tree *tree = &now->trees[index];
        uint32_t endFlags = chunkEnd(now, index);
        for (size_t chunk = 0; chunk < tree->length / CHUNK_LENGTH; chunk++) {
            add(&now->work, tree->bytes + chunk * CHUNK_LENGTH, tree->firstChunk + chunk, endFlags,
                now->places[index].values + chunk * DIGEST_LENGTH);
            if (now->work.count == now->work.width) runChunks(&now->work);
        }
    }
    runChunks(&now->work);
}

/// Blocks in the partial chunk at the end of a tree; zero when there is none.
static size_t tailBlockCount(const blake3_tree *tree) {
    if (tree->length == 0) return 1;
    return (tree->length % CHUNK_LENGTH + BLOCK_LENGTH - 1) / BLOCK_LENGTH;
}

/// Orders the trees that have a tail by its number of blocks, so that lanes finish together.
static size_t orderTails(pass *now) {
    size_t starts[CHUNK_LENGTH / BLOCK_LENGTH + 2] = {0};
    for (size_t index = 0; index < now->count; index++) {
        size_t blocks = tailBlockCount(&now->trees[index]);
        if (blocks > 0) starts[blocks + 1]++;
    }
    for (size_t blocks = 1; blocks <= CHUNK_LENGTH / BLOCK_LENGTH; blocks++) {
        starts[blocks + 1] += starts[blocks];
    }
    for (size_t index = 0; index < now->count; index++) {
        size_t blocks = tailBlockCount(&now->trees[index]);
        if (blocks > 0) now->order[starts[blocks]++] = (uint16_t)index;
    }
    return starts[CHUNK_LENGTH / BLOCK_LENGTH];
}

static void addTail(pass *now, size_t index) {
    const blake3_tree *tree = &now->trees[index];
    size_t chunk = tree->length / CHUNK_LENGTH;
    size_t blocks = tailBlockCount(tree);
    size_t start = chunk * CHUNK_LENGTH + (blocks - 1) * BLOCK_LENGTH;
    size_t length = tree->length - start;
    size_t lane = add(
        &now->work, tree->length == 0 ? now->values : tree->bytes + chunk * CHUNK_LENGTH,
        tree->firstChunk + chunk, chunkEnd(now, index),
        now->places[index].values + chunk * DIGEST_LENGTH);
    now->work.lanes.blockCount[lane] = (uint32_t)blocks;
    now->work.lanes.tailLength[lane] = (uint32_t)length;
    memset(now->work.lanes.tail[lane], 0, BLOCK_LENGTH);
    if (length > 0) memcpy(now->work.lanes.tail[lane], tree->bytes + start, length);
}

static void hashTails(pass *now) {
    size_t count = orderTails(now);
    for (size_t at = 0; at < count; at++) {
        addTail(now, now->order[at]);
        if (now->work.count == now->work.width) runTails(&now->work);
    }
    runTails(&now->work);
}

/// Halves the number of values of each tree; an odd one at the end moves up as it is, which gives
/// the tree of the paper (section 2.1): the left child of a node is the largest complete one.
///
/// Parents are written over the values they come from. A kernel reads all its lanes before it
/// writes, and a parent lies at or before its children, so nothing is lost.
static int halve(pass *now) {
    int more = 0;
    for (size_t index = 0; index < now->count; index++) {
        place *here = &now->places[index];
        uint32_t rootFlag = here->count == 2 ? now->rootFlag : 0;
        for (size_t pair = 0; pair < here->count / 2; pair++) {
            addParent(
                &now->work, here->values + pair * 2 * DIGEST_LENGTH, rootFlag,
                here->values + pair * DIGEST_LENGTH);
        }
    }
    runParents(&now->work);
    for (size_t index = 0; index < now->count; index++) {
        place *here = &now->places[index];
        size_t half = here->count / 2;
        if (here->count % 2 == 1) {
            memmove(
                here->values + half * DIGEST_LENGTH, here->values + half * 2 * DIGEST_LENGTH,
                DIGEST_LENGTH);
        }
        here->count = half + here->count % 2;
        more |= here->count > 1;
    }
    return more;
}

void blake3_forest(
    const bd_blake3_mode *mode, const blake3_tree *trees, size_t count, uint32_t rootFlag) {
    pass now;
    now.work.mode = mode;
    now.work.kernels = kernelsFor(mode->isa);
    now.work.width = now.work.kernels->list[now.work.kernels->count - 1].width;
    now.work.count = 0;
    now.rootFlag = rootFlag;
    for (size_t done = 0; done < count; done += now.count) {
        now.trees = trees + done;
        admit(&now, count - done);
        hashChunks(&now);
        hashTails(&now);
        while (halve(&now)) {}
        for (size_t index = 0; index < now.count; index++) {
            memcpy(now.trees[index].target, now.places[index].values, DIGEST_LENGTH);
        }
    }
}

// MARK: Many inputs

static void flush(const bd_blake3_mode *mode, blake3_tree *trees, size_t *count, uint32_t flag) {
    blake3_forest(mode, trees, *count, flag);
    *count = 0;
}

void bd_blake3_hash_ranges(
    const bd_blake3_mode *mode, const void *bytes, const bd_blake3_range *ranges, size_t count,
    uint8_t *targets) {
    blake3_tree trees[PASS_TREES];
    size_t waiting = 0;
    for (size_t index = 0; index < count; index++) {
        const uint8_t *start = (const uint8_t *)bytes + ranges[index].lower;
        size_t length = ranges[index].upper - ranges[index].lower;
        if (length > BLAKE3_TREE_LENGTH_MAX) {
            bd_blake3_hash(mode, start, length, targets + index * DIGEST_LENGTH);
            continue;
        }
        trees[waiting++] = (blake3_tree){start, length, 0, targets + index * DIGEST_LENGTH};
        if (waiting == PASS_TREES) flush(mode, trees, &waiting, ROOT);
    }
    flush(mode, trees, &waiting, ROOT);
}

void bd_blake3_groups(
    const bd_blake3_mode *mode, const void *bytes, size_t length, uint64_t firstChunk,
    size_t groupLength, uint8_t *targets) {
    blake3_tree trees[PASS_TREES];
    size_t waiting = 0;
    for (size_t start = 0; start < length; start += groupLength) {
        size_t rest = length - start;
        trees[waiting++] = (blake3_tree){
            (const uint8_t *)bytes + start, rest < groupLength ? rest : groupLength,
            firstChunk + start / CHUNK_LENGTH, targets + start / groupLength * DIGEST_LENGTH};
        if (waiting == PASS_TREES) flush(mode, trees, &waiting, 0);
    }
    flush(mode, trees, &waiting, 0);
}

void bd_blake3_parents(
    const bd_blake3_mode *mode, const uint8_t *pairs, size_t count, int isRoot,
    uint8_t *targets) {
    batch work = {.mode = mode, .kernels = kernelsFor(mode->isa)};
    work.width = work.kernels->list[work.kernels->count - 1].width;
    for (size_t pair = 0; pair < count; pair++) {
        addParent(
            &work, pairs + pair * 2 * DIGEST_LENGTH, isRoot ? ROOT : 0,
            targets + pair * DIGEST_LENGTH);
    }
    runParents(&work);
}
