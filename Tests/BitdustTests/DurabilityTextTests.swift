import ArgumentParser
import Foundation
import Model
import Placement
import Testing

@testable import bitdust

@Suite struct DurabilityTextTests {
    private static func question(_ words: [String]) throws -> DurabilityQuestion {
        try Durability.parse(words).question()
    }

    private static func text(_ question: DurabilityQuestion) -> DurabilityText {
        DurabilityText(
            question: question, outlooks: question.outlooks(seed: 1, eventCount: 100_000))
    }

    @Test(
        arguments: [
            ("2d", 2), ("36h", 1.5), ("180d", 180), ("1y", 365), ("0.5d", 0.5), ("90min", 0.0625),
            ("2w", 14), ("0d", nil), ("-1d", nil), ("2", nil), ("d", nil), ("1e9d", nil),
            ("2 d", nil), ("", nil), ("nand", nil), ("1.2.3d", nil),
        ] as [(String, Double?)])
    func `times are numbers with a unit`(text: String, days: Double?) {
        #expect(DayText.days(text) == days)
    }

    @Test(
        arguments: [
            ("33%", 0.33), ("100%", 1), ("0%", nil), ("101%", nil), ("33", nil), ("-1%", nil),
        ] as [(String, Double?)])
    func `shares are percentages`(text: String, share: Double?) {
        #expect(DayText.share(text) == share)
    }

