// The C kernels of BitDust: everything that needs vector instructions.
//
// Each kernel has a scalar reference and wider versions that give the same bytes; which one runs
// is decided once, by what the processor offers, and can be forced in tests.
#pragma once
#include "blake3.h"
#include "checksum.h"
#include "disk.h"
#include "files.h"
#include "gear.h"
#include "disk.h"
#include "gf256.h"
#include "memory.h"
