/// All results as one table in Markdown.
package struct StageTable {
    package let machine: Machine
    package let results: [ExerciseResult]

    package init(machine: Machine, results: [ExerciseResult]) {
        self.machine = machine
        self.results = results
    }

    package var text: String {
        var lines = [
            "# Throughput of the stages", "",
            "\(machine.processor) · \(machine.coreCount) cores · \(machine.kernels)", "",
            "GB/s (10^9 bytes) of input, median (least-most) of the rounds; one core: by processor"
                + " time; all cores: by the clock. Ratios above 1: ours is faster.", "",
            "| stage | input | by | one core | ours/theirs | all cores | ours/theirs |",
            "|---|---|---|---|---|---|---|",
        ]
        for result in results { lines += result.contenders.map { row(result, $0) } }
        return lines.joined(separator: "\n") + "\n"
    }

    private func row(_ result: ExerciseResult, _ contender: ContenderResult) -> String {
        let isOurs = contender.role == .ours
        let ratio = { (ours: Throughput, theirs: Throughput) in
            isOurs ? "" : FigureText.ratio(ours.median, theirs.median)
        }
        let cells = [
            result.stage.rawValue, result.detail, contender.name, cell(contender.perCore),
            ratio(result.ours.perCore, contender.perCore), cell(contender.allCores),
            ratio(result.ours.allCores, contender.allCores),
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private func cell(_ figures: Throughput) -> String {
        let (min, max) = (FigureText.figure(figures.min), FigureText.figure(figures.max))
        return "\(FigureText.figure(figures.median)) (\(min)-\(max))"
    }
}
