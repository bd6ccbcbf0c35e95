import Foundation
import Model
import Testing

@testable import Placement

/// What a rebuild of one lost fragment reads, in fragments, by the code that made it: the table of
/// docs/decisions/0070-repair-codes.md.
private struct RepairCodes {
    let scheme: ErasureScheme

    private var data: Int { scheme.dataCount }
    private var parity: Int { scheme.parityCount }
    private var count: Int { scheme.fragmentCount }

    /// Least that any code with all of its redundancy can read, from `helpers` others (the cut-set
    /// bound: Dimakis et al., “Network coding for distributed storage systems”, 2010).
    func bound(helpers: Int) -> Double { Double(helpers) / Double(helpers - data + 1) }

    /// Hitchhiker-XOR: two halves, data fragments in `parity - 1` groups; a data fragment takes
    /// `data` halves and those of its group, a parity fragment all (Rashmi et al., “A hitchhiker's
    /// guide to fast and efficient data reconstruction in erasure-coded data centers”, 2014).
    var hitchhiker: Double {
        guard parity > 1 else { return Double(data) }
        let groups = min(data, parity - 1)
        let sizes = (0..<groups).map { data / groups + ($0 < data % groups ? 1 : 0) }
        let ofData = sizes.reduce(0) { $0 + Double($1) * Double(data + $1) / 2 }
        return (ofData + Double(parity * data)) / Double(count)
    }

    /// Clay reaches the bound; its fragments are cut into so many parts, of which one in
    /// `helpers - data + 1` is read of each helper (Vajha et al., “Clay codes: moulding MDS codes
    /// to yield an MSR code”, 2018).
    func clayParts(helpers: Int) -> Int {
        let base = helpers - data + 1
        return (0..<((count + base - 1) / base)).reduce(1) { product, _ in product * base }
    }

    /// Helpers of a rebuild that does not wait for anybody: half of those beyond `data`, since some
    /// always sleep.
    var usualHelpers: Int { data + (count - 1 - data) / 2 }

    /// Locally repairable, `groups` of the parity fragments local: within a group `data / groups`
    /// are read, for a global parity `data` (Huang et al., “Erasure coding in Windows Azure
    /// storage”, 2012).
    func local(groups: Int) -> Double {
        let size = Double(data) / Double(groups)
        let inGroups = Double(data + groups) * size
        return (inGroups + Double((parity - groups) * data)) / Double(count)
    }

    /// Losses of any fragments that such a code stands (Gopalan et al., “On the locality of
    /// codeword symbols”, 2012).
    func localTolerates(groups: Int) -> Int { parity - groups + 1 }

    /// Reed-Solomon that waits until so many are lost, and rebuilds them from one read.
    func lazy(_ lost: Int) -> Double { Double(data) / Double(lost) }

    func loss(_ repair: DurabilityModel.Repair) -> Double {
        DurabilityModel(
            scheme: scheme, lifetimeDays: 180, repairDays: 2, repair: repair
        ).map { DurabilityChain(model: $0).lossPerYear } ?? 1
    }

    var row: String {
        let all = count - 1
        let groups = data >= 4 ? 2 : 1
        let waiting = max(1, parity / 3)
        let cells = [
            "\(scheme)", "\(data)", text(hitchhiker),
            "\(text(bound(helpers: all))) of \(all), \(clayParts(helpers: all)) parts",
            "\(text(bound(helpers: usualHelpers))) of \(usualHelpers), "
                + "\(clayParts(helpers: usualHelpers)) parts",
            "\(text(local(groups: groups))), any \(localTolerates(groups: groups)) not \(parity)",
            "\(text(lazy(waiting))) at \(waiting) lost",
            "\(chance(loss(.parallel))) → \(chance(loss(.lazy(threshold: count - waiting))))",
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func text(_ value: Double) -> String { String(format: "%.2f", value) }
    private func chance(_ value: Double) -> String { String(format: "%.0e", value) }
}

@Suite struct RepairCodeTests {
    /// Figures that the papers give.
    @Test func `the formulas give what is published`() throws {
        let facebook = RepairCodes(scheme: try #require(ErasureScheme("10+4")))
        // Hitchhiker-XOR saves about 35 % of a data fragment's 10: groups of 4, 3 and 3 take 6.5-7.
        let data = (facebook.hitchhiker * 14 - 40) / 10
        #expect(data > 6.5 && data < 7)
        // Clay of 10+4 with 13 helpers: 256 parts, 3.25 fragments.
        #expect(facebook.clayParts(helpers: 13) == 256)
        #expect(facebook.bound(helpers: 13) == 3.25)
        // Azure's 12+2+2: 6 within a group, any 3 losses.
        let azure = RepairCodes(scheme: try #require(ErasureScheme("12+4")))
        #expect(azure.localTolerates(groups: 2) == 3)
        #expect(azure.local(groups: 2) == 6.75)
    }

    @Test(arguments: ["2+2", "4+4", "8+12", "10+6", "29+51"])
    func `the page of the decision has the computed row`(text: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "docs/decisions/0070-repair-codes.md"),
            encoding: .utf8)
        let row = RepairCodes(scheme: try #require(ErasureScheme(text))).row
        #expect(page.contains(row + "\n"), "\(row)")
    }
}
