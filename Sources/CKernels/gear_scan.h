// What the gear kernels share: the confirming hash and the scalar scan that ends every vector scan.
#pragma once
#include "gear.h"

/// The entry of byte 0: without it a run of zeros would hash to zero and be all candidates.
#define BD_GEAR_ZERO_LOW 0x63
#define BD_GEAR_ZERO_HIGH 0x35

/// The confirming hash of `bytes[..<next]`, rolled forward only to the candidates: about 64 steps
/// for each, and never more than one step for each byte however dense the candidates are.
typedef struct {
    const uint64_t *words;
    const uint8_t *bytes;
    uint64_t mask;
    uint64_t hash;
    size_t next;
} gear_confirmer;

static inline int gearConfirms(gear_confirmer *confirmer, size_t index) {
    size_t next = confirmer->next;
    uint64_t hash = confirmer->hash;
    if (index + 1 - next > BD_GEAR_WINDOW) next = index + 1 - BD_GEAR_WINDOW;
    for (; next <= index; next++) hash = (hash << 1) + confirmer->words[confirmer->bytes[next]];
    confirmer->next = next;
    confirmer->hash = hash;
    return (hash & confirmer->mask) == 0;
}

/// The scan byte by byte. `from` is at least 64.
size_t bd_gear_scan_scalar(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask);

size_t bd_gear_scan_avx2(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask);

size_t bd_gear_scan_avx512(
    const bd_gear_table *table, gear_confirmer *confirmer, size_t from, size_t to, uint16_t mask);
