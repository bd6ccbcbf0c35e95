internal import COpenSSL
internal import Foundation
internal import Model

/// What stands between someone who has a key file and the seed in it.
package enum KeyFileProtection: Hashable, Sendable, CustomStringConvertible {
    case none
    case scrypt(ScryptCost)

    /// As after `Protect:` in the file.
    package var description: String {
        switch self {
        case .none: "none"
        case .scrypt(let cost): "scrypt ln=\(cost.logCost) r=\(cost.blockFactor) p=\(cost.lanes)"
        }
    }

    /// Reads what `description` writes, in any case and order of the three numbers.
    ///
    /// - Throws: ``KeyFileError/badHeader(name:)``, ``KeyFileError/costTooHigh``.
    init(_ text: String) throws(KeyFileError) {
        let words = text.lowercased().split(separator: " ")
        if words == ["none"] {
            self = .none
            return
        }
        var numbers: [Substring: Int] = [:]
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, numbers[parts[0]] == nil, parts[1].utf8.count <= 9,
                parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(parts[1])
            else { throw .badHeader(name: "Protect") }
            numbers[parts[0]] = number
        }
        guard words.first == "scrypt", numbers.count == 3, let logCost = numbers["ln"],
            let blockFactor = numbers["r"], let lanes = numbers["p"]
        else { throw .badHeader(name: "Protect") }
        guard let cost = ScryptCost(logCost: logCost, blockFactor: blockFactor, lanes: lanes)
        else { throw .costTooHigh }
        self = .scrypt(cost)
    }
}

/// How dear one guess of a passphrase is: N = 2^`logCost`, r = `blockFactor`, p = `lanes`.
///
/// - SeeAlso: RFC 7914.
package struct ScryptCost: Hashable, Sendable {
    package let logCost: Int
    package let blockFactor: Int
    package let lanes: Int

    package static let standard = ScryptCost(
        logCost: Limits.scryptLogCostDefault, blockFactor: 8, lanes: 1)!

    /// `nil` beyond the bounds of ``Limits``.
    package init?(logCost: Int, blockFactor: Int, lanes: Int) {
        let factorMax = Limits.scryptBlockFactorMax
        guard (1...Limits.scryptLogCostMax).contains(logCost),
            (1...factorMax).contains(blockFactor), (1...factorMax).contains(lanes),
            blockFactor * lanes <= factorMax,
            (128 * blockFactor) << logCost <= Limits.scryptMemoryMax
        else { return nil }
        self.logCost = logCost
        self.blockFactor = blockFactor
        self.lanes = lanes
    }

    /// The key that `passphrase` gives. The passphrase is taken in Unicode's NFC, so that an accent
    /// typed on another keyboard is the same accent.
    ///
    /// - Throws: ``KeyFileError/cipherUnavailable``.
    func key(passphrase: String, salt: [UInt8]) throws(KeyFileError) -> SecretBytes {
        let text = Array(passphrase.precomposedStringWithCanonicalMapping.utf8)
        let memoryMax = UInt64(128 * blockFactor) * (1 << UInt64(logCost) + UInt64(lanes) + 4)
        return try SecretBytes { target throws(KeyFileError) in
            let status = text.withUnsafeBytes { bytes in
                EVP_PBE_scrypt(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
                    salt, salt.count, 1 << UInt64(logCost), UInt64(blockFactor), UInt64(lanes),
                    memoryMax, target.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    target.count)
            }
            guard status == 1 else { throw .cipherUnavailable }
        }
    }
}
