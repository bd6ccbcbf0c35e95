internal import Model
internal import Pipelines

/// What is told while a command waits for suppliers that have stopped answering: to standard error,
/// so that it is in no file's way.
enum WaitText {
    /// As many are named.
    private static let namedCountMax = 4

    /// - Parameter output: quiet commands say nothing, others a line of text or of JSON.
    static func teller(
        _ console: Console, output: OutputOptions
    ) -> @Sendable (SupplierWait) -> Void {
        let (isQuiet, isJSON) = (output.quiet, output.json)
        return { wait in
            guard !isQuiet else { return }
            console.message(isJSON ? message(wait).line : line(wait))
        }
    }

    static func line(_ wait: SupplierWait) -> String {
        let places = wait.suppliers.map { FamilyText.place($0) }
        let named = places.prefix(namedCountMax).joined(separator: ", ")
        let others = places.count - namedCountMax
        return "  waiting for \(named)" + (others > 0 ? " and \(others) more" : "")
            + ": no answer - until \(localTimeText(nanoseconds: wait.until.nanoseconds)) "
            + "at the latest, Ctrl-C stops"
    }

    static func message(_ wait: SupplierWait) -> JSON {
        .object([
            JSONField("message_type", "waiting"),
            JSONField("suppliers", wait.suppliers.map { .text($0.id.description) }),
            JSONField("until", time: wait.until.nanoseconds),
        ])
    }
}
