internal import Glibc

/// Coding throughput by scheme and fragment length, ours beside the others', as SVG.
///
/// Bars on a logarithmic axis, one group for each shape. Who a bar is of shows in its pattern and
/// its colour, so that it can be read without seeing colours; every bar says its figure, and the
/// title and description say the whole in words.
package struct ThroughputPlot {
    private let machine: Machine
    private let results: [ExerciseResult]
    private let names: [String]
    private let low: Double
    private let high: Double

    private static let top = 64.0
    private static let plotHeight = 320.0
    private static let left = 56.0
    private static let barWidth = 16.0
    private static let groupGap = 22.0

    /// - Returns: `nil` when no coding was measured.
    package init?(machine: Machine, results: [ExerciseResult]) {
        let coding = results.filter { $0.stage == .coding }
        guard !coding.isEmpty else { return nil }
        var names: [String] = []
        for contender in coding.flatMap(\.contenders) where !names.contains(contender.name) {
            names.append(contender.name)
        }
        let figures = coding.flatMap { $0.contenders.map(\.perCore.median) }.filter { $0 > 0 }
        self.machine = machine
        self.results = coding
        self.names = names
        self.low = pow(10, floor(log10(figures.min() ?? 0.1)))
        self.high = pow(10, ceil(log10(max(figures.max() ?? 1, 2 * low))))
    }

    package var text: String {
        let groupWidth = Double(names.count) * ThroughputPlot.barWidth + ThroughputPlot.groupGap
        let width = ThroughputPlot.left + Double(results.count) * groupWidth + 24
        let height = ThroughputPlot.top + ThroughputPlot.plotHeight + 104
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(fixed(width)) "
                + "\(fixed(height))\" role=\"img\" aria-labelledby=\"title description\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<title id=\"title\">Reed-Solomon coding on one core, GB/s of data in</title>",
            "<desc id=\"description\">\(escaped(description))</desc>", patterns,
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        ]
        lines += legend + axis(width: width)
        for (index, result) in results.enumerated() {
            lines += group(result, x: ThroughputPlot.left + Double(index) * groupWidth + 12)
        }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// The plot in words.
    private var description: String {
        let shapes = results.map { result in
            let figures = result.contenders.map {
                "\($0.name) \(FigureText.figure($0.perCore.median))"
            }
            return "\(result.detail): \(figures.joined(separator: ", "))"
        }
        return "Bars on a logarithmic axis, medians, measured on \(machine.processor). "
            + shapes.joined(separator: "; ") + "."
    }

    // MARK: Parts

    private static let colors = ["#0b5394", "#b45f06", "#38761d", "#741b47", "#444444"]
    /// Paths within a tile of 8 by 8: full, rising lines, dots, level lines, a lattice.
    private static let tiles = [
        "M0,0h8v8h-8z", "M-1,1l2,-2M0,8l8,-8M7,9l2,-2", "M2,2h2v2h-2zM6,6h2v2h-2z",
        "M0,2h8M0,6h8", "M0,4h8M4,0v8",
    ]

    private var patterns: String {
        let tiles = names.indices.map { index in
            let kind = index % ThroughputPlot.tiles.count
            let color = ThroughputPlot.colors[kind]
            let isFilled = kind == 0 || kind == 2
            return "<pattern id=\"p\(index)\" width=\"8\" height=\"8\" "
                + "patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" fill=\"#fff\"/>"
                + "<path d=\"\(ThroughputPlot.tiles[kind])\" stroke=\"\(color)\" "
                + "stroke-width=\"\(isFilled ? 0 : 2)\" "
                + "fill=\"\(isFilled ? color : "none")\"/></pattern>"
        }
        return "<defs>" + tiles.joined() + "</defs>"
    }

    private var legend: [String] {
        var lines = [
            "<text x=\"\(fixed(ThroughputPlot.left))\" y=\"20\" font-size=\"15\">"
                + "Reed-Solomon coding on one core, GB/s of data in</text>"
        ]
        for (index, name) in names.enumerated() {
            let x = ThroughputPlot.left + Double(index) * 130
            lines.append(box(index, x: x, y: 32, width: 14, height: 14))
            lines.append("<text x=\"\(fixed(x + 20))\" y=\"44\">\(escaped(name))</text>")
        }
        return lines
    }

    private func axis(width: Double) -> [String] {
        var lines: [String] = []
        var decade = low
        while decade <= high * 1.001 {
            for step in [1.0, 2.0, 5.0] where decade * step <= high * 1.001 {
                let y = fixed(place(decade * step))
                let color = step == 1 ? "#888" : "#ddd"
                let left = fixed(ThroughputPlot.left)
                lines.append(
                    "<line x1=\"\(left)\" y1=\"\(y)\" x2=\"\(fixed(width - 12))\" y2=\"\(y)\" "
                        + "stroke=\"\(color)\"/>")
                lines.append(
                    "<text x=\"\(fixed(ThroughputPlot.left - 6))\" y=\"\(y)\" "
                        + "text-anchor=\"end\" dominant-baseline=\"middle\">"
                        + "\(tick(decade * step))</text>")
            }
            decade *= 10
        }
        return lines
    }

    private func group(_ result: ExerciseResult, x: Double) -> [String] {
        var lines = ["<g>"]
        let bottom = ThroughputPlot.top + ThroughputPlot.plotHeight
        for contender in result.contenders {
            guard let index = names.firstIndex(of: contender.name) else { continue }
            let median = contender.perCore.median
            let y = place(median)
            let left = x + Double(index) * ThroughputPlot.barWidth
            lines.append(
                box(
                    index, x: left, y: y, width: ThroughputPlot.barWidth - 2, height: bottom - y,
                    label: "\(result.detail), \(contender.name): "
                        + "\(FigureText.figure(median)) GB/s"))
            let middle = fixed(left + ThroughputPlot.barWidth / 2 + 3)
            lines.append(
                "<text x=\"\(middle)\" y=\"\(fixed(y - 4))\" font-size=\"10\" "
                    + "transform=\"rotate(-90 \(middle) \(fixed(y - 4)))\">"
                    + "\(FigureText.figure(median))</text>")
        }
        let middle = fixed(x + Double(names.count) * ThroughputPlot.barWidth / 2)
        for (index, part) in result.detail.split(separator: ", ").enumerated() {
            let y = fixed(bottom + 18 + Double(index) * 16)
            lines.append(
                "<text x=\"\(middle)\" y=\"\(y)\" text-anchor=\"middle\">\(escaped(part))</text>")
        }
        return lines + ["</g>"]
    }

    private func box(
        _ index: Int, x: Double, y: Double, width: Double, height: Double, label: String? = nil
    ) -> String {
        let color = ThroughputPlot.colors[index % ThroughputPlot.colors.count]
        let title = label.map { "<title>\(escaped($0))</title>" } ?? ""
        return "<rect x=\"\(fixed(x))\" y=\"\(fixed(y))\" width=\"\(fixed(width))\" "
            + "height=\"\(fixed(height))\" fill=\"url(#p\(index))\" stroke=\"\(color)\">"
            + "\(title)</rect>"
    }

    // MARK: Numbers

    /// Where a figure is on the axis.
    private func place(_ value: Double) -> Double {
        let share = log10(max(value, low) / low) / log10(high / low)
        return ThroughputPlot.top + ThroughputPlot.plotHeight * (1 - min(1, share))
    }

    private func tick(_ value: Double) -> String {
        value >= 0.95 ? String(Int(value.rounded())) : FigureText.figure(value)
    }

    /// With one decimal.
    private func fixed(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    private func escaped(_ text: some StringProtocol) -> String {
        String(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
    }
}
