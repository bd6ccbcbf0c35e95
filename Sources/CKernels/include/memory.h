#pragma once

/// Tells malloc to keep what is freed instead of giving it back to the kernel, whose fresh zeroed
/// pages cost more than most of what we do with them: to be called before anything is allocated.
void bd_keep_memory(void);

/// The other way round, for a node that runs for months beside other programs: what is freed goes
/// back to the kernel. To be called before there are threads.
void bd_share_memory(void);
