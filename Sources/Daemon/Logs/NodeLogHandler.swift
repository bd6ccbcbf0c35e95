internal import Logging

/// Hands the lines of one part of the node to the node's logs.
struct NodeLogHandler: LogHandler {
    let label: String
    let logs: NodeLogs
    var metadata: Logger.Metadata = [:]

    /// The level belongs to all of them: setting it on one is ignored.
    var logLevel: Logger.Level {
        get { logs.level }
        set { _ = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        logs.write(
            event.level, label, event.message.description,
            fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) })
    }
}
