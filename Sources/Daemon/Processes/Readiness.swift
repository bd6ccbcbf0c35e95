internal import Glibc
package import Model
internal import Synchronization

/// How a node that was started in the background tells who started it that it is ready, or why not.
///
/// One message on a pipe: the line `READY`, or `FAILED` and then code, exit status, message, cause
/// and remedy of a ``Failure`` with zero bytes between them. The pipe's end without a message means
/// that the process died.
package enum Readiness: Equatable, Sendable {
    case ready
    case failed(Failure)

    private static let readyText = "READY\n"
    private static let failedText = "FAILED\n"

    package var encoded: [UInt8] {
        switch self {
        case .ready: return Array(Readiness.readyText.utf8)
        case .failed(let failure):
            let fields = [
                failure.code, String(failure.status.rawValue), failure.message,
                failure.cause ?? "", failure.remedy ?? "",
            ]
            return Array((Readiness.failedText + fields.joined(separator: "\0")).utf8)
        }
    }

    /// `nil` for anything that ``encoded`` does not write.
    package init?(decoding bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if text == Readiness.readyText {
            self = .ready
            return
        }
        guard text.hasPrefix(Readiness.failedText) else { return nil }
        let fields = text.dropFirst(Readiness.failedText.count).split(
            separator: "\0", omittingEmptySubsequences: false
        ).map(String.init)
        guard fields.count == 5, let number = Int32(fields[1]),
            let status = ExitStatus(rawValue: number)
        else { return nil }
        self = .failed(
            Failure(
                fields[0], status, fields[2], cause: fields[3].isEmpty ? nil : fields[3],
                remedy: fields[4].isEmpty ? nil : fields[4]))
    }
}

/// The writing end of the pipe; nothing when nobody waits.
package final class ReadinessReporter: Sendable {
    private let descriptor: Mutex<Int32?>

    package init(descriptor: Int32?) {
        if let descriptor { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        self.descriptor = Mutex(descriptor)
    }

    /// Only the first report is sent; the pipe is closed with it.
    package func report(_ readiness: Readiness) {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            let bytes = readiness.encoded
            // Below PIPE_BUF, so it is written whole; who waits may have gone, which is fine.
            _ = bytes.withUnsafeBytes { write(open, $0.baseAddress, $0.count) }
            close(open)
            descriptor = nil
        }
    }
}
