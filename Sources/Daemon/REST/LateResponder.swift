internal import Synchronization

/// The responder, which needs the port, for channels that are set up before the port is known.
///
/// The first connection is handled after ``set(_:)``: accepting starts with `serve`.
final class LateResponder: Sendable {
    private let responder = Mutex<RESTResponder?>(nil)

    func set(_ value: RESTResponder) {
        responder.withLock { $0 = value }
    }

    var value: RESTResponder {
        guard let value = responder.withLock({ $0 }) else {
            preconditionFailure("a connection is handled before the server serves")
        }
        return value
    }
}
