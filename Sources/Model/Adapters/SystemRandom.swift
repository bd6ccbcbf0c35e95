internal import Glibc

/// The kernel's random bytes: getrandom(2) by way of getentropy(3), which blocks only before the
/// kernel's pool is first filled and does not return short.
package struct SystemRandom: RandomSource {
    /// More in one call is an error.
    private static let callLengthMax = 256

    package init() {}

    package func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset < bytes.count {
            let count = min(SystemRandom.callLengthMax, bytes.count - offset)
            let status = getentropy(bytes.baseAddress! + offset, count)
            if status == 0 {
                offset += count
            } else {
                // Without randomness there is no sealing, so nothing may go on.
                precondition(errno == EINTR, "getentropy failed: errno \(errno)")
            }
        }
    }
}
