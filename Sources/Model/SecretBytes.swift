internal import Glibc

/// Thirty-two secret bytes: a seed or a key. They are zeroed when the last owner lets go of them,
/// and never printed.
///
/// Thread rules: the bytes never change after `init`, so any thread may borrow them.
// @unchecked: `pointer` is written in `init` and in `deinit` only.
package final class SecretBytes: @unchecked Sendable {
    package static let byteCount = 32
    private let pointer: UnsafeMutableRawPointer

    /// Lets `body` fill the bytes, which are zero before.
    package init<Failure: Error>(
        filling body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        pointer = .allocate(byteCount: SecretBytes.byteCount, alignment: 16)
        memset(pointer, 0, SecretBytes.byteCount)
        try body(UnsafeMutableRawBufferPointer(start: pointer, count: SecretBytes.byteCount))
    }

    /// Copies 32 bytes; the caller still has to forget its own copy.
    ///
    /// - Precondition: `bytes` holds exactly 32.
    package convenience init(_ bytes: RawSpan) {
        precondition(bytes.byteCount == SecretBytes.byteCount)
        self.init { target in
            bytes.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    package convenience init(_ bytes: Bytes32) {
        self.init { target in
            bytes.withBytes { span in
                span.withUnsafeBytes { target.copyMemory(from: $0) }
            }
        }
    }

    /// Draws fresh bytes.
    package convenience init(from random: some RandomSource) {
        self.init { random.fill($0) }
    }

    deinit {
        explicit_bzero(pointer, SecretBytes.byteCount)
        pointer.deallocate()
    }

    /// Lends the bytes for the length of the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = UnsafeRawBufferPointer(start: pointer, count: SecretBytes.byteCount)
        return try body(bytes.bytes)
    }
}

extension SecretBytes: Equatable {
    /// Compares in a time that does not depend on the bytes.
    package static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        var difference: UInt8 = 0
        for offset in 0..<SecretBytes.byteCount {
            difference |=
                left.pointer.load(fromByteOffset: offset, as: UInt8.self)
                ^ right.pointer.load(fromByteOffset: offset, as: UInt8.self)
        }
        return difference == 0
    }
}

extension SecretBytes: CustomStringConvertible, CustomReflectable {
    package var description: String { "SecretBytes(hidden)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
