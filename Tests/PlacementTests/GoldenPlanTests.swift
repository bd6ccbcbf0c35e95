import Foundation
import Model
import Testing

@testable import Placement

/// Scenarios and the plans for them: `fixtures/plan/<name>.txt`, the scenario above the line, what
/// comes of it below. `UPDATE_GOLDEN=1` writes the lower half.
@Suite struct GoldenPlanTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/plan")
    private static let mark = "\n---\n"

    @Test func `each scenario has its plan`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: GoldenPlanTests.folder, includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }
        #expect(files.count >= 12)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let parts = text.components(separatedBy: GoldenPlanTests.mark)
            let outcome = PlanScenario(parts[0]).outcome
            if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
                let trimmed = parts[0].trimmingCharacters(in: .newlines)
                try Data((trimmed + GoldenPlanTests.mark + outcome).utf8).write(to: file)
            } else {
                #expect(parts.count == 2 && parts[1] == outcome, "\(file.lastPathComponent)")
            }
        }
    }

    @Test func `a plan that is full postpones the least endangered`() {
        let scenario = PlanScenario(
            """
            suppliers: A B C D E
            block 2+2 data: A B C d
            block 2+2 data: A B c d
            block 2+2 catalog: A B C d
            block 2+2 tree: A B C d
            """)
        let (plan, _) = scenario.plan(blockCountMax: 2)
        #expect(plan.items.map(\.row) == [3, 2])
        #expect(plan.postponedCount == 2 && plan.unplacedCount == 0 && plan.storeCount == 3)
        #expect(scenario.plan().plan.items.map(\.row) == [3, 2, 1, 4])
    }

    @Test func `a supplier gets no more bytes in a plan than its share`() {
        var scenario = PlanScenario(
            """
            suppliers: A B C D E
            block 2+1 data: A B C!
            block 2+1 data: A B C
            block 2+1 data: A B C
            """)
        scenario.suppliers[2].presence = .silent(PlanScenario.grace + 1)
        for number in [3, 4] { scenario.suppliers[number].byteBudget = 4096 }
        let (plan, _) = scenario.plan()
        #expect(plan.storeCount == 2 && plan.postponedCount == 1 && plan.unplacedCount == 0)
        #expect(Set(plan.items.flatMap(\.steps).map(\.supplier)).count == 2)
    }

    @Test func `one loss less to tolerate weighs more than any number of suppliers`() {
        let wide = PlanScenario(
            "suppliers: A B C D E F G H I J\nblock 2+8 data: A B C D e f g h i j\n")
        let narrow = PlanScenario("suppliers: A B C\nblock 2+1 data: A B C\n")
        let (wideBlock, narrowBlock) = (wide.plan().health[0], narrow.plan().health[0])
        #expect(wideBlock.lossesTolerated == 2 && narrowBlock.lossesTolerated == 1)
        #expect(Danger(narrowBlock) > Danger(wideBlock))
        let lost = PlanScenario("suppliers: A B C\nblock 2+1 data: A b c\n").plan().health[0]
        #expect(Danger(lost).logChance == 0 && lost.lossesTolerated == -1)
    }
}
