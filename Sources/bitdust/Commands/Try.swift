internal import ArgumentParser
internal import Glibc
internal import Model
internal import Pipelines

struct Try: ContextualCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove it: destroy 2 of 4 suppliers during a restore, compare every file.",
        discussion: """
            Examples:
              bitdust try
              bitdust try ~/docs

            Everything happens in a directory below $TMPDIR and is removed afterwards; your own \
            backups are not touched. The last line is the verdict.
            """)

    @Argument(
        help: "What to back up (default: a generated tree and part of /usr/share/doc).",
        completion: .directory)
    var directory: RawPath?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let verdict = try Scratch.with(context, purpose: "try") { scratch in
            let sources: [[UInt8]]
            if let directory {
                sources = [try Try.resolved(directory)]
            } else {
                let tree = GeneratedTree(path: scratch.path.appending("generated").bytes)
                try tree.make()
                sources = [tree.path] + DocumentFolders.choose()
            }
            return try Proof(context: context, scratch: scratch, sources: sources).perform()
        }
        try context.console.out(verdict.line)
        guard verdict.isGood else { throw Shortfall(status: .failed, message: verdict.line) }
    }

    /// The real path: what is compared later must be what was backed up.
    private static func resolved(_ path: RawPath) throws -> [UInt8] {
        guard let pointer = realpath(cPath(path.bytes), nil) else {
            throw Failure(
                "BD-NO-SOURCE", .failed, "\(displayText(path.bytes)) cannot be read",
                cause: errorText(errno), remedy: "name a folder that you may read")
        }
        defer { free(pointer) }
        return Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
    }
}
