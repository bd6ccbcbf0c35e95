internal import Glibc

/// Memory that starts on a page and is reused: a fresh megabyte costs more than sealing it.
///
/// Thread rules: one owner at a time. A pool hands it out, a queue hands it on; nothing else may
/// hold its bytes at the same time.
// @unchecked: ownership moves from stage to stage through queues that order the accesses.
package final class PageBuffer: @unchecked Sendable {
    package let byteCount: Int
    package let pointer: UnsafeMutableRawPointer

    /// Allocates whole pages, at least `byteCount` bytes, zeroed.
    ///
    /// - Precondition: `byteCount > 0`.
    package init(byteCount: Int) {
        precondition(byteCount > 0)
        let page = Limits.pageLength
        self.byteCount = (byteCount + page - 1) / page * page
        var memory: UnsafeMutableRawPointer?
        let status = posix_memalign(&memory, page, self.byteCount)
        guard status == 0, let memory else {
            preconditionFailure("out of memory: \(self.byteCount) bytes")
        }
        madvise(memory, self.byteCount, MADV_HUGEPAGE)
        memset(memory, 0, self.byteCount)
        self.pointer = memory
    }

    deinit {
        free(pointer)
    }

    package var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer, count: byteCount)
    }

    /// A part of the buffer.
    ///
    /// - Precondition: `range` lies within the buffer.
    package subscript(range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return UnsafeMutableRawBufferPointer(start: pointer + range.lowerBound, count: range.count)
    }
}
