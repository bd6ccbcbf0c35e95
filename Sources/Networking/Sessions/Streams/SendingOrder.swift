/// Which stream's payload goes next.
///
/// Long ones one after the other: side by side all of them would end late, and what is sent is held
/// until it has ended. Between their frames short ones pass.
struct SendingOrder {
    private var short: [UInt32] = []
    private var long: [UInt32] = []
    private var isShortNext = true

    var isEmpty: Bool { short.isEmpty && long.isEmpty }

    /// The next one, left where it is.
    var first: UInt32? { isShortNext ? short.first ?? long.first : long.first ?? short.first }

    /// Puts a stream behind those of its kind.
    mutating func append(_ stream: UInt32, isLong: Bool) {
        if isLong { long.append(stream) } else { short.append(stream) }
    }

    mutating func remove(_ stream: UInt32) {
        short.removeAll { $0 == stream }
        long.removeAll { $0 == stream }
    }

    /// The next one, which stays when it is long and goes to the end when it is short.
    mutating func next() -> UInt32? {
        guard let stream = first else { return nil }
        isShortNext = stream != short.first
        if !isShortNext { short.append(short.removeFirst()) }
        return stream
    }
}
