#pragma once
// <stdlib.h> must come first: <config_liberasurecode.h> defines _GNU_SOURCE, which would change
// fd_set against what Swift's Glibc module has already seen.
#include <stdlib.h>
#include <stdint.h>
#include <erasurecode.h>
