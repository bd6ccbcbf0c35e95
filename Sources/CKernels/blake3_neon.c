// BLAKE3 lane kernels for NEON, which every 64-bit ARM processor has.
#include "blake3_core.h"

#if defined(__aarch64__)

#define LANES 4
#define LANE_TARGET
#define LANE_NAME(x) x##Neon
#include "blake3_lanes.h"

const blake3_kernels blake3_kernels_neon = {
    2, {{1, blake3_whole_scalar, blake3_tails_scalar}, {4, wholeNeon, tailsNeon}}};

#endif
