// What the gear kernels share: the confirming hash and the scalar scan that ends every vector scan.
#pragma once
#include "gear.h"

/// The entry of byte 0: without it a run of zeros would hash to zero and be all candidates.
#define BD_GEAR_ZERO_LOW 0x63
#define BD_GEAR_ZERO_HIGH 0x35

/// The confirming hash of `bytes[..<next]`: made anew for a candidate far from the last, rolled
/// forward to a near one, so that it costs at most one step for each byte however dense they are.
typedef struct {
    const uint64_t *words;
    const uint8_t *bytes;
    uint64_t limit;
    uint64_t hash;
    size_t next;
} gear_confirmer;

/// The hash of the 64 bytes from `bytes` on, by four chains of 16 that run side by side.
static inline uint64_t gearWindow(const uint64_t *words, const uint8_t *bytes) {
    uint64_t one = 0, two = 0, three = 0, four = 0;
    for (int at = 0; at < 16; at++) {
        one = (one << 1) + words[bytes[at]];
        two = (two << 1) + words[bytes[at + 16]];
        three = (three << 1) + words[bytes[at + 32]];
        four = (four << 1) + words[bytes[at + 48]];
    }
    return (one << 48) + (two << 32) + (three << 16) + four;
}

static inline int gearConfirms(gear_confirmer *confirmer, size_t index) {
    size_t next = confirmer->next;
    uint64_t hash = confirmer->hash;
    if (index + 1 - next >= BD_GEAR_WINDOW) {
        next = index + 1;
        hash = gearWindow(confirmer->words, confirmer->bytes + next - BD_GEAR_WINDOW);
    }
    for (; next <= index; next++) hash = (hash << 1) + confirmer->words[confirmer->bytes[next]];
    confirmer->next = next;
    confirmer->hash = hash;
    return hash < confirmer->limit;
}

/// The scan byte by byte. `from` is at least 64.
size_t bd_gear_scan_scalar(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask);

size_t bd_gear_scan_avx2(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask);

size_t bd_gear_scan_avx512(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask);
