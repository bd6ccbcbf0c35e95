/// The numbered lines of a key file: ten bytes each, as four groups of four symbols and a group of
/// six that checks the number and the rest.
///
/// ```
///  7  k7ma 2c9x q0rd 8hte  pw4z5c
/// ```
enum KeyFileBody {
    static let lineByteCount = 10
    private static let dataCount = 16
    private static let checkCount = 6

    /// - Precondition: `bytes.count` is a multiple of ten, at most 310.
    static func lines(_ bytes: [UInt8]) -> [String] {
        precondition(bytes.count.isMultiple(of: lineByteCount) && bytes.count <= 310)
        return (0..<bytes.count / lineByteCount).map { index in
            let start = index * lineByteCount
            let data = KeyFileSymbols.symbols(Array(bytes[start..<start + lineByteCount]))
            let groups = stride(from: 0, to: dataCount, by: 4)
                .map { KeyFileSymbols.text(data[$0..<$0 + 4]) }.joined(separator: " ")
            let check = KeyFileSymbols.text(KeyFileSymbols.check([UInt8(index + 1)] + data))
            let number = String(index + 1)
            return (number.utf8.count < 2 ? " " : "") + "\(number)  \(groups)  \(check)"
        }
    }

    /// Puts `count` lines together, in whatever order they come.
    ///
    /// - Throws: ``KeyFileError/badLine(number:)``, ``KeyFileError/missingLine(number:)``,
    ///   ``KeyFileError/repeatedLine(number:)``.
    static func bytes(_ lines: [Substring], count: Int) throws(KeyFileError) -> [UInt8] {
        var found = [[UInt8]?](repeating: nil, count: count)
        var damaged: [Int?] = []
        for line in lines {
            let (number, data) = read(line, count: count)
            guard let number, let data else {
                damaged.append(number)
                continue
            }
            if let earlier = found[number - 1], earlier != data {
                throw .repeatedLine(number: number)
            }
            found[number - 1] = data
        }
        let missing = found.firstIndex { $0 == nil }.map { $0 + 1 }
        if let number = damaged.first {
            // The number itself may be the mistyped part: then it is that of a line which is
            // there, or of none, and the damaged line is the first that is not there.
            if let number, found[number - 1] == nil { throw .badLine(number: number) }
            throw .badLine(number: missing ?? number ?? count)
        }
        if let missing { throw .missingLine(number: missing) }
        return found.flatMap { KeyFileSymbols.bytes($0 ?? []) }
    }

    /// The number, `nil` when it is none of 1...count, and the sixteen data symbols, `nil` when
    /// they are not what the check says.
    private static func read(_ line: Substring, count: Int) -> (number: Int?, data: [UInt8]?) {
        let words = line.split(separator: " ")
        guard let first = words.first, first.utf8.allSatisfy({ (48...57).contains($0) }),
            first.utf8.first != UInt8(ascii: "0"), let number = Int(first),
            (1...count).contains(number)
        else { return (nil, nil) }
        var symbols: [UInt8] = []
        for character in words.dropFirst().joined().utf8 {
            guard let value = KeyFileSymbols.value(of: character) else { return (number, nil) }
            symbols.append(value)
        }
        guard symbols.count == dataCount + checkCount else { return (number, nil) }
        let data = Array(symbols[..<dataCount])
        let check = KeyFileSymbols.check([UInt8(number)] + data)
        return (number, check == Array(symbols[dataCount...]) ? data : nil)
    }
}
