#include "CBoringGCM.h"  // Declarations only: swift-crypto brings the code.
