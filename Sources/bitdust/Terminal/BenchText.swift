internal import Measuring
internal import Model

/// What `bench` says, as text and as JSON.
struct BenchText {
    let machine: Machine

    private static let widths = (stage: 12, detail: 30, name: 18, figure: 20, ratio: 7)

    var head: [String] {
        [
            machine.processor,
            "\(countText(machine.coreCount)) cores; \(machine.kernels)",
            "GB/s of input: median (least-most) of \(Measurement.roundCountDefault) rounds;"
                + " x: how many times as fast ours is", "",
            "stage".leftAligned(BenchText.widths.stage)
                + "input".leftAligned(BenchText.widths.detail)
                + "by".leftAligned(BenchText.widths.name)
                + "one core".rightAligned(BenchText.widths.figure)
                + "x".rightAligned(BenchText.widths.ratio)
                + "all cores".rightAligned(BenchText.widths.figure)
                + "x".rightAligned(BenchText.widths.ratio),
        ]
    }

    /// One for each contender, ours first.
    func lines(_ result: ExerciseResult) -> [String] {
        result.contenders.map { contender in
            let isOurs = contender.role == .ours
            let head =
                (isOurs ? result.stage.rawValue : "").leftAligned(BenchText.widths.stage)
                + (isOurs ? result.detail : "").leftAligned(BenchText.widths.detail)
                + contender.name.leftAligned(BenchText.widths.name)
            let figures = [
                (result.ours.perCore, contender.perCore),
                (result.ours.allCores, contender.allCores),
            ]
            return head
                + figures.map { ours, theirs in
                    BenchText.text(theirs).rightAligned(BenchText.widths.figure)
                        + (isOurs ? "" : FigureText.ratio(ours.median, theirs.median))
                        .rightAligned(BenchText.widths.ratio)
                }.joined()
        }
    }

    private static func text(_ figures: Throughput) -> String {
        let (min, max) = (FigureText.figure(figures.min), FigureText.figure(figures.max))
        return "\(FigureText.figure(figures.median)) (\(min)-\(max))"
    }

    // MARK: JSON

    var machineMessage: JSON {
        .object([
            JSONField("message_type", "machine"), JSONField("processor", machine.processor),
            JSONField("cores", machine.coreCount), JSONField("kernels", machine.kernels),
        ])
    }

    static func message(_ result: ExerciseResult) -> JSON {
        .object([
            JSONField("message_type", "measurement"),
            JSONField("stage", result.stage.rawValue), JSONField("input", result.detail),
            JSONField("by", result.contenders.map(message)),
        ])
    }

    private static func message(_ contender: ContenderResult) -> JSON {
        .object([
            JSONField("name", contender.name), JSONField("role", contender.role.rawValue),
            JSONField("checksum", Hex.encode(contender.checksum)),
            JSONField("one_core_gb_per_s", message(contender.perCore)),
            JSONField("all_cores_gb_per_s", message(contender.allCores)),
        ])
    }

    private static func message(_ figures: Throughput) -> JSON {
        .object([
            JSONField("min", figures.min), JSONField("median", figures.median),
            JSONField("max", figures.max), JSONField("rounds", figures.roundCount),
        ])
    }
}

extension Hex {
    fileprivate static func encode(_ word: UInt64) -> String {
        encode((0..<8).reversed().map { UInt8(truncatingIfNeeded: word >> (8 * $0)) })
    }
}
