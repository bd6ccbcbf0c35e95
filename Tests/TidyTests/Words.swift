/// Splits text into the words that a reader sees: `fragmentCountMax` is fragment, count, max.
enum Words {
    /// Lower-case words of a line; digits belong to the word before them.
    static func of(_ line: some StringProtocol) -> [String] {
        var words: [String] = []
        var word = ""
        var previous: UInt8 = 0
        for byte in line.utf8 {
            let isLetter = SwiftCode.isWordByte(byte) && byte != UInt8(ascii: "_")
            let startsHump = isUpper(byte) && !isUpper(previous)
            if (!isLetter || startsHump), !word.isEmpty {
                words.append(word.lowercased())
                word = ""
            }
            if isLetter { word.unicodeScalars.append(Unicode.Scalar(byte)) }
            previous = byte
        }
        if !word.isEmpty { words.append(word.lowercased()) }
        return words
    }

    private static func isUpper(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
