internal import Glibc
internal import Model
internal import Placement

/// What `durability` says, as text and as JSON.
struct DurabilityText {
    let question: DurabilityQuestion
    let outlooks: [DurabilityOutlook]

    var lines: [String] {
        var lines = assumptions + [""] + table
        if let told = question.told(outlooks), outlooks.indices.contains(told) {
            let (asked, outlook) = (question.schemes[told], outlooks[told])
            lines += [""] + bars(asked.scheme) + [""] + meaning(asked, outlook)
            lines += ["", "What would help \(asked.scheme) most:"] + help(outlook)
        }
        return lines
    }

    // MARK: Parts

    private var assumptions: [String] {
        let order = question.repair == .serial ? "one after the other" : "each on its own"
        var lines = [
            "Suppliers stay \(DayText.text(question.lifetimeDays)) on average; a lost fragment is "
                + "back after \(DayText.text(question.repairDays)), \(order)."
        ]
        switch question.repairOrigin {
        case .given: break
        case .assumed:
            lines.append(
                "That time is assumed: nothing was repaired here yet. `--repair` gives another.")
        case .measured(let count):
            lines.append(
                "That time is measured: the mean of \(countText(UInt64(count), "repair")) here, "
                    + "from whole to whole again.")
            if let measured = question.measuredDays, measured < question.repairDays {
                lines.append(
                    "  They took \(DayText.text(measured)), which is less than the grace that a "
                        + "silent supplier is given: grace counts.")
            }
        }
        if let shocks = question.shocks {
            lines.append(
                "A shock in \(DayText.text(shocks.intervalDays)) takes each supplier with a chance "
                    + "of \(Chance.percent(shocks.share)).")
        }
        return lines
    }

    private var table: [String] {
        var heading = [
            "scheme", "suppliers", "stored", "loss of a block in a year", "by trials",
            "repair of fixed length",
        ]
        if question.shocks != nil { heading += ["without shocks", "loss by one shock"] }
        let rows = outlooks.map { outlook in
            var row = [
                outlook.model.scheme.description, "\(outlook.supplierCount)",
                Chance.factor(outlook.expansion), Chance.text(outlook.lossPerYear),
                DurabilityText.trials(outlook.trials), DurabilityText.trials(outlook.fixedTrials),
            ]
            if question.shocks != nil {
                row.append(Chance.text(outlook.lossWithoutShocks))
                row.append(outlook.lossByShock.map(Chance.text) ?? "-")
            }
            return row
        }
        return SnapshotText.aligned([heading] + rows, rightAligned: [1, 2])
    }

    private static func trials(_ estimate: DurabilityTrials.Estimate?) -> String {
        guard let estimate else { return "too rare" }
        guard estimate.loss > 0 else { return "none seen" }
        return "\(Chance.text(estimate.loss)) ± \(Chance.percent(estimate.error / estimate.loss))"
    }

    /// A bar for each repair time: three columns for each power of ten above 1e-15.
    private func bars(_ scheme: ErasureScheme) -> [String] {
        let rows = question.losses(scheme).map { days, loss in
            let length = max(0, Int((3 * (log10(max(loss, 1e-30)) + 15)).rounded()))
            return [
                "  " + DayText.text(days), Chance.text(loss), String(repeating: "#", count: length),
            ]
        }
        return ["\(scheme): loss of a block in a year, by the time of a repair"]
            + SnapshotText.aligned(rows, rightAligned: [0])
    }

    /// What the number means for everything that is stored.
    private func meaning(
        _ asked: DurabilityQuestion.Asked, _ outlook: DurabilityOutlook
    ) -> [String] {
        let scheme = asked.scheme
        let blocks = asked.blockCount ?? 1_000_000
        let what =
            asked.blockCount.map { "your \(countText($0)) blocks of \(scheme)" }
            ?? "a million blocks of \(scheme)"
        let loss = outlook.repositoryLoss(blockCount: blocks)
        var lines = ["For \(what): something is lost \(Chance.years(loss))."]
        if outlook.supplierSetCount == 1 {
            lines.append(
                "  All of them are on the same \(outlook.supplierCount) suppliers and fail "
                    + "together or not at all, so that many are as safe as one.")
        } else {
            lines.append(
                "  They are on \(outlook.supplierSetCount) sets of \(scheme.fragmentCount) "
                    + "suppliers: at most so many times the chance of one block.")
        }
        lines.append(
            "  On suppliers drawn anew for each block: "
                + "\(Chance.years(outlook.scatteredLoss(blockCount: blocks))).")
        if question.sharesOneDisk && asked.blockCount != nil {
            lines.append(
                "  BUT these suppliers are directories of one disk: they die together, with the "
                    + "disk. These numbers are for suppliers on disks of their own.")
        }
        if outlook.lossPerYear < DurabilityOutlook.credibleLoss {
            lines.append(
                "  So small a number says that suppliers dying one by one are not what loses your "
                    + "data: a lost key, a fault of the program or a shock is.")
        }
        if let shock = outlook.lossByShock, let shocks = question.shocks {
            lines.append(
                "  A shock that takes \(Chance.percent(shocks.share)) of the suppliers loses "
                    + "everything with a chance of \(Chance.text(shock)).")
        }
        return lines
    }

