/// Cuts bytes into chunks where their content says, so that an edit moves only the cuts near it.
///
/// A chunk ends after the first byte, from the `min`th on, whose gear hashes pass a test: a
/// strict one before the average length, a loose one after it; at `max` it ends regardless. The
/// decision looks at the chunk's own bytes only, so the cuts do not depend on how the input is
/// split into buffers, nor on the kernel.
///
/// Thread rules: a value without state; any number of threads may share it.
///
/// - SeeAlso: docs/formats/chunker.md, fixtures/chunker. Xia et al., "FastCDC: a Fast and Efficient
///   Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016.
package struct Chunker: Sendable {
    package let parameters: ChunkerParameters
    package let kernel: GearKernel
    private let table: GearTable

    /// - Parameter kernel: the scan to run; the best of this processor when `nil`.
    /// - Precondition: the processor can run `kernel`.
    package init(
        table: GearTable, parameters: ChunkerParameters = .standard, kernel: GearKernel? = nil
    ) {
        let kernel = kernel ?? .best
        precondition(kernel.isAvailable)
        self.table = table
        self.parameters = parameters
        self.kernel = kernel
    }

    /// The length of the first chunk of `bytes`.
    ///
    /// The caller keeps what it has of a file in a buffer, takes chunks off its front, and moves
    /// the rest to the front when this returns `nil`. With at least `parameters.max` bytes the
    /// answer is never `nil`. A call after `nil` scans again from the start, so read by whole
    /// buffers of several times `parameters.max`.
    ///
    /// - Parameters:
    ///   - bytes: the file's bytes from the end of the last chunk on.
    ///   - isFinal: whether the file ends where `bytes` end; the rest is then the last chunk.
    /// - Returns: at most `parameters.max`; `nil` when more bytes are needed to decide, and for
    ///   no bytes at all, which hold no chunk.
    /// - Complexity: O(chunk length), and no allocation.
    package func firstCut(in bytes: UnsafeRawBufferPointer, isFinal: Bool) -> Int? {
        let length = min(bytes.count, parameters.max)
        let tests = parameters.tests
        // The byte at index i ends a chunk of length i + 1.
        let first = parameters.min - 1
        let turn = parameters.average - 1
        if let cut = cut(bytes, from: first, to: min(turn, length), test: tests.strict) {
            return cut
        }
        if let cut = cut(bytes, from: turn, to: length, test: tests.loose) {
            return cut
        }
        if length == parameters.max { return length }
        return isFinal && length > 0 ? length : nil
    }

    private func cut(
        _ bytes: UnsafeRawBufferPointer, from: Int, to: Int, test: GearTest
    ) -> Int? {
        guard from < to else { return nil }
        return table.scan(bytes, in: from..<to, test: test, kernel: kernel).map { $0 + 1 }
    }
}
