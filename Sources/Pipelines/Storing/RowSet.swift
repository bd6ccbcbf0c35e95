internal import Synchronization

/// Rows of blocks, a bit for each: 125 KB for a million.
///
/// Thread rules: any thread.
package final class RowSet: Sendable {
    private let words = Mutex<[UInt64]>([])

    package init() {}

    /// Row 0 is none, and is not taken.
    package func insert(_ row: Int64) {
        guard row > 0, let index = Int(exactly: row) else { return }
        words.withLock { words in
            if words.count <= index / 64 {
                words.append(
                    contentsOf: repeatElement(
                        0, count: max(index / 64 + 1 - words.count, words.count)))
            }
            words[index / 64] |= 1 << UInt64(index % 64)
        }
    }

    package func contains(_ row: Int64) -> Bool {
        guard row > 0, let index = Int(exactly: row) else { return false }
        return words.withLock { words in
            index / 64 < words.count && words[index / 64] >> UInt64(index % 64) & 1 == 1
        }
    }

    package var isEmpty: Bool { words.withLock { $0.allSatisfy { $0 == 0 } } }

    /// Ascending, no two that touch.
    package var ranges: [ClosedRange<Int64>] {
        words.withLock { words in
            var ranges: [ClosedRange<Int64>] = []
            for (number, word) in words.enumerated() where word != 0 {
                for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 {
                    let row = Int64(number * 64 + bit)
                    if let last = ranges.last, last.upperBound == row - 1 {
                        ranges[ranges.count - 1] = last.lowerBound...row
                    } else {
                        ranges.append(row...row)
                    }
                }
            }
            return ranges
        }
    }
}
