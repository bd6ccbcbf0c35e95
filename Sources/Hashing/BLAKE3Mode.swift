internal import CKernels
package import Model

extension BLAKE3 {
    /// What a hash is for. The modes are separate: no input of one gives a digest of another.
    package enum Mode: Hashable, Sendable {
        case plain
        case keyed(Bytes32)
        case derivingKey(context: String)

        func state(_ kernel: Kernel) -> bd_blake3_mode {
            var state = bd_blake3_mode()
            switch self {
            case .plain:
                bd_blake3_plain(&state, kernel.rawValue)
            case .keyed(let key):
                key.withBytes { bytes in
                    bytes.withUnsafeBytes {
                        let key = $0.assumingMemoryBound(to: UInt8.self).baseAddress
                        bd_blake3_keyed(&state, key, kernel.rawValue)
                    }
                }
            case .derivingKey(var context):
                context.withUTF8 {
                    bd_blake3_derive(&state, $0.baseAddress, $0.count, kernel.rawValue)
                }
            }
            return state
        }
    }

    /// The instructions to hash with. All kernels give the same bytes; there is no reason but a
    /// test or a measurement to choose another than ``best``.
    package enum Kernel: UInt32, CaseIterable, Sendable {
        case scalar = 0
        case sse41 = 1
        case avx2 = 2
        case avx512 = 3
        case neon = 4

        /// The fastest that this processor supports.
        package static let best = Kernel(rawValue: bd_blake3_best()) ?? .scalar

        package var isSupported: Bool { bd_blake3_supports(rawValue) != 0 }
    }
}
