// BLAKE3: modes, one input at once, and input in parts. The trees are in blake3_forest.c.
#include "blake3_core.h"

void bd_blake3_plain(bd_blake3_mode *mode, uint32_t isa) {
    const uint32_t iv[8] = {BLAKE3_IV};
    memcpy(mode->key, iv, sizeof iv);
    mode->flags = 0;
    mode->isa = isa;
}

void bd_blake3_keyed(bd_blake3_mode *mode, const uint8_t key[32], uint32_t isa) {
    memcpy(mode->key, key, DIGEST_LENGTH);
    mode->flags = KEYED_HASH;
    mode->isa = isa;
}

void bd_blake3_derive(
    bd_blake3_mode *mode, const void *context, size_t contextLength, uint32_t isa) {
    uint8_t key[DIGEST_LENGTH];
    bd_blake3_plain(mode, isa);
    mode->flags = DERIVE_KEY_CONTEXT;
    bd_blake3_hash(mode, context, contextLength, key);
    memcpy(mode->key, key, sizeof key);
    mode->flags = DERIVE_KEY_MATERIAL;
}

void bd_blake3_hash(
    const bd_blake3_mode *mode, const void *bytes, size_t length, uint8_t target[32]) {
    if (length <= BLAKE3_TREE_LENGTH_MAX) {
        blake3_tree tree = {bytes, length, 0, target};
        blake3_forest(mode, &tree, 1, ROOT);
    } else {
        bd_blake3_hasher hasher;
        bd_blake3_start(&hasher, mode);
        bd_blake3_update(&hasher, bytes, length);
        bd_blake3_finish(&hasher, target, DIGEST_LENGTH);
    }
}

// MARK: In parts

void bd_blake3_start(bd_blake3_hasher *hasher, const bd_blake3_mode *mode) {
    memset(hasher, 0, sizeof *hasher);
    hasher->mode = *mode;
}

/// Subtrees to be added, hashed together so that the small ones among them share lanes: 1.4x for
/// parts of 64 KiB.
#define QUEUE_TREES 32
typedef struct queue {
    uint64_t nextChunk;
    size_t count;
    blake3_tree trees[QUEUE_TREES];
    uint8_t values[QUEUE_TREES * DIGEST_LENGTH];
} queue;

/// Adds the chaining value of `chunkCount` chunks, a power of two that divides the chunks before.
///
/// Two subtrees of one size become one at once. None of these nodes can be the root, because a
/// subtree is only added when more bytes follow it.
static void push(bd_blake3_hasher *hasher, const uint8_t *value, uint64_t chunkCount) {
    uint8_t *stack = (uint8_t *)hasher->stack;
    memcpy(stack + hasher->depth * DIGEST_LENGTH, value, DIGEST_LENGTH);
    hasher->chunkCount += chunkCount;
    hasher->depth++;
    while (hasher->depth > (uint32_t)__builtin_popcountll(hasher->chunkCount)) {
        hasher->depth--;
        uint8_t *pair = stack + (hasher->depth - 1) * DIGEST_LENGTH;
        bd_blake3_parents(&hasher->mode, pair, 1, 0, pair);
    }
}

static void drain(bd_blake3_hasher *hasher, queue *waiting) {
    blake3_forest(&hasher->mode, waiting->trees, waiting->count, 0);
    for (size_t index = 0; index < waiting->count; index++) {
        push(hasher, waiting->trees[index].target, waiting->trees[index].length / CHUNK_LENGTH);
    }
    waiting->count = 0;
}

static void enqueue(
    bd_blake3_hasher *hasher, queue *waiting, const uint8_t *bytes, uint64_t chunkCount) {
    if (waiting->count == QUEUE_TREES) drain(hasher, waiting);
    waiting->trees[waiting->count] = (blake3_tree){
        bytes, chunkCount * CHUNK_LENGTH, waiting->nextChunk,
        waiting->values + waiting->count * DIGEST_LENGTH};
    waiting->nextChunk += chunkCount;
    waiting->count++;
}

