package import Logging
package import Model
internal import Synchronization

/// The logs of one node: `bitdust.log` for people, `bitdust.json` for programs, `event.log` with
/// one line for each event.
///
/// What is logged changes while the node runs: ``level`` holds for all loggers made here.
package final class NodeLogs: Sendable {
    private let readable: LogFile
    private let machine: LogFile
    private let events: LogFile
    private let time: any TimeSource
    private let current = Mutex(Logger.Level.info)
    /// Where else lines go, such as the terminal of a node in the foreground.
    private let echo: (@Sendable (String) -> Void)?

    package init(
        home: NodeHome, time: any TimeSource, echo: (@Sendable (String) -> Void)? = nil
    ) {
        func file(_ name: String) -> LogFile {
            LogFile(
                path: home.log(name), lengthMax: Limits.logLengthMax,
                keptCount: Limits.logsKept)
        }
        readable = file("bitdust.log")
        machine = file("bitdust.json")
        events = file("event.log")
        self.time = time
        self.echo = echo
    }

    package var level: Logger.Level {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    /// The level that `logs/debug-level` asks for: 0 is info, up to 7 debug, above that trace.
    package static func level(debugLevel: Int) -> Logger.Level {
        switch debugLevel {
        case ...0: .info
        case 1...7: .debug
        default: .trace
        }
    }

    package func logger(_ label: String) -> Logger {
        Logger(label: label) { NodeLogHandler(label: $0, logs: self) }
    }

    /// `<event-id>  <data>`, as scripts look for it.
    package func event(_ name: String, data: String) {
        events.append("\(name)  \(data)")
    }

    func write(
        _ level: Logger.Level, _ label: String, _ message: String, _ metadata: [(String, String)]
    ) {
        let now = time.now.description
        let fields = metadata.map { " \($0.0)=\(NodeLogs.oneLine($0.1))" }.joined()
        let line =
            "\(now) \(NodeLogs.name(level)) \(label): \(NodeLogs.oneLine(message))\(fields)"
        readable.append(line)
        echo?(line)
        let pairs =
            [("time", now), ("level", level.rawValue), ("part", label), ("message", message)]
            + metadata
        machine.append(
            "{"
                + pairs.map { NodeLogs.quoted($0.0) + ":" + NodeLogs.quoted($0.1) }
                .joined(separator: ",") + "}")
    }

    private static func name(_ level: Logger.Level) -> String {
        let name = level.rawValue.uppercased()
        return name + String(repeating: " ", count: max(0, 8 - name.utf8.count))
    }

    /// Controls are written out, so that nobody's text makes a line of its own.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
            return text
        }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar.value < 32 || scalar.value == 127 {
                result += "\\x" + Hex.encode([UInt8(scalar.value)])
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32 || scalar.value == 127:
                result += "\\u00" + Hex.encode([UInt8(scalar.value)])
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
