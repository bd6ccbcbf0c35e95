import APIModel
import Model
import Testing

@testable import bitdust

/// What people read about friends, and how `--to` is read.
@Suite struct FriendTextTests {
    private func family(_ count: Int) -> String {
        FriendText.family((1...count).map { "f\($0)" })
    }

    @Test func `one friend is a copy, two a mirror, more are coded`() {
        #expect(
            family(1) == "supplier f1 -> a sealed copy: it protects from the loss of this machine, "
                + "not of that one (invite 1 more to lose any 1)")
        #expect(
            family(2) == "suppliers f1, f2 -> 1+1, expansion 2.0x, can lose any 1 "
                + "(invite 2 more to lose any 2)")
        #expect(
            family(3) == "suppliers f1, f2, f3 -> 2+1, expansion 1.5x, can lose any 1 "
                + "(invite 1 more to lose any 2)")
        #expect(
            family(7) == "suppliers f1, f2, f3, f4, f5, 2 more -> 4+3, expansion 1.8x, "
                + "can lose any 3 (invite 1 more to lose any 4)")
        #expect(
            family(20) == "suppliers f1, f2, f3, f4, f5, 15 more -> 8+12, expansion 2.5x, "
                + "can lose any 12")
        #expect(family(255).hasSuffix("-> 8+12, expansion 2.5x, can lose any 12"))
    }

    @Test func `the choice of suppliers is read as it is written`() {
        #expect(SupplierChoice("friends") == .friends)
        #expect(SupplierChoice("network") == .network)
        #expect(SupplierChoice("mum,host-a.com:7771") == .list(["mum", "host-a.com:7771"]))
        for bad in ["", ",", "a,", ",a", "a,,b", "a,b,a"] { #expect(SupplierChoice(bad) == nil) }
        for choice in [SupplierChoice.friends, .network, .list(["mum", "3f0c9a1e"])] {
            #expect(SupplierChoice(choice.text) == choice)
        }
    }

    @Test func `friends are shown with what each gives and holds`() {
        let lines = FriendText.table([
            [
                "name": "mum", "id": "850e9530aabbccdd", "state": "CONNECTED",
                "gives_bytes": 209_715_200, "holds_bytes": 3_145_728, "given_bytes": 314_572_800,
                "stored_bytes": 0, "path": "direct 203.0.113.5:7771", "employed": true,
            ],
            ["name": "nina", "id": "11223344aabbccdd", "state": "PENDING", "gives_bytes": 0],
            [
                "name": "old", "id": "55667788aabbccdd", "state": "OFFLINE", "gives_bytes": 1024,
                "given_bytes": 0, "stored_bytes": 2048,
            ],
        ])
        #expect(lines.count == 4)
        #expect(lines[1].hasPrefix("mum   850e9530  there, in use"))
        #expect(lines[1].contains("200 MiB  3.00 MiB  300 MiB"))
        #expect(lines[2].contains("no answer yet"))
        #expect(lines[3].contains("away") && lines[3].contains("2.00 KiB"))
        #expect(FriendText.table([]).isEmpty)
    }
}
