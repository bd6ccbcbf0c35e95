/// Why a text is not a key file we can open, said so that the owner can mend it.
package enum KeyFileError: Error, Equatable, Sendable {
    case tooLong(byteCount: Int, limit: Int)
    /// The first line is not that of a key file.
    case notAKeyFile
    case unsupportedVersion(String)
    case missingHeader(name: String)
    case badHeader(name: String)
    /// The body line with this number, from one, is mistyped.
    case badLine(number: Int)
    case missingLine(number: Int)
    /// Two different lines claim this number, and both look right.
    case repeatedLine(number: Int)
    /// All body lines are right, so that the check line or a header is mistyped.
    case badCheck
    /// Opening would take more memory or time than a key file may ask for.
    case costTooHigh
    case passphraseNeeded
    case wrongPassphrase
    /// The cipher library refused; it does so only without memory.
    case cipherUnavailable
}
