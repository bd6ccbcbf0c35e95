import ArgumentParser

@main
struct Bitdust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bitdust", abstract: "Backup to people you trust with nothing.",
        version: "bitdust 0.1.0")
}
