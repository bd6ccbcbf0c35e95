// BLAKE3 lane kernels for SSE4.1, AVX2 and AVX-512, each function compiled for its instructions.
//
// The narrow AVX2 and AVX-512 kernels exist because the upper levels of a tree have few nodes: with
// eight lanes or fewer, 256-bit registers take 0.6 of the time that 512-bit ones take.
#include "blake3_core.h"

#if defined(__x86_64__)

#define LANES 4
#define LANE_TARGET __attribute__((target("sse4.1")))
#define LANE_NAME(x) x##Sse41
#include "blake3_lanes.h"

#define LANES 4
#define LANE_TARGET __attribute__((target("avx2")))
#define LANE_NAME(x) x##Avx2Narrow
#include "blake3_lanes.h"

#define LANES 8
#define LANE_TARGET __attribute__((target("avx2")))
#define LANE_NAME(x) x##Avx2
#include "blake3_lanes.h"

#define AVX512 __attribute__((target("avx2,avx512f,avx512vl,avx512bw,avx512dq")))

#define LANES 4
#define LANE_TARGET AVX512
#define LANE_NAME(x) x##Avx512Quarter
#include "blake3_lanes.h"

#define LANES 8
#define LANE_TARGET AVX512
#define LANE_NAME(x) x##Avx512Half
#include "blake3_lanes.h"

#define LANES 16
#define LANE_TARGET AVX512
#define LANE_NAME(x) x##Avx512
#include "blake3_lanes.h"

const blake3_kernels blake3_kernels_sse41 = {
    2, {{1, blake3_whole_scalar, blake3_tails_scalar}, {4, wholeSse41, tailsSse41}}};
const blake3_kernels blake3_kernels_avx2 = {
    3,
    {{1, blake3_whole_scalar, blake3_tails_scalar},
     {4, wholeAvx2Narrow, tailsAvx2Narrow},
     {8, wholeAvx2, tailsAvx2}}};
const blake3_kernels blake3_kernels_avx512 = {
    4,
    {{1, blake3_whole_scalar, blake3_tails_scalar},
     {4, wholeAvx512Quarter, tailsAvx512Quarter},
     {8, wholeAvx512Half, tailsAvx512Half},
     {16, wholeAvx512, tailsAvx512}}};

#endif
