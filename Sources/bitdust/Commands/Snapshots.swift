internal import ArgumentParser
internal import Model
internal import Pipelines

struct Snapshots: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what is backed up.",
        discussion: """
            Examples:
              bitdust snapshots
              bitdust snapshots --name docs --json
            """)

    @Option(help: "Only of this backup set.")
    var name: String?

    @Option(help: "Only with this tag; several must all be there.")
    var tag: [String] = []

    @OptionGroup(title: "Output") var output: JSONOption
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let found = try context.withCustomer { try $0.snapshots() }.filter { _, snapshot in
            (name == nil || snapshot.setName == name) && Set(tag).isSubset(of: snapshot.tags)
        }
        if output.json {
            let objects = found.map { SnapshotText.message($0.id, $0.snapshot) }
            return try context.console.out(JSON.array(objects).line)
        }
        for line in SnapshotText.table(found) { try context.console.out(line) }
        if found.isEmpty {
            context.console.message(
                name == nil && tag.isEmpty
                    ? "Nothing is backed up yet. Start: " + context.command("backup ~/docs")
                    : "No snapshot fits.")
        }
    }
}
