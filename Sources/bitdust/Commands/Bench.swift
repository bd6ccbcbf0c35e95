internal import ArgumentParser
internal import Glibc
internal import Measuring
internal import Model
internal import Pipelines

struct Bench: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast this machine chunks, hashes, seals, codes and stores.",
        discussion: """
            Examples:
              bitdust bench
              bitdust bench --stage coding --scheme 10+6 --fragment 1MiB --against isal
              bitdust bench --stage pipeline --json

            Every figure stands beside its ceiling of the same run: moving the same bytes, and the \
            fastest library that is installed. GB/s (10^9 bytes) of input: of processor time on \
            one core, and by the clock on all of them. What is written goes to a directory below \
            $TMPDIR and is removed.
            """)

    @Option(
        help: ArgumentHelp(
            "Measure this stage only; may be repeated: "
                + Stage.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "name"),
        completion: .list(Stage.allCases.map(\.rawValue)))
    var stage: [String] = []

    @Option(
        help: ArgumentHelp(
            "Data and parity fragments of a block; may be repeated (default: 4+4).",
            valueName: "k+m"))
    var scheme: [String] = []

    @Option(
        help: ArgumentHelp(
            "Length of a fragment; may be repeated (default: 1MiB).", valueName: "length"))
    var fragment: [String] = []

    @Option(
        help: ArgumentHelp(
            "Code beside this library only: isal or liberasurecode (default: both).",
            valueName: "library"),
        completion: .list(CodingLibrary.allCases.map(\.rawValue)))
    var against: String?

    @Option(help: "Time for each line of the table, of those without files.")
    var seconds = 1.0

    @Option(
        help: ArgumentHelp(
            "Also write a table and a plot of coding there: stages.md, coding.svg.",
            valueName: "dir"),
        completion: .directory)
    var report: RawPath?

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        _ = try suite()
        guard seconds >= 0, seconds <= 600 else {
            throw ValidationError("--seconds takes 0 to 600.")
        }
    }

    /// What the options ask for.
    ///
    /// - Throws: `ValidationError`.
    func suite() throws -> Suite {
        var suite = Suite()
        if !stage.isEmpty {
            suite.stages = try stage.map { name in
                guard let stage = Stage(rawValue: name) else {
                    let names = Stage.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--stage takes one of \(names), not '\(name)'.")
                }
                return stage
            }
        }
        if !scheme.isEmpty { suite.schemes = try scheme.map(Bench.scheme) }
        if !fragment.isEmpty { suite.fragmentLengths = try fragment.map(Bench.length) }
        if let against {
            guard let library = CodingLibrary(rawValue: against) else {
                throw ValidationError("--against takes isal or liberasurecode, not '\(against)'.")
            }
            suite.libraries = [library]
        }
        return suite
    }

    private static func scheme(_ text: String) throws -> ErasureScheme {
        guard let scheme = ErasureScheme(text) else {
            throw ValidationError(
                "--scheme takes k+m with k at least 1 and k+m at most 255, not '\(text)'.")
        }
        return scheme
    }

    /// Reads `65536`, `64KiB` or `1MiB`.
    private static func length(_ text: String) throws -> Int {
        let units = [("KiB", 10), ("MiB", 20), ("", 0)]
        for (unit, shift) in units where text.hasSuffix(unit) {
            let number = text.dropLast(unit.count)
            guard number.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int(number),
                (1...(Limits.fragmentLengthMax >> shift)).contains(count)
            else { break }
            return count << shift
        }
        throw ValidationError(
            "--fragment takes a length up to 8MiB, such as 64KiB or 1MiB, not '\(text)'.")
    }

    func run(in context: CommandContext) throws {
        var suite = try suite()
        if let against, let library = CodingLibrary(rawValue: against), !library.isPresent {
            throw Failure(
                "BD-NO-LIBRARY", .failed, "\(against) is not installed",
                remedy: "install it (Debian: libisal2, liberasurecode1), or leave out --against")
        }
        guard suite.stages.contains(where: \.usesDisk) else { return try perform(suite, context) }
        try Scratch.with(context, purpose: "bench") { scratch in
            suite.workspace = Workspace(
                path: scratch.path.bytes, adapters: context.adapters,
                remove: { Folder.remove($0) })
            try perform(suite, context)
        }
    }

    private func perform(_ suite: Suite, _ context: CommandContext) throws {
        let machine = Machine(coreCount: context.adapters.workerCount)
        let measurement = Measurement(
            clocks: Clocks(wall: context.time), threadCount: machine.coreCount, seconds: seconds)
        let text = BenchText(machine: machine)
        for line in output.json ? [text.machineMessage.line] : text.head {
            try context.console.out(line)
        }
        var results: [ExerciseResult] = []
        for exercise in suite.exercises {
            let result = try measurement.measure(exercise)
            results.append(result)
            for line in output.json ? [BenchText.message(result).line] : text.lines(result) {
                try context.console.out(line)
            }
        }
        if let report { try write(results, of: machine, to: report.absolute(), context) }
    }

    private func write(
        _ results: [ExerciseResult], of machine: Machine, to directory: RawPath,
        _ context: CommandContext
    ) throws {
        var files = [("stages.md", StageTable(machine: machine, results: results).text)]
        if let plot = ThroughputPlot(machine: machine, results: results) {
            files.append(("coding.svg", plot.text))
        }
        mkdir(cPath(directory.bytes), 0o755)
        for (name, text) in files {
            let path = directory.appending(name)
            try OutputFile.write(text, to: path)
        }
    }
}
