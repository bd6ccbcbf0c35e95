/// Two chunkers written as plainly as possible: what the product must equal, and what it is
/// measured against.

/// The chunker of docs/formats/chunker.md, byte by byte, each hash computed anew from its window.
struct DocumentedChunker {
    let words: [UInt64]
    let entries: [UInt16]
    let min: Int
    let average: Int
    let max: Int

    init(expanded: [UInt8], min: Int, average: Int, max: Int) {
        let words = stride(from: 0, to: 2048, by: 8).map { offset in
            expanded[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        self.words = words
        self.entries = (0..<256).map { byte in
            (0..<8).filter { byte >> $0 & 1 == 1 }
                .reduce(UInt16(0x3563)) { $0 ^ UInt16(truncatingIfNeeded: words[$1]) }
        }
        self.min = min
        self.average = average
        self.max = max
    }

    func firstCut(in bytes: ArraySlice<UInt8>) -> Int {
        let limit = Swift.min(bytes.count, max)
        let averageBits = average.trailingZeroBitCount
        let candidateBits = Swift.min(12, averageBits - 4)
        var length = min
        while length < limit {
            let bits = length < average ? averageBits + 2 : averageBits - 2
            let last = bytes.startIndex + length - 1
            var candidate: UInt16 = 0
            for index in (last - 15)...last {
                candidate = candidate << 1 &+ entries[Int(bytes[index])]
            }
            if candidate >> UInt16(16 - candidateBits) == 0 {
                var confirm: UInt64 = 0
                for index in (last - 63)...last {
                    confirm = confirm << 1 &+ words[Int(bytes[index])]
                }
                if confirm < 5 << UInt64(62 - (bits - candidateBits)) { return length }
            }
            length += 1
        }
        return limit
    }

    func lengths(of bytes: [UInt8]) -> [Int] {
        var lengths: [Int] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let cut = firstCut(in: rest)
            lengths.append(cut)
            rest = rest.dropFirst(cut)
        }
        return lengths
    }
}

/// FastCDC as published: one sixty-four-bit gear, normalisation level 2, top bits as masks.
struct PlainFastCDC {
    let words: [UInt64]
    let min: Int
    let average: Int
    let max: Int

    func lengths(of bytes: [UInt8]) -> [Int] {
        let bits = UInt64(average.trailingZeroBitCount)
        let strict: UInt64 = ~0 << (64 - bits - 2)
        let loose: UInt64 = ~0 << (64 - bits + 2)
        var lengths: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start < bytes.count {
                let limit = Swift.min(bytes.count - start, max)
                var length = Swift.min(min, limit)
                var hash: UInt64 = 0
                while length < limit {
                    hash = hash << 1 &+ words[Int(bytes[start + length])]
                    length += 1
                    if hash & (length < average ? strict : loose) == 0 { break }
                }
                lengths.append(length)
                start += length
            }
        }
        return lengths
    }
}
