import Foundation
import Model
import Testing

@testable import Sealing

/// What mistyping does: it is found, and the line is named.
struct KeyFileDamageTests {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    /// Ranges of the body lines in the text, first line first.
    private func bodyRanges(_ text: [UInt8]) -> [Range<Int>] {
        let lines = text.split(separator: 10, omittingEmptySubsequences: false)
        let blank = lines.firstIndex { $0.isEmpty }!
        return lines[(blank + 1)...].prefix { !$0.starts(with: Array("Check".utf8)) }
            .map { $0.startIndex..<$0.endIndex }
    }

    @Test(arguments: [SampleKeyFile.plain, SampleKeyFile.protected])
    func `each wrong character is found and its line named`(sample: KeyFileText) throws {
        let text = Array(sample.text.utf8)
        let ranges = bodyRanges(text)
        #expect(ranges.count == (sample.isProtected ? 12 : 4))
        var count = 0
        for (index, range) in ranges.enumerated() {
            for position in range {
                for character in KeyFileDamageTests.alphabet + Array("1bioZ:-.é".utf8)
                where character != text[position] {
                    var damaged = text
                    damaged[position] = character
                    let folded = text[position] | 0x20 == character | 0x20
                    if folded && text[position] > 64 { continue }
                    expect(damaged, names: index + 1)
                    count += 1
                }
            }
        }
        #expect(count > 4 * 26 * 31)
    }

    /// A byte that is no UTF-8 by itself makes the text no text; all else must name the line.
    private func expect(_ damaged: [UInt8], names number: Int) {
        do {
            _ = try KeyFileText(parsing: damaged)
            Issue.record("taken: \(String(decoding: damaged, as: UTF8.self))")
        } catch .badLine(number) {
        } catch .notAKeyFile where String(validating: damaged, as: UTF8.self) == nil {
        } catch {
            Issue.record("\(error) where line \(number) is wrong")
        }
    }

    @Test(arguments: [SampleKeyFile.plain, SampleKeyFile.protected])
    func `two neighbours exchanged are found and their line named`(sample: KeyFileText) throws {
        let text = Array(sample.text.utf8)
        for (index, range) in bodyRanges(text).enumerated() {
            for position in range.dropLast() where text[position] != text[position + 1] {
                var damaged = text
                damaged.swapAt(position, position + 1)
                if let parsed = try? KeyFileText(parsing: damaged) {
                    // A character and a space exchanged leave the value whole.
                    #expect(parsed == sample && damaged[position...position + 1].contains(32))
                } else {
                    expect(damaged, names: index + 1)
                }
            }
        }
    }

    @Test(arguments: [SampleKeyFile.plain, SampleKeyFile.protected])
    func `a line left out is named, and so is one that stands for another`(
        sample: KeyFileText
    ) throws {
        let text = Array(sample.text.utf8)
        let ranges = bodyRanges(text)
        for (index, range) in ranges.enumerated() {
            var shorter = text
            shorter.removeSubrange(range)
            #expect(throws: KeyFileError.missingLine(number: index + 1)) {
                try KeyFileText(parsing: shorter)
            }
            for length in range.count / 2..<range.count {
                var cut = text
                cut.removeSubrange(range.lowerBound + length..<range.upperBound)
                expect(cut, names: index + 1)
            }
            var doubled = text
            doubled.insert(contentsOf: text[range] + [10], at: range.lowerBound)
            #expect(try KeyFileText(parsing: doubled) == sample)
        }
        var renumbered = text
        renumbered[ranges[1].lowerBound + 1] = UInt8(ascii: "3")
        expect(renumbered, names: 2)
    }

    @Test func `two different lines of one number are told`() throws {
        let other = KeyFile(
            name: SampleKeyFile.file.name, user: SampleKeyFile.file.user,
            created: SampleKeyFile.file.created, seed: RootSeed(countingSecret(from: 1)))
        let text = SampleKeyFile.plain.text + KeyFileBody.lines(other.unprotected().body)[1] + "\n"
        #expect(throws: KeyFileError.repeatedLine(number: 2)) { try SampleKeyFile.parse(text) }
    }

    @Test func `a right line from another key file is found by the check`() throws {
        let other = KeyFile(
            name: SampleKeyFile.file.name, user: SampleKeyFile.file.user,
            created: SampleKeyFile.file.created, seed: RootSeed(countingSecret(from: 1)))
        let lines = KeyFileBody.lines(SampleKeyFile.plain.body)
        let foreign = KeyFileBody.lines(other.unprotected().body)
        for index in lines.indices {
            let text = SampleKeyFile.plain.text.replacingOccurrences(
                of: lines[index], with: foreign[index])
            #expect(throws: KeyFileError.badCheck) { try SampleKeyFile.parse(text) }
        }
    }

    @Test(arguments: [SampleKeyFile.plain, SampleKeyFile.protected])
    func `no changed bit and no cut is taken for another key`(sample: KeyFileText) {
        let text = Array(sample.text.utf8)
        for bit in 0..<text.count * 8 {
            var changed = text
            changed[bit / 8] ^= 1 << (bit % 8)
            if let parsed = try? KeyFileText(parsing: changed) { #expect(parsed == sample) }
        }
        for count in 0..<text.count - 1 {
            #expect(throws: KeyFileError.self) { try KeyFileText(parsing: Array(text[..<count])) }
        }
    }

    @Test func `ten thousand random accidents are never taken for another key`() {
        let random = SeededRandom(23)
        let samples = [SampleKeyFile.plain, SampleKeyFile.protected]
        let texts = samples.map { Array($0.text.utf8) }
        var refusedCount = 0
        for round in 0..<10_000 {
            let index = round & 1
            var text = texts[index]
            for _ in 0...random.below(8) { damage(&text, random) }
            if let parsed = try? KeyFileText(parsing: text) {
                #expect(parsed == samples[index])
            } else {
                refusedCount += 1
            }
        }
        // Damage to remarks, cases and spaces is no damage.
        #expect(refusedCount > 9000)
    }

    @Test func `random bytes and random bodies are refused and do not trap`() {
        let random = SeededRandom(5)
        let head = Array(SampleKeyFile.plain.text.utf8.prefix(200))
        for _ in 0..<2000 {
            let noise = random.bytes(random.below(300))
            #expect(throws: KeyFileError.self) { try KeyFileText(parsing: noise) }
            let body = noise.map { $0 & 127 }
            #expect(throws: KeyFileError.self) {
                try KeyFileText(parsing: head + body)
            }
        }
        let long = [UInt8](repeating: 10, count: Limits.keyFileLengthMax + 1)
        #expect(
            throws: KeyFileError.tooLong(byteCount: long.count, limit: Limits.keyFileLengthMax)
        ) { try KeyFileText(parsing: long) }
    }

    private func damage(_ text: inout [UInt8], _ random: SeededRandom) {
        let position = random.below(text.count - 1)
        switch random.below(6) {
        case 0: text[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: text[position] = KeyFileDamageTests.alphabet[random.below(32)]
        case 2: text.remove(at: position)
        case 3: text.insert(KeyFileDamageTests.alphabet[random.below(32)], at: position)
        case 4: text.swapAt(position, position + 1)
        default:
            let end = min(text.count - 1, position + random.below(40))
            text.removeSubrange(position..<end)
        }
        if text.count < 2 { text = [10, 10] }
    }
}
