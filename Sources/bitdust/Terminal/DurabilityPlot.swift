internal import Glibc
internal import Model
internal import Placement

/// Loss of a block in a year over the time of a repair, a line for each scheme, as SVG.
///
/// Both axes are logarithmic. Lines differ in dashes and marks beside their colours, each has its
/// name at its end, and the description says all points in words.
struct DurabilityPlot {
    let question: DurabilityQuestion

    private static let (left, top, width, height) = (70.0, 56.0, 560.0, 360.0)
    private static let floor = -18.0
    private static let colors = ["#0b5394", "#b45f06", "#38761d", "#741b47", "#444444"]
    private static let dashes = ["none", "8 4", "2 3", "10 3 2 3", "5 5"]

    var text: String {
        let schemes = question.schemes.map(\.scheme)
        let curves = schemes.map { ($0, question.losses($0)) }
        let title = "Loss of a block in a year over the time of a repair"
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 480\" role=\"img\" "
                + "aria-labelledby=\"title description\" font-family=\"sans-serif\" "
                + "font-size=\"12\">",
            "<title id=\"title\">\(title)</title>",
            "<desc id=\"description\">\(description(curves))</desc>",
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
            "<text x=\"\(fixed(DurabilityPlot.left))\" y=\"24\" font-size=\"15\">\(title)</text>",
            "<text x=\"\(fixed(DurabilityPlot.left))\" y=\"42\">suppliers stay "
                + "\(DayText.text(question.lifetimeDays)) on average</text>",
        ]
        lines += axes
        for (index, curve) in curves.enumerated() {
            lines += line(index, curve.0.description, curve.1)
        }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func description(
        _ curves: [(ErasureScheme, [(repairDays: Double, loss: Double)])]
    ) -> String {
        curves.map { scheme, points in
            "\(scheme): "
                + points.map { "\(DayText.text($0.repairDays)) \(Chance.text($0.loss))" }
                .joined(separator: ", ")
        }.joined(separator: "; ") + "."
    }

    private var axes: [String] {
        var lines: [String] = []
        let right = fixed(DurabilityPlot.left + DurabilityPlot.width)
        for exponent in stride(from: DurabilityPlot.floor, through: 0, by: 3) {
            let y = fixed(vertical(pow(10, exponent)))
            lines.append(
                "<line x1=\"\(fixed(DurabilityPlot.left))\" y1=\"\(y)\" x2=\"\(right)\" "
                    + "y2=\"\(y)\" stroke=\"#ddd\"/>")
            lines.append(
                "<text x=\"\(fixed(DurabilityPlot.left - 8))\" y=\"\(y)\" text-anchor=\"end\" "
                    + "dominant-baseline=\"middle\">\(exponent == 0 ? "1" : "1e\(Int(exponent))")"
                    + "</text>")
        }
        let bottom = DurabilityPlot.top + DurabilityPlot.height
        for days in DurabilityQuestion.plottedRepairDays {
            lines.append(
                "<text x=\"\(fixed(horizontal(days)))\" y=\"\(fixed(bottom + 18))\" "
                    + "text-anchor=\"middle\" font-size=\"10\">\(DayText.text(days))</text>")
        }
        let days = DurabilityQuestion.plottedRepairDays
        if let first = days.first, let last = days.last,
            (first...last).contains(question.repairDays)
        {
            let x = fixed(horizontal(question.repairDays))
            lines.append(
                "<line x1=\"\(x)\" y1=\"\(fixed(DurabilityPlot.top))\" x2=\"\(x)\" "
                    + "y2=\"\(fixed(bottom))\" stroke=\"#888\" stroke-dasharray=\"3 3\">"
                    + "<title>a repair of \(DayText.text(question.repairDays))</title></line>")
        }
        return lines
    }

    private func line(
        _ index: Int, _ name: String, _ points: [(repairDays: Double, loss: Double)]
    ) -> [String] {
        let color = DurabilityPlot.colors[index % DurabilityPlot.colors.count]
        let dash = DurabilityPlot.dashes[index % DurabilityPlot.dashes.count]
        // What is below the floor is not drawn: no such number is to be believed.
        let drawn = points.filter { $0.loss >= pow(10, DurabilityPlot.floor) }
        guard let last = drawn.last else { return [] }
        let places = drawn.map { point in
            "\(fixed(horizontal(point.repairDays))),\(fixed(vertical(point.loss)))"
        }
        var lines = [
            "<polyline points=\"\(places.joined(separator: " "))\" fill=\"none\" "
                + "stroke=\"\(color)\" stroke-width=\"2\" stroke-dasharray=\"\(dash)\"/>"
        ]
        for point in drawn {
            lines.append(
                "<circle cx=\"\(fixed(horizontal(point.repairDays)))\" "
                    + "cy=\"\(fixed(vertical(point.loss)))\" r=\"3\" fill=\"\(color)\"><title>"
                    + "\(name), repair \(DayText.text(point.repairDays)): "
                    + "\(Chance.text(point.loss))</title></circle>")
        }
        let x = fixed(horizontal(last.repairDays) + 8)
        lines.append(
            "<text x=\"\(x)\" y=\"\(fixed(vertical(last.loss)))\" fill=\"\(color)\" "
                + "dominant-baseline=\"middle\">\(name)</text>")
        return lines
    }

    private func horizontal(_ days: Double) -> Double {
        let all = DurabilityQuestion.plottedRepairDays
        guard let first = all.first, let last = all.last else { return DurabilityPlot.left }
        return DurabilityPlot.left + DurabilityPlot.width * log(days / first) / log(last / first)
    }

    private func vertical(_ loss: Double) -> Double {
        let share = min(1, max(0, log10(max(loss, 1e-300)) / DurabilityPlot.floor))
        return DurabilityPlot.top + DurabilityPlot.height * share
    }

    private func fixed(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
