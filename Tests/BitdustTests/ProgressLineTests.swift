import Model
import Pipelines
import Testing

@testable import bitdust

@Suite struct ProgressLineTests {
    private let line = ProgressLine(
        phase: "reading", fraction: 0.78, done: "1.34 GiB", count: "4 100 files",
        bytesPerSecond: 212 * 1_048_576, secondsRemaining: 2, suppliers: "4/4 suppliers")

    @Test func `a wide terminal shows everything`() {
        #expect(
            line.bar(width: 100)
                == "  [##############----]   78 %  1.34 GiB  212 MiB/s  ETA 0:02  4/4 suppliers")
    }

    @Test func `a narrow terminal shows what matters most`() {
        #expect(line.bar(width: 50) == "  [######--]   78 %  1.34 GiB  212 MiB/s  ETA 0:02")
        #expect(line.bar(width: 22) == "   78 %  1.34 GiB")
    }

    @Test func `no line is wider than its terminal`() {
        var unknown = line
        unknown.fraction = nil
        unknown.errorCount = 12
        for width in 0...120 {
            #expect(line.bar(width: width).count <= width)
            #expect(unknown.bar(width: width).count <= width)
        }
    }

    @Test func `the bar is full at the end and never over it`() {
        var line = line
        for fraction in [1.0, 1.5] {
            line.fraction = fraction
            #expect(line.bar(width: 100).hasPrefix("  [##################]  100 %"))
        }
        line.fraction = -1
        #expect(line.bar(width: 100).hasPrefix("  [------------------]    0 %"))
    }

    @Test func `without a total the count is shown`() {
        var line = line
        line.fraction = nil
        line.secondsRemaining = nil
        #expect(
            line.bar(width: 100)
                == "  reading  4 100 files  1.34 GiB  212 MiB/s  4/4 suppliers")
        #expect(line.plain == "reading  4 100 files  1.34 GiB  212 MiB/s  4/4 suppliers")
    }

    @Test func `a log line has no bar`() {
        #expect(line.plain == "reading   78 %  1.34 GiB  212 MiB/s  ETA 0:02  4/4 suppliers")
    }

    @Test func `errors come first`() {
        var line = line
        line.errorCount = 1
        #expect(line.bar(width: 25) == "   78 %  1 error")
    }

    @Test func `the rate is that of the last seconds`() {
        var meter = RateMeter()
        let second: UInt64 = 1_000_000_000
        #expect(meter.add(time: 0, byteCount: 0) == nil)
        #expect(meter.add(time: second / 4, byteCount: 100) == nil)
        #expect(meter.add(time: second, byteCount: 1000) == 1000)
        for time in 2...30 { _ = meter.add(time: UInt64(time) * second, byteCount: 1000) }
        #expect(meter.add(time: 31 * second, byteCount: 1000) == 0)
        #expect(meter.add(time: 32 * second, byteCount: 0) == 0)
    }

    @Test func `what remains takes as long as the rate says`() {
        let pace = Pace(elapsed: 0, bytesPerSecond: 100)
        #expect(pace.secondsRemaining(1001) == 11)
        #expect(pace.secondsRemaining(0) == 0)
        #expect(Pace(elapsed: 0, bytesPerSecond: 0).secondsRemaining(1) == nil)
        #expect(Pace().secondsRemaining(1) == nil)
    }

    @Test func `a backup counts bytes, then fragments`() {
        var progress = BackupProgress()
        progress.bytesDone = 50
        progress.bytesTotal = 100
        progress.suppliersOnline = 3
        progress.suppliersNeeded = 4
        #expect(progress.line(pace: Pace()).fraction == nil)
        progress.isTotalKnown = true
        let line = progress.line(pace: Pace(elapsed: 0, bytesPerSecond: 10))
        #expect(line.fraction == 0.5)
        #expect(line.secondsRemaining == 5)
        #expect(line.suppliers == "3 suppliers (need 4)")
        progress.phase = .committing
        progress.fragmentsAcknowledged = 1
        progress.fragmentsTotal = 4
        let last = progress.line(pace: Pace())
        #expect(last.fraction == 0.25)
        #expect(last.done == "1 of 4 fragments acknowledged")
    }

    @Test func `the total of a restore is that of its snapshot`() {
        var counts = SnapshotCounts()
        counts.bytesTotal = 200
        var progress = RestoreProgress()
        progress.bytesDone = 50
        progress.bytesTotal = 60
        #expect(RestoreState(total: counts, progress: progress).line(pace: Pace()).fraction == 0.25)
        #expect(RestoreState(total: nil, progress: progress).line(pace: Pace()).fraction == nil)
    }

    @Test func `how progress is shown follows the terminal and the options`() {
        let none = ProcessEnvironment([:])
        #expect(ProgressMode(output: .normal, hasBar: true, environment: none) == .bar)
        let minute = ProgressMode.lines(60_000_000_000)
        #expect(ProgressMode(output: .normal, hasBar: false, environment: none) == minute)
        let short = ProcessEnvironment(["BITDUST_PROGRESS_INTERVAL": "2.5"])
        let lines = ProgressMode.lines(2_500_000_000)
        #expect(ProgressMode(output: .normal, hasBar: false, environment: short) == lines)
        for wrong in ["0", "-1", "x", "nan", "1e300"] {
            let environment = ProcessEnvironment(["BITDUST_PROGRESS_INTERVAL": wrong])
            #expect(
                ProgressMode(output: .normal, hasBar: false, environment: environment) == minute)
        }
        var json = OutputOptions.normal
        json.json = true
        #expect(ProgressMode(output: json, hasBar: true, environment: none).interval != nil)
        var quiet = OutputOptions.normal
        quiet.quiet = true
        #expect(ProgressMode(output: quiet, hasBar: true, environment: none) == .none)
    }

    @Test func `colours are off unless they are seen or forced`() {
        func isColored(_ terminal: Bool, _ forbidden: Bool, _ variables: [String: String]) -> Bool {
            Style(
                isTerminal: terminal, forbidden: forbidden,
                environment: ProcessEnvironment(variables)
            ).isColored
        }
        #expect(isColored(true, false, [:]))
        #expect(!isColored(false, false, [:]))
        #expect(!isColored(true, true, ["FORCE_COLOR": "1"]))
        #expect(!isColored(true, false, ["NO_COLOR": "1"]))
        #expect(isColored(true, false, ["NO_COLOR": ""]))
        #expect(!isColored(true, false, ["TERM": "dumb"]))
        #expect(isColored(false, false, ["FORCE_COLOR": "1"]))
        #expect(!isColored(true, false, ["FORCE_COLOR": "0"]))
        #expect(Style(isColored: true).bad("x") == "\u{1B}[31mx\u{1B}[0m")
        #expect(Style.plain.bad("x") == "x")
    }
}
