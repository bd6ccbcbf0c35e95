internal import Glibc
internal import Synchronization

/// Names under which files are written until they are whole: `.bitdust-restore-` and 16 hex digits.
///
/// Process id and a counter make them different from each other; that they are new is left to
/// `O_EXCL`, so a leftover of an earlier process with the same id costs one more attempt.
enum TemporaryName {
    private static let prefix = Array(".bitdust-restore-".utf8)
    private static let digits = Array("0123456789abcdef".utf8)
    private static let counter = Atomic<UInt32>(0)
    private static let process = UInt32(truncatingIfNeeded: getpid())

    static let attemptMax = 1024

    static func next() -> [UInt8] {
        let count = counter.wrappingAdd(1, ordering: .relaxed).newValue
        let number = UInt64(process) << 32 | UInt64(count)
        var name = prefix
        name.reserveCapacity(prefix.count + 16)
        for shift in stride(from: 60, through: 0, by: -4) {
            name.append(digits[Int(number >> UInt64(shift)) & 15])
        }
        return name
    }

    static func matches(_ name: UnsafeRawBufferPointer) -> Bool {
        name.count == prefix.count + 16 && name.starts(with: prefix)
            && name.dropFirst(prefix.count).allSatisfy { digits.contains($0) }
    }
}