    private func help(_ outlook: DurabilityOutlook) -> [String] {
        let rows = outlook.effects.map { effect in
            let times = outlook.lossPerYear / max(effect.lossPerYear, .leastNormalMagnitude)
            return [
                "  " + DurabilityText.text(effect.change), Chance.text(effect.lossPerYear),
                times >= 1 ? "\(Chance.count(times)) times safer" : "less safe",
                effect.expansion == outlook.expansion
                    ? "stores no more" : "stores \(Chance.factor(effect.expansion))",
            ]
        }
        return SnapshotText.aligned(rows)
    }

    static func text(_ change: DurabilityOutlook.Change) -> String {
        switch change {
        case .parity(let scheme): "one supplier more, for parity: \(scheme)"
        case .balance(let scheme): "the same suppliers, more parity: \(scheme)"
        case .suppliers(let count, let scheme): "\(countText(count, "supplier")): \(scheme)"
        case .repair(let days): "repair within \(DayText.text(days))"
        case .lifetime(let days): "suppliers that stay \(DayText.text(days))"
        }
    }

    // MARK: JSON

    private var repairOrigin: (word: String, count: Int) {
        switch question.repairOrigin {
        case .given: ("given", 0)
        case .assumed: ("assumed", 0)
        case .measured(let count): ("measured", count)
        }
    }

    var message: JSON {
        var fields = [
            JSONField("message_type", "durability"),
            JSONField("mttf_days", question.lifetimeDays),
            JSONField("repair_days", question.repairDays),
            JSONField("repair_origin", repairOrigin.word),
            JSONField(
                "repair_days_measured", question.measuredDays.map { .number($0) } ?? .null),
            JSONField("repairs_measured", repairOrigin.count),
            JSONField("repair_order", question.repair == .serial ? "serial" : "parallel"),
            JSONField("shares_one_disk", question.sharesOneDisk),
        ]
        if let shocks = question.shocks {
            fields.append(JSONField("shock_share", shocks.share))
            fields.append(JSONField("shock_interval_days", shocks.intervalDays))
        }
        fields.append(
            JSONField("schemes", zip(question.schemes, outlooks).map { message($0, $1) }))
        return .object(fields)
    }

    private func message(
        _ asked: DurabilityQuestion.Asked, _ outlook: DurabilityOutlook
    ) -> JSON {
        var fields = [
            JSONField("scheme", asked.scheme.description),
            JSONField("suppliers_total", outlook.supplierCount),
            JSONField("expansion", outlook.expansion),
            JSONField("loss_per_year", outlook.lossPerYear),
            JSONField("loss_per_year_without_shocks", outlook.lossWithoutShocks),
            JSONField("supplier_sets", outlook.supplierSetCount),
        ]
        if let trials = outlook.trials, let fixed = outlook.fixedTrials {
            fields += [
                JSONField("trials_loss_per_year", trials.loss),
                JSONField("trials_error", trials.error),
                JSONField("fixed_repair_loss_per_year", fixed.loss),
                JSONField("fixed_repair_error", fixed.error),
            ]
        }
        if let shock = outlook.lossByShock { fields.append(JSONField("loss_by_shock", shock)) }
        if let blocks = asked.blockCount {
            fields += [
                JSONField("blocks_count", blocks),
                JSONField(
                    "repository_loss_per_year", outlook.repositoryLoss(blockCount: blocks)),
            ]
        }
        let plotted = question.losses(asked.scheme).map { days, loss in
            JSON.object([JSONField("repair_days", days), JSONField("loss_per_year", loss)])
        }
        let effects = outlook.effects.map { effect in
            JSON.object([
                JSONField("change", DurabilityText.text(effect.change)),
                JSONField("loss_per_year", effect.lossPerYear),
                JSONField("expansion", effect.expansion),
            ])
        }
        fields += [JSONField("by_repair_time", plotted), JSONField("changes", effects)]
        return .object(fields)
    }
}