/// Takes bytes into `pending` until it holds a chunk.
static size_t fill(bd_blake3_hasher *hasher, const uint8_t *bytes, size_t length) {
    size_t room = CHUNK_LENGTH - hasher->pendingLength;
    size_t taken = length < room ? length : room;
    memcpy((uint8_t *)hasher->pending + hasher->pendingLength, bytes, taken);
    hasher->pendingLength += (uint32_t)taken;
    return taken;
}

void bd_blake3_update(bd_blake3_hasher *hasher, const void *bytes, size_t length) {
    const uint8_t *rest = bytes;
    if (length == 0) return;
    size_t taken = hasher->pendingLength > 0 ? fill(hasher, rest, length) : 0;
    rest += taken;
    length -= taken;
    if (length == 0) return;
    queue waiting;
    waiting.nextChunk = hasher->chunkCount;
    waiting.count = 0;
    if (hasher->pendingLength > 0) enqueue(hasher, &waiting, (uint8_t *)hasher->pending, 1);
    while (length > CHUNK_LENGTH) {
        uint64_t chunkCount = BLAKE3_TREE_LENGTH_MAX / CHUNK_LENGTH;
        while (chunkCount * CHUNK_LENGTH >= length || waiting.nextChunk % chunkCount != 0) {
            chunkCount /= 2;
        }
        enqueue(hasher, &waiting, rest, chunkCount);
        rest += chunkCount * CHUNK_LENGTH;
        length -= chunkCount * CHUNK_LENGTH;
    }
    drain(hasher, &waiting);
    hasher->pendingLength = 0;
    fill(hasher, rest, length);
}

/// The inputs of the compression that gives a chaining value, or with ROOT the digest.
typedef struct node {
    uint32_t cv[8];
    uint8_t block[BLOCK_LENGTH];
    uint64_t counter;
    uint32_t blockLength;
    uint32_t flags;
} node;

/// The last block of the pending chunk.
static node lastNode(const bd_blake3_hasher *hasher) {
    node last = {.counter = hasher->chunkCount};
    const uint8_t *bytes = (const uint8_t *)hasher->pending;
    uint32_t rest = hasher->pendingLength;
    uint32_t words[16];
    memcpy(last.cv, hasher->mode.key, sizeof last.cv);
    last.flags = hasher->mode.flags | CHUNK_START;
    for (; rest > BLOCK_LENGTH; rest -= BLOCK_LENGTH, bytes += BLOCK_LENGTH) {
        blake3_compress(last.cv, bytes, last.counter, BLOCK_LENGTH, last.flags, words);
        memcpy(last.cv, words, sizeof last.cv);
        last.flags = hasher->mode.flags;
    }
    memcpy(last.block, bytes, rest);
    last.blockLength = rest;
    last.flags |= CHUNK_END;
    return last;
}

void bd_blake3_finish(const bd_blake3_hasher *hasher, uint8_t *target, size_t length) {
    node top = lastNode(hasher);
    uint32_t words[16];
    for (uint32_t depth = hasher->depth; depth > 0; depth--) {
        blake3_compress(top.cv, top.block, top.counter, top.blockLength, top.flags, words);
        memcpy(top.cv, hasher->mode.key, sizeof top.cv);
        memcpy(top.block, hasher->stack + (depth - 1) * 4, DIGEST_LENGTH);
        memcpy(top.block + DIGEST_LENGTH, words, DIGEST_LENGTH);
        top.counter = 0;
        top.blockLength = BLOCK_LENGTH;
        top.flags = hasher->mode.flags | PARENT;
    }
    for (uint64_t counter = 0; length > 0; counter++) {
        size_t taken = length < BLOCK_LENGTH ? length : BLOCK_LENGTH;
        blake3_compress(top.cv, top.block, counter, top.blockLength, top.flags | ROOT, words);
        memcpy(target, words, taken);
        target += taken;
        length -= taken;
    }
}
