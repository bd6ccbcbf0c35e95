/// The objects that make up one segment, as a value.
///
/// Objects cannot be appended to, so each write of a segment is an object of its own, named by the
/// segment, the offset, and the number of the write:
///
/// ```
/// segments/<segment, 16 digits>/<offset, 16 digits>-<write, 16 digits>
/// ```
///
/// A segment is what its writes give in the order of their numbers: a write cuts off what is behind
/// its offset and puts its bytes there. So one whose answer never came, and that was made again,
/// does no harm when it turns up late.
struct SegmentParts {
    struct Part: Equatable {
        let key: String
        /// Where it begins in the segment.
        let offset: Int
        /// Bytes of it that count.
        var length: Int
        /// Whether the object was not there when it was read.
        var isLost = false

        var end: Int { offset + length }
    }

    /// Bytes of one object.
    struct Piece: Equatable {
        let key: String
        let range: Range<Int>
    }

    /// Ascending, none over another; there may be holes where objects are gone.
    private(set) var parts: [Part] = []

    var length: Int { parts.last?.end ?? 0 }

    /// Puts a write behind those before it.
    mutating func append(_ part: Part) {
        _ = cut(to: part.offset)
        parts.append(part)
    }

    /// Cuts off what is behind `length`.
    ///
    /// - Returns: keys of objects of which nothing counts any more, the last first.
    mutating func cut(to length: Int) -> [String] {
        var dropped: [String] = []
        while let last = parts.last, last.offset >= length {
            dropped.append(last.key)
            parts.removeLast()
        }
        if let last = parts.last, last.end > length {
            parts[parts.count - 1].length = length - last.offset
        }
        return dropped
    }

    mutating func lose(_ key: String) {
        guard let index = parts.firstIndex(where: { $0.key == key }) else { return }
        parts[index].isLost = true
    }

    /// Where the bytes from `range` on are, up to the first that are nowhere.
    func pieces(of range: Range<Int>) -> [Piece] {
        var pieces: [Piece] = []
        var position = range.lowerBound
        for part in parts[firstIndex(endingAfter: position)...] {
            guard position < range.upperBound, part.offset <= position, !part.isLost else { break }
            let end = min(part.end, range.upperBound)
            pieces.append(
                Piece(key: part.key, range: position - part.offset..<end - part.offset))
            position = end
        }
        return pieces
    }

    private func firstIndex(endingAfter position: Int) -> Int {
        var (low, high) = (0, parts.count)
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].end > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The name of a write.
struct PartName: Hashable {
    let segment: Int
    let offset: Int
    /// Which opening of the store wrote it, and which of its writes it was.
    let epoch: UInt32
    let number: UInt32

    var order: UInt64 { UInt64(epoch) << 32 | UInt64(number) }

    var text: String {
        StoreLayout.hexadecimal(UInt64(segment)) + "/" + StoreLayout.hexadecimal(UInt64(offset))
            + "-" + StoreLayout.hexadecimal(order)
    }

    init(segment: Int, offset: Int, epoch: UInt32, number: UInt32) {
        self.segment = segment
        self.offset = offset
        self.epoch = epoch
        self.number = number
    }

    /// `nil` for a name that no store has written.
    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 50,
            let segment = UInt32(text.prefix(16), radix: 16), segment > 0,
            let offset = UInt64(text.dropFirst(17).prefix(16), radix: 16), offset < 1 << 40,
            let order = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.segment = Int(segment)
        self.offset = Int(offset)
        epoch = UInt32(order >> 32)
        number = UInt32(truncatingIfNeeded: order)
        guard self.text == text else { return nil }
    }
}