    @Test(
        arguments: [
            (1.0 / 24, "1 hour"), (1.0 / 1440, "1 minute"), (0.125, "3 hours"), (1, "1 day"),
            (1.5, "1.5 days"), (180, "180 days"), (3650, "10 years"), (365_000, "1 000 years"),
        ] as [(Double, String)])
    func `times read as a person says them`(days: Double, text: String) {
        #expect(DayText.text(days) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "100 %"), (0.999_999, "over 99 %"), (0.5, "50 %"), (0.042, "4.2 %"),
            (0.0028, "0.28 %"), (0.000_43, "4.3e-4"), (9.96e-7, "1.0e-6"), (5.7e-18, "5.7e-18"),
        ] as [(Double, String)])
    func `chances have two digits`(chance: Double, text: String) {
        #expect(Chance.text(chance) == text)
    }

    @Test(
        arguments: [
            (0.042, "once in 24 years (4.2 % a year)"),
            (4.3e-4, "once in 2 300 years (4.3e-4 a year)"),
            (3e-8, "once in 33 million years (3.0e-8 a year)"), (0, "never"),
            (0.9, "within a year with a chance of 90 %"),
        ] as [(Double, String)])
    func `a chance a year is a time between losses`(chance: Double, text: String) {
        #expect(Chance.years(chance) == text)
    }

    @Test func `the table has a row for each scheme and the same figure as the chain`() throws {
        let question = try DurabilityTextTests.question([
            "--mttf", "90d", "--repair", "4d", "--scheme", "2+2", "--scheme", "4+4",
        ])
        let text = DurabilityTextTests.text(question)
        let model = try #require(question.model(Samples.scheme("2+2")))
        let loss = Chance.text(DurabilityChain(model: model).lossPerYear)
        let lines = text.lines
        #expect(lines[0].contains("90 days on average"))
        #expect(lines.contains { $0.hasPrefix("2+2  ") && $0.contains(" \(loss) ") })
        #expect(lines.contains { $0.hasPrefix("4+4  ") })
        #expect(lines.contains { $0.contains("fail together") })
        #expect(lines.contains { $0.contains(" 4 days  ") && $0.contains("#") })
        #expect(lines.contains { $0.hasPrefix("  repair within 2 days") })
        // What is said to help does.
        #expect(text.outlooks[0].effects.allSatisfy { $0.lossPerYear < model.lossNow })
    }

    @Test func `a repository is told of its weakest scheme and its real suppliers`() throws {
        var question = DurabilityQuestion()
        question.schemes = [
            .init(scheme: Samples.scheme("4+4"), supplierCount: 9, blockCount: 1200),
            .init(scheme: Samples.scheme("2+2"), supplierCount: 9, blockCount: 3),
        ]
        let lines = DurabilityTextTests.text(question).lines
        #expect(lines.contains { $0.hasPrefix("For your 3 blocks of 2+2: ") })
        #expect(lines.contains { $0.hasPrefix("  They are on 9 sets of 4 suppliers") })
        #expect(!lines.contains { $0.contains("fail together") })
        #expect(!lines.contains { $0.contains("one disk") })
        question.sharesOneDisk = true
        let shared = DurabilityTextTests.text(question).lines
        #expect(
            shared.contains { $0.hasPrefix("  BUT these suppliers are directories of one disk") })
    }

    @Test func `a time that was measured or assumed is said to be`() throws {
        var question = try DurabilityTextTests.question(["--scheme", "2+2"])
        #expect(!DurabilityTextTests.text(question).lines[1].hasPrefix("That time"))
        question.repairOrigin = .assumed
        #expect(DurabilityTextTests.text(question).lines[1].contains("assumed"))
        question.repairOrigin = .measured(3)
        let text = DurabilityTextTests.text(question)
        #expect(text.lines[1].contains("measured: the mean of 3 repairs"))
        #expect(text.message.line.contains("\"repairs_measured\":3"))
    }

    @Test func `shocks have their columns and their sentence`() throws {
        let question = try DurabilityTextTests.question([
            "--scheme", "8+12", "--shock", "33%", "--shock-every", "5y",
        ])
        #expect(question.shocks == DurabilityModel.Shocks(share: 0.33, intervalDays: 1825))
        let text = DurabilityTextTests.text(question)
        #expect(text.lines.contains { $0.hasPrefix("A shock in 5 years") })
        #expect(text.lines.contains { $0.contains("loses everything with a chance of") })
        #expect(text.message.line.contains("\"loss_by_shock\":0.004"))
    }

    @Test func `JSON says the same`() throws {
        let question = try DurabilityTextTests.question(["--scheme", "2+2"])
        let text = DurabilityTextTests.text(question)
        let object = try JSONSerialization.jsonObject(with: Data(text.message.line.utf8))
        let fields = try #require(object as? [String: Any])
        let schemes = try #require(fields["schemes"] as? [[String: Any]])
        #expect(fields["message_type"] as? String == "durability")
        #expect(schemes[0]["scheme"] as? String == "2+2")
        let loss = try #require(schemes[0]["loss_per_year"] as? Double)
        #expect(abs(loss / text.outlooks[0].lossPerYear - 1) < 1e-12)
        #expect((schemes[0]["by_repair_time"] as? [Any])?.count == 10)
    }

    @Test func `the plot has a line for each scheme and says it in words`() throws {
        let question = try DurabilityTextTests.question([
            "--scheme", "2+2", "--scheme", "4+4", "--scheme", "8+12",
        ])
        let plot = DurabilityPlot(question: question).text
        #expect(plot.hasPrefix("<svg ") && plot.hasSuffix("</svg>\n"))
        #expect(plot.ranges(of: "<polyline ").count == 3)
        #expect(plot.contains("<desc id=\"description\">2+2: 1 hour "))
        #expect(!plot.contains(/\b(nan|inf)\b/))
    }

    /// The table of docs/durability.md, as the command works it out.
    @Test(arguments: [1, 2, 3, 4, 6, 8, 12, 16, 20])
    func `the page has the figures of the automatic schemes`(supplierCount: Int) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "docs/durability.md"), encoding: .utf8)
        let scheme = try #require(ErasureScheme.automatic(supplierCount: supplierCount))
        let words = ["--scheme", "\(scheme)"]
        let options = [
            [], ["--repair", "1d"], ["--serial"], ["--mttf", "1y"], ["--shock", "33%"],
        ]
        let outlooks = try options.flatMap { option in
            try DurabilityTextTests.question(words + option).outlooks(seed: 1, eventCount: 0)
        }
        let losses = outlooks.map { Chance.text($0.lossPerYear) }
        let shock = Chance.text(try #require(outlooks[4].lossByShock))
        let cells = ["\(supplierCount)", "`\(scheme)`"] + losses + [shock]
        let row = "| " + cells.joined(separator: " | ") + " |\n"
        #expect(page.contains(row), "\(row)")
    }

    @Test(
        arguments: [
            ["--mttf", "0d"], ["--mttf", "2000y"], ["--repair", "1"], ["--repair", "1d1"],
            ["--shock", "0%"], ["--shock", "33"], ["--shock-every", "1y"], ["--scheme", "0+1"],
            ["--scheme", "200+100"],
        ])
    func `what makes no sense is refused before anything is done`(words: [String]) {
        #expect(throws: (any Error).self) { try Durability.parse(words) }
    }
}

extension DurabilityModel {
    fileprivate var lossNow: Double { DurabilityChain(model: self).lossPerYear }
}
