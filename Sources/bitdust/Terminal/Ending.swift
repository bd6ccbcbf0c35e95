internal import ArgumentParser
internal import Glibc
internal import Model
internal import Pipelines

/// The user or the system asked the process to stop.
struct Interrupted: Error, Hashable {
    let signal: Int32

    /// As shells report a death by signal.
    var code: Int32 { 128 + signal }
}

/// A command did its work, but not all is well; it has told so already.
struct Shortfall: Error, Hashable {
    let status: ExitStatus
    /// For `--json`.
    let message: String
}

/// How a process ends that has something to tell, as a value.
enum Ending: Equatable {
    /// Help or a version that was asked for: to standard output, code 0.
    case answer(String)
    case failure(Failure)
    /// Wrong use: the message, then how it is used.
    case usage(String)
    case shortfall(Shortfall)
    case interrupted(Interrupted)

    init(of error: any Error) {
        switch error {
        case let failure as Failure: self = .failure(failure)
        case let shortfall as Shortfall: self = .shortfall(shortfall)
        case let interrupted as Interrupted: self = .interrupted(interrupted)
        default:
            let known = Failure.of(error) as? Failure
            self = Ending.ofParser(error) ?? .failure(known ?? Ending.unknown(error))
        }
    }

    var code: Int32 {
        switch self {
        case .answer: ExitStatus.done.rawValue
        case .failure(let failure): failure.status.rawValue
        case .usage: ExitStatus.usage.rawValue
        case .shortfall(let shortfall): shortfall.status.rawValue
        case .interrupted(let interrupted): interrupted.code
        }
    }

    /// What `--json` calls it.
    var message: String {
        switch self {
        case .answer(let text): text
        case .failure(let failure): failure.message
        case .usage(let text): String(text.split(separator: "\n").first ?? "wrong use")
        case .shortfall(let shortfall): shortfall.message
        case .interrupted: "stopped; nothing that was acknowledged is lost"
        }
    }

    /// The last line of standard error with `--json`.
    var line: JSON {
        var fields = [
            JSONField("message_type", "exit_error"), JSONField("code", Int(code)),
            JSONField("message", message),
        ]
        if case .failure(let failure) = self {
            fields.append(JSONField("id", failure.code))
            if let cause = failure.cause { fields.append(JSONField("cause", cause)) }
            if let remedy = failure.remedy { fields.append(JSONField("remedy", remedy)) }
        }
        return .object(fields)
    }

    /// The lines for people; none when all is said.
    func lines(style: Style) -> [String] {
        switch self {
        case .answer(let text): [text]
        case .failure(let failure): failure.lines(style: style)
        case .usage(let text): [style.bad("bitdust:") + " " + text, "  [BD-USAGE]"]
        case .shortfall: []
        case .interrupted:
            [
                style.warning("bitdust:") + " stopped - nothing that was acknowledged is lost",
                "  do:  run the same command again; it goes on from here",
            ]
        }
    }

    /// Prints it where it belongs.
    ///
    /// - Returns: the exit code.
    func tell(arguments: [String]) -> Int32 {
        let options = arguments.prefix { $0 != "--" }
        let console = Console(noColor: options.contains("--no-color"))
        if case .answer(let text) = self {
            do { try console.out(text) } catch { return Ending.failure(error).tell(arguments: []) }
        } else if options.contains("--json") {
            console.message(line.line)
        } else {
            for line in lines(style: console.errorStyle) { console.message(line) }
        }
        return code
    }

    /// Help, version and wrong use; `nil` for what did not come from the parser.
    private static func ofParser(_ error: any Error) -> Ending? {
        let exitCode = Bitdust.exitCode(for: error)
        let text = RawArguments.readable(Bitdust.fullMessage(for: error))
        if exitCode == .success { return .answer(text) }
        guard exitCode == .validationFailure else { return nil }
        let marker = "Error: "
        return .usage(text.hasPrefix(marker) ? String(text.dropFirst(marker.count)) : text)
    }

    private static func unknown(_ error: any Error) -> Failure {
        Failure(
            "BD-BUG", .software, "bitdust met an error it does not know",
            cause: String(describing: error),
            remedy: "nothing that was acknowledged is lost; please report this text")
    }
}

extension Failure {
    /// What happened, why, what to do, and the name to look up in docs/errors.md.
    func lines(style: Style) -> [String] {
        var lines = [style.bad("bitdust:") + " " + message]
        if let cause { lines.append("  why: " + cause) }
        if let remedy { lines.append("  do:  " + remedy) }
        lines.append("  [\(code)]")
        return lines
    }
}
