import Model
import Placement

/// SplitMix64: the same numbers for the same seed, in every process.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Suppliers named A, B, C ... and blocks on them, written and read as a person would.
struct PlanScenario {
    static let grace: UInt64 = 1000
    var suppliers: [SupplierView] = []
    var blocks: [BlockHoldings] = []

    static func id(_ name: Character) -> SupplierID {
        SupplierID(Bytes32(words: (UInt64(name.asciiValue!), 0, 0, 0)))
    }

    static func name(_ id: SupplierID) -> String {
        String(UnicodeScalar(UInt8(truncatingIfNeeded: id.bytes.words.0)))
    }

    /// `A` answers, `A?` is silent within grace, `A!` for longer, `A-` leaves, `A-!` left and is
    /// silent, `A~` is not trusted; `A:8192` has room for so many bytes.
    static func supplier(_ text: Substring) -> SupplierView {
        let parts = text.split(separator: ":")
        var view = SupplierView(id: id(text.first!))
        if parts[0].contains("?") { view.presence = .silent(10) }
        if parts[0].contains("!") { view.presence = .silent(grace + 1) }
        view.isLeaving = parts[0].contains("-")
        view.isDistrusted = parts[0].contains("~")
        if parts.count > 1 { view.freeByteCount = Int(parts[1])! }
        return view
    }

    /// `suppliers: A B? C!` and `block 2+1 data: A B c +0A`: places by position, in small letters
    /// those that are known to be lost, then spares as position and supplier.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            if first == "suppliers:" {
                suppliers = words.dropFirst().map(PlanScenario.supplier)
            } else if first == "block" {
                add(words)
            }
        }
    }

    private mutating func add(_ words: [Substring]) {
        let places = words.dropFirst(3).filter { !$0.hasPrefix("+") }
        let spares = words.dropFirst(3).filter { $0.hasPrefix("+") }.map { word in
            BlockHoldings.Spare(
                position: Int(word.dropFirst().dropLast())!, supplier: PlanScenario.id(word.last!))
        }
        let kinds: [Substring: BlockKind] = ["data:": .data, "tree:": .tree, "catalog:": .catalog]
        blocks.append(
            BlockHoldings(
                row: Int64(blocks.count + 1), kind: kinds[words[2]]!,
                scheme: ErasureScheme(words[1])!, fragmentLength: 4096,
                places: places.map { PlanScenario.id($0.uppercased().first!) },
                isHeld: places.map { $0.first!.isUppercase }, spares: spares))
    }

    func plan(blockCountMax: Int = 4096) -> (plan: RebuildPlan, health: [BlockAssessment]) {
        var planner = RebuildPlanner(
            suppliers: suppliers, grace: PlanScenario.grace, blockCountMax: blockCountMax)
        let health = blocks.map { planner.add($0) }
        return (planner.plan(), health)
    }

    /// What a golden file says of the scenario.
    var outcome: String {
        let (plan, health) = plan()
        var lines = health.map { block in
            let letters: [FragmentState: String] = [
                .stored: "s", .doubtful: "d", .lost: "l", .misplaced: "m",
            ]
            let states = block.best.indices.map { letters[block.state($0)]! }.joined()
            return "block \(block.holdings.row): \(states) spare \(block.spareCount) "
                + "tolerates \(block.lossesTolerated)"
        }
        for item in plan.items {
            lines.append("plan for block \(item.row):")
            lines += item.steps.map { "  " + PlanScenario.text($0) }
        }
        lines.append("unplaced \(plan.unplacedCount), postponed \(plan.postponedCount)")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ step: RebuildPlan.Step) -> String {
        switch step {
        case .adopt(let position, let supplier): "fragment \(position) counts on \(name(supplier))"
        case .store(let position, let supplier, let releases):
            "fragment \(position) onto \(name(supplier))"
                + (releases.map { ", which gives up its spare \($0)" } ?? "")
        }
    }
}
