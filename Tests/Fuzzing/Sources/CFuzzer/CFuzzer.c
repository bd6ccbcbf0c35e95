#include "CFuzzer.h"

/* libFuzzer's own main function wants this to link; ours runs instead and passes a callback. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return 0;
}
