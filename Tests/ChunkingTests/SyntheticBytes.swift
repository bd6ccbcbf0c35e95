import Chunking

/// SplitMix64 (Steele et al., 2014): the same bytes from the same seed on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix(state: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        withUnsafeBytes(of: generator.next().littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// Words of a small vocabulary with spaces and line ends: repetitive, as sources are.
func textBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix(state: seed)
    let vocabulary = (0..<2000).map { _ in
        (0..<Int.random(in: 2...9, using: &generator)).map { _ in
            UInt8.random(in: 97...122, using: &generator)
        }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 16)
    while bytes.count < count {
        // The lesser of two draws: some words are frequent, as in real text.
        let word = min(
            Int.random(in: 0..<2000, using: &generator), Int.random(in: 0..<2000, using: &generator)
        )
        bytes.append(contentsOf: vocabulary[word])
        bytes.append(word % 11 == 0 ? 10 : 32)
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// Lines of a few shapes, deeply indented, with runs of spaces and zeros: what windows of 16 bytes
/// repeat in, as in sources and tar files.
func indentedBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix(state: seed)
    let names = textBytes(40_000, seed: seed ^ 1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 1024)
    while bytes.count < count {
        let depth = Int.random(in: 0...6, using: &generator) * 4
        bytes.append(contentsOf: repeatElement(32, count: depth))
        let keyword = ["return value of ", "if (condition == ", "    case ", "*     note that "]
        bytes.append(contentsOf: keyword.randomElement(using: &generator)!.utf8)
        let at = Int.random(in: 0..<names.count - 40, using: &generator)
        bytes.append(contentsOf: names[at..<at + Int.random(in: 3...30, using: &generator)])
        bytes.append(10)
        if Int.random(in: 0..<400, using: &generator) == 0 {
            bytes.append(contentsOf: repeatElement(0, count: 512 - bytes.count % 512))
        }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

extension GearTable {
    static func seeded(_ seed: UInt64) -> GearTable {
        GearTable(expanding: randomBytes(GearTable.expandedByteCount, seed: seed))
    }
}

extension Chunker {
    /// The lengths of all chunks of a file.
    func lengths(of bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBytes { all in
            var lengths: [Int] = []
            var offset = 0
            while let cut = firstCut(
                in: UnsafeRawBufferPointer(rebasing: all[offset...]), isFinal: true)
            {
                lengths.append(cut)
                offset += cut
            }
            return lengths
        }
    }

    /// The same, for a file that arrives in `parts`: what is left is carried over.
    func lengths(ofParts parts: [ArraySlice<UInt8>]) -> [Int] {
        var lengths: [Int] = []
        var held: [UInt8] = []
        for (index, part) in parts.enumerated() {
            held.append(contentsOf: part)
            let isFinal = index == parts.count - 1
            while let cut = held.withUnsafeBytes({ firstCut(in: $0, isFinal: isFinal) }) {
                lengths.append(cut)
                held.removeFirst(cut)
            }
        }
        return lengths
    }
}
