import Model
import Testing

@testable import Identities

/// Documents that a machine with a wrong clock signed: their date is a label, their order counts.
@Suite struct DocumentClockTests {
    /// A day and a year before and after the date of the document, 2026-11-21.
    private static let dates = ["2025-11-21", "2026-11-20", "2026-11-22", "2027-11-21"]

    @Test(arguments: dates)
    func `a document of another day is read, and takes the place of the one before`(
        _ date: String
    ) throws {
        let samples = try DocumentSamples()
        let wrong = try samples.document.updated(signedBy: .device(samples.laptop)) {
            $0.date = CalendarDate(date)!
        }
        #expect(try IdentityDocument(decoding: wrong.bytes) == wrong)
        #expect(try Succession.judge(wrong, after: samples.document) == .newer)
        // When the clock is right again the next document follows, and nothing older comes back.
        let right = try wrong.updated(signedBy: .device(samples.laptop)) {
            $0.date = samples.document.content.date
        }
        #expect(try Succession.judge(right, after: wrong) == .newer)
        #expect(throws: SuccessionError.self) { try Succession.judge(wrong, after: right) }
        #expect(throws: SuccessionError.self) {
            try Succession.judge(samples.document, after: wrong)
        }
    }

    @Test func `certificates of machines whose clocks are years off are good`() throws {
        let samples = try DocumentSamples()
        for (index, year) in [-1, 1].enumerated() {
            let time = Timestamp(
                nanoseconds: 1_799_496_000_000_000_000 + Int64(year) * 365 * 86_400_000_000_000)
            let certificate = try DeviceCertificate(
                device: samples.desktop.publicKey, name: DisplayName("desktop")!, created: time,
                sequence: UInt64(index + 2), signedBy: samples.roots[0])
            let keys = try samples.keys.adding(certificate, signedBy: samples.roots[0])
            let document = try samples.document.updated(
                keys: keys, signedBy: .device(samples.laptop))
            #expect(try Succession.judge(document, after: samples.document) == .newer)
            #expect(document.keys.certificate(of: samples.desktop.publicKey) == certificate)
        }
    }
}
