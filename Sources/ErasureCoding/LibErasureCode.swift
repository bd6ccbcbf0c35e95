internal import CErasureCode
internal import Glibc
package import Model
internal import Synchronization

/// The same code by liberasurecode's `isa_l_rs_cauchy`: an independent implementation.
///
/// Slower, since the library wants one contiguous block, returns fresh buffers, and puts a header
/// before each fragment, which is made here and taken off again. At most 32 fragments.
package struct LibErasureCode: ErasureCode {
    package let scheme: ErasureScheme
    private let instance: LibraryInstance

    /// - Throws: ``ErasureError/unsupportedScheme(_:)`` when there are more than 32 fragments, no
    ///   parity, or the library lacks the backend.
    package init(scheme: ErasureScheme) throws(ErasureError) {
        guard scheme.fragmentCount <= EC_MAX_FRAGMENTS, scheme.parityCount >= 1,
            let instance = LibraryInstance(scheme)
        else { throw .unsupportedScheme(scheme) }
        self.scheme = scheme
        self.instance = instance
    }

    package func encode(
        data: [UnsafeRawBufferPointer], parity: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) {
        let length = try lengthToEncode(data: data, parity: parity)
        if length == 0 { return }
        var block = [UInt8](repeating: 0, count: instance.paddedLength(length) * data.count)
        for (index, fragment) in data.enumerated() {
            block.withUnsafeMutableBytes {
                $0[(index * instance.paddedLength(length))...].copyBytes(from: fragment)
            }
        }
        try instance.withEncoded(block) { (fragments) in
            for (index, target) in parity.enumerated() {
                let payload = fragments.payload(scheme.dataCount + index)
                target.copyMemory(from: UnsafeRawBufferPointer(start: payload, count: length))
            }
        }
    }

    package func reconstruct(
        _ missing: [Int], present: [(position: Int, bytes: UnsafeRawBufferPointer)],
        into targets: [UnsafeMutableRawBufferPointer]
    ) throws(ErasureError) {
        let length = try lengthToReconstruct(missing, present: present, into: targets)
        if length == 0 || missing.isEmpty { return }
        let byteCount = instance.paddedLength(length) * scheme.dataCount
        // Encoding zeros makes the headers; the bytes that are present replace the zeros.
        let status = try instance.withEncoded([UInt8](repeating: 0, count: byteCount)) {
            fragments in
            for (position, bytes) in present {
                memcpy(fragments.payload(position), bytes.baseAddress!, length)
            }
            var available = present.map { Optional(fragments.whole($0.position)) }
            for (position, target) in zip(missing, targets) {
                let status = liberasurecode_reconstruct_fragment(
                    instance.descriptor, &available, Int32(available.count), fragments.length,
                    Int32(position), fragments.whole(position))
                guard status == 0 else { return status }
                memcpy(target.baseAddress!, fragments.payload(position), length)
            }
            return Int32(0)
        }
        guard status == 0 else { throw .library(status: status) }
    }
}

/// All fragments of one encoding, headers included, in memory of the library.
private struct EncodedFragments {
    let data: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    let parity: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    let dataCount: Int
    /// Bytes of one fragment with its header.
    let length: UInt64

    func whole(_ position: Int) -> UnsafeMutablePointer<CChar> {
        (position < dataCount ? data[position] : parity[position - dataCount])!
    }

    func payload(_ position: Int) -> UnsafeMutablePointer<CChar> {
        whole(position) + MemoryLayout<fragment_header_t>.size
    }
}

/// One descriptor of the library.
///
/// Thread rules: any thread. The library looks descriptors up in a list that it changes without
/// telling its readers, so that all calls of the process take turns.
private final class LibraryInstance: Sendable {
    private static let turn = Mutex(())
    let descriptor: Int32
    private let dataCount: Int

    init?(_ scheme: ErasureScheme) {
        var arguments = ec_args()
        arguments.k = Int32(scheme.dataCount)
        arguments.m = Int32(scheme.parityCount)
        arguments.hd = Int32(scheme.parityCount)
        arguments.w = 8
        arguments.ct = CHKSUM_NONE
        let descriptor = LibraryInstance.turn.withLock { _ in
            liberasurecode_backend_available(EC_BACKEND_ISA_L_RS_CAUCHY) == 1
                ? liberasurecode_instance_create(EC_BACKEND_ISA_L_RS_CAUCHY, &arguments) : 0
        }
        guard descriptor > 0 else { return nil }
        self.descriptor = descriptor
        self.dataCount = scheme.dataCount
    }

    deinit {
        _ = LibraryInstance.turn.withLock { _ in liberasurecode_instance_destroy(descriptor) }
    }

    /// Fragments are padded to words, so that the library adds no padding of its own.
    func paddedLength(_ length: Int) -> Int { (length + 15) / 16 * 16 }

    /// Encodes `block` and lends the fragments.
    func withEncoded<Result>(
        _ block: [UInt8], _ body: (EncodedFragments) -> Result
    ) throws(ErasureError) -> Result {
        let outcome: Swift.Result<Result, ErasureError> = LibraryInstance.turn.withLock { _ in
            var data: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
            var parity: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
            var length: UInt64 = 0
            let status = block.withUnsafeBytes {
                liberasurecode_encode(
                    descriptor, $0.baseAddress?.assumingMemoryBound(to: CChar.self),
                    UInt64($0.count), &data, &parity, &length)
            }
            guard status == 0, let data, let parity else {
                return .failure(.library(status: status))
            }
            defer { liberasurecode_encode_cleanup(descriptor, data, parity) }
            let expected = block.count / dataCount + MemoryLayout<fragment_header_t>.size
            guard length == expected else { return .failure(.unequalFragmentLengths) }
            return .success(
                body(
                    EncodedFragments(
                        data: data, parity: parity, dataCount: dataCount, length: length)))
        }
        return try outcome.get()
    }
}
