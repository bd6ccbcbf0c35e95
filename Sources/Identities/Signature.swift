package import Model

/// An Ed25519 signature, 64 bytes: the point and the scalar.
package struct Signature: Hashable, Sendable {
    package static let byteCount = 64
    package let point: Bytes32
    package let scalar: Bytes32

    /// `nil` unless there are 64 bytes. Whether they sign anything is for ``VerifyingKey`` to say.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Signature.byteCount, let point = Bytes32(bytes[..<32]),
            let scalar = Bytes32(bytes[32...])
        else { return nil }
        self.point = point
        self.scalar = scalar
    }

    package var array: [UInt8] { point.array + scalar.array }
}

/// What a signature is for. A signature under one label says nothing under another.
///
/// What is signed is the label, a zero byte, and the message.
package struct SignatureLabel: Sendable {
    private let text: StaticString

    /// - Precondition: no zero byte in `text`.
    package init(_ text: StaticString) {
        text.withUTF8Buffer { precondition(!$0.contains(0)) }
        self.text = text
    }

    package static let deviceCertificate = SignatureLabel("bitdust/v1/device-certificate")
    package static let fragmentHeader = SignatureLabel("bitdust/v1/fragment-header")
    package static let head = SignatureLabel("bitdust/v1/head")
    package static let receipt = SignatureLabel("bitdust/v1/receipt")

    func signed(_ message: [UInt8]) -> [UInt8] {
        text.withUTF8Buffer { Array($0) } + [0] + message
    }
}

/// Why a key could not be made or used; the library gives no other reasons.
package enum SigningError: Error, Equatable, Sendable {
    case keyRefused
    case signingRefused
}
