import Model
import Testing

@testable import bitdust

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"),
            (10 << 10, "10.0 KiB"), (100 << 10, "100 KiB"), (1023 << 10, "1.00 MiB"),
            (1 << 20, "1.00 MiB"), ((1 << 20) - 1, "1.00 MiB"), (1_846_835_937, "1.72 GiB"),
            (1 << 40, "1.00 TiB"), (UInt64.max, "16.0 EiB"),
        ] as [(UInt64, String)])
    func `sizes have three digits and a binary unit`(size: UInt64, text: String) {
        #expect(sizeText(size) == text)
    }

    @Test func `no size prints more than three digits before its unit`() {
        for shift in 0..<54 {
            for delta in -2...2 {
                let text = sizeText(UInt64((1 << shift) * 1000 + delta))
                let digits = text.prefix { $0 != "." && $0 != " " }
                #expect(digits.count <= 3 || text.hasSuffix(" B"), "\(text)")
            }
        }
    }

    @Test(
        arguments: [
            (0, "0"), (999, "999"), (1000, "1 000"), (5307, "5 307"), (311_402, "311 402"),
            (1_000_000, "1 000 000"),
        ] as [(UInt64, String)])
    func `counts are grouped by thousands`(count: UInt64, text: String) {
        #expect(countText(count) == text)
    }

    @Test func `one thing is singular`() {
        #expect(countText(1, "file") == "1 file")
        #expect(countText(0, "file") == "0 files")
        #expect(countText(2, "file is", "files are") == "2 files are")
        #expect(countText(-1200) == "-1 200")
    }

    @Test(
        arguments: [
            (0, "0:00"), (9, "0:09"), (59, "0:59"), (60, "1:00"), (890, "14:50"), (3599, "59:59"),
            (3600, "1:00:00"), (3723, "1:02:03"), (360_000, "100:00:00"),
        ] as [(UInt64, String)])
    func `durations are minutes and seconds`(seconds: UInt64, text: String) {
        #expect(durationText(seconds * 1_000_000_000 + 999_999_999) == text)
    }

    @Test func `rates that make no sense are zero`() {
        #expect(rateText(212 * 1_048_576) == "212 MiB/s")
        for rate in [-1, .nan, .infinity, 1e30] { #expect(rateText(rate) == "0 B/s") }
    }

    @Test(
        arguments: [
            (0, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"),
            (3600, "1 h ago"), (47 * 3600, "47 h ago"), (48 * 3600, "2 days ago"),
            (-1, "in the future"),
        ] as [(Int64, String)])
    func `times past are told from now`(seconds: Int64, text: String) {
        let now: Int64 = 1_700_000_000_000_000_000
        #expect(agoText(then: now - seconds * 1_000_000_000, now: now) == text)
    }

    @Test func `a time that is out of range is no trap`() {
        #expect(agoText(then: .min, now: .max) == "in the future")
        #expect(!localTimeText(seconds: .max).isEmpty)
        #expect(!dateText(FileTime(seconds: .min, nanoseconds: 0)).isEmpty)
    }

    @Test func `times of files are RFC 3339 to the nanosecond`() {
        #expect(
            dateText(FileTime(seconds: 1_798_761_600, nanoseconds: 1))
                == "2027-01-01T00:00:00.000000001Z")
        #expect(
            dateText(FileTime(seconds: -1, nanoseconds: 999_999_999))
                == "1969-12-31T23:59:59.999999999Z")
    }

    @Test func `columns are as wide as their widest cell`() {
        let lines = SnapshotText.aligned([["a", "1"], ["bcd", "22"]], rightAligned: [1])
        #expect(lines == ["a     1", "bcd  22"])
    }
}
