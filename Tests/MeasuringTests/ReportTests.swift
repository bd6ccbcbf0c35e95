import Foundation
import Measuring
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ReportTests {
    private static let machine = Machine(processor: "A & B <1>", coreCount: 2, kernels: "scalar")

    private static func result(_ detail: String, _ figures: [(String, Role, Double)])
        -> ExerciseResult
    {
        ExerciseResult(
            stage: .coding, detail: detail,
            contenders: figures.map { name, role, value in
                ContenderResult(
                    name: name, role: role, perCore: Throughput([value, value / 2, value * 2]),
                    allCores: Throughput([2 * value]), checksum: 7)
            })
    }

    private static let results = [
        result(
            "4+4, 1 MiB", [("ours", .ours, 40), ("memcpy", .memory, 44), ("ISA-L", .library, 10)]),
        result("64+64, 1 MiB", [("ours", .ours, 8), ("memcpy", .memory, 12)]),
    ]

    @Test func `a throughput is the least, the middle and the most of its rounds`() {
        let odd = Throughput([3, 1, 2])
        #expect([odd.min, odd.median, odd.max] == [1, 2, 3])
        let even = Throughput([4, 1, 3, 2])
        #expect(even.median == 2.5)
        #expect(even.roundCount == 4)
    }

    @Test func `figures have three digits`() {
        let cases: [(Double, String)] = [
            (0, "0.000"), (0.0125, "0.013"), (0.9996, "1.00"), (9.87, "9.87"), (9.996, "10.0"),
            (48.31, "48.3"), (99.96, "100"), (1234, "1234"), (.infinity, "-"), (-1, "-"),
        ]
        for (value, text) in cases { #expect(FigureText.figure(value) == text) }
        #expect(FigureText.ratio(8.2, 2) == "4.10x")
        #expect(FigureText.ratio(1, 0) == "-")
    }

    @Test func `the table has a row for each contender and ratios beside the others'`() {
        let text = StageTable(machine: ReportTests.machine, results: ReportTests.results).text
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| coding") }
        #expect(rows.count == 5)
        #expect(
            rows[0] == "| coding | 4+4, 1 MiB | ours | 40.0 (20.0-80.0) |  | 80.0 (80.0-80.0) |  |")
        #expect(rows[2].contains("| 4.00x |"))
    }

    @Test func `the plot is well-formed, says everything in words and has a pattern for each`()
        throws
    {
        let plot = try #require(
            ThroughputPlot(machine: ReportTests.machine, results: ReportTests.results))
        let reader = ElementReader()
        let parser = XMLParser(data: Data(plot.text.utf8))
        parser.delegate = reader
        #expect(parser.parse())
        #expect(reader.counts["pattern"] == 3)
        #expect(reader.counts["desc"] == 1)
        // One title of the whole and one for each of five bars.
        #expect(reader.counts["title"] == 6)
        #expect(plot.text.contains("64+64, 1 MiB: ours 8.00, memcpy 12.0"))
        #expect(plot.text.contains("A &amp; B &lt;1&gt;"))
    }

    @Test func `without coding there is no plot`() {
        let sealing = ExerciseResult(
            stage: .sealing, detail: "1 MiB", contenders: ReportTests.results[0].contenders)
        #expect(ThroughputPlot(machine: ReportTests.machine, results: [sealing]) == nil)
    }
}
