#pragma once

/// Tells malloc to keep what is freed instead of giving it back to the kernel, whose fresh zeroed
/// pages cost more than most of what we do with them: to be called before anything is allocated.
void bd_keep_memory(void);
