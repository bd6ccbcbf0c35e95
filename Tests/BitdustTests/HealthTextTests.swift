import Model
import Pipelines
import Testing

@testable import bitdust

@Suite struct HealthTextTests {
    private func group(_ kind: BlockKind, lost: Int = 0) -> HealthReport.Group {
        var group = HealthReport.Group(kind: kind, scheme: Samples.scheme("2+2"))
        group.blockCount = 3
        group.stored = 12
        group.blocksLost = lost
        group.lossesTolerated = lost > 0 ? -1 : 2
        return group
    }

    private func report() -> HealthReport {
        var report = HealthReport()
        report.groups = [group(.catalog), group(.data)]
        report.sources = [
            HealthReport.Source(
                name: "docs", host: "laptop", paths: [Array("/home/a/docs".utf8)],
                groups: [group(.data)]),
            HealthReport.Source(name: nil, host: nil, paths: [], groups: [group(.data)]),
        ]
        report.heads = HealthReport.Heads(stored: 4)
        return report
    }

    @Test func `each source has its rows, then what belongs to all`() {
        let lines = HealthText(report: report()).lines(style: .plain)
        let names = lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(names[0...0] == ["Everything is"])
        #expect(
            names[2...6] == [
                "source what", "docs data", "(other) data", "(all) catalog",
                "head copies",
            ])
        #expect(lines.contains { $0.hasPrefix("now        no node runs") })
    }

    @Test func `what is lost is named, with a way to name the rest`() {
        var report = report()
        report.blocksLost = 3
        report.blocksWaiting = 1
        report.sources = [
            HealthReport.Source(
                name: "docs", host: nil, paths: [], groups: [group(.data, lost: 3)])
        ]
        var text = HealthText(report: report)
        text.lost = [
            LostPath(
                snapshot: Samples.id(7), setName: "docs", path: Array("a/b".utf8),
                isDirectory: true)
        ]
        text.hasMoreLost = true
        let lines = text.lines(style: .plain)
        #expect(lines[0].contains("LOST: 3 of 6 blocks"))
        #expect(lines[0].contains("1 of them can when the suppliers that are away return"))
        #expect(lines.contains { $0.hasSuffix("docs  a/b  and all below it") })
        #expect(lines.contains { $0.contains("bitdust health --lost") })
        #expect(lines.contains { $0.hasSuffix("LOST") })
        #expect(text.message.line.contains("\"all_below\":true"))
    }

    @Test func `what the node is doing is said`() {
        var text = HealthText(report: report())
        text.node = HealthText.NodeWork(isWorking: true, phase: "rebuilding", done: 3, total: 40)
        #expect(
            text.lines(style: .plain).contains {
                $0 == "now        the node is rebuilding: 3 of 40"
            })
    }
}
