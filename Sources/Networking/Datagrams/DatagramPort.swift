package import Model

/// One datagram and the other side: from whom it came, or to whom it goes.
package struct Datagram: Hashable, Sendable {
    package let bytes: [UInt8]
    package let peer: Endpoint

    package init(_ bytes: [UInt8], peer: Endpoint) {
        self.bytes = bytes
        self.peer = peer
    }
}

/// Takes the datagrams that arrived together, in order of arrival; never empty.
///
/// Runs on a network thread: it must hand them on and return.
package typealias DatagramHandler = @Sendable (_ arrived: [Datagram]) -> Void

/// Sends and receives datagrams at one address. Datagrams may get lost, as the network loses them.
package protocol DatagramPort: Sendable {
    var localEndpoint: Endpoint { get }

    /// Sends or drops. Never waits and never fails; what could not be sent is counted.
    func send(_ bytes: [UInt8], to endpoint: Endpoint)

    /// After this the handler is not called again.
    func close() async
}

/// What went through a port since it was opened.
package struct DatagramCounts: Equatable, Sendable {
    package var received = 0
    /// Longer than ``Limits/datagramLengthMax``: dropped before the handler.
    package var tooLong = 0
    package var sent = 0
    /// The kernel's buffer was full, there is no route, or the address has another family.
    package var notSent = 0

    package init() {}
}
