/// Why bytes could not be sealed or opened. No case says anything about plaintext or keys.
package enum SealError: Error, Equatable, Sendable {
    /// No sealed message has this length.
    case badLength(sealedLength: Int)
    /// The header was made with another key, another context, or is damaged.
    case badCommitment
    /// The bytes of this step, counted from zero, are not what was sealed.
    case badStep(index: Int)
    /// The cipher library refused; it does so only without memory.
    case cipherUnavailable

    /// Whether other bytes from elsewhere may open where these did not.
    package var isCorruption: Bool { self != .cipherUnavailable }
}
