internal import Glibc
package import Model
internal import NIOCore

/// Why a socket could not be opened or used.
package enum NetworkError: Error, Equatable, Sendable {
    /// Another socket has this port; ``PortHolder`` finds whose.
    case portInUse(UInt16)
    /// Ports below 1024 are for the administrator.
    case portNotAllowed(UInt16)
    /// This machine does not have the address.
    case addressNotHere(IPAddress)
    case refused(Endpoint)
    case unreachable(Endpoint)
    case timedOut
    /// The connection ended, by whichever side.
    case closed
    case frameTooLong(length: Int, limit: Int)
    /// The peer takes so little that what waits for it would pass the limit.
    case peerTooSlow
    case system(errno: Int32)

    /// Whether trying again later may help.
    package var isTransient: Bool {
        switch self {
        case .portInUse, .refused, .unreachable, .timedOut, .closed, .peerTooSlow, .system: true
        case .portNotAllowed, .addressNotHere, .frameTooLong: false
        }
    }
}

extension NetworkError {
    /// What an error number of binding to `endpoint` means.
    init(binding endpoint: Endpoint, errno code: Int32) {
        switch code {
        case EADDRINUSE: self = .portInUse(endpoint.port)
        case EACCES, EPERM: self = .portNotAllowed(endpoint.port)
        case EADDRNOTAVAIL: self = .addressNotHere(endpoint.address)
        default: self = .system(errno: code)
        }
    }

    /// What an error of binding to `endpoint` means.
    init(binding endpoint: Endpoint, _ error: any Error) {
        self.init(binding: endpoint, errno: (error as? IOError)?.errnoCode ?? EIO)
    }

    /// What an error of connecting to `endpoint` means.
    init(connecting endpoint: Endpoint, _ error: any Error) {
        if let known = error as? NetworkError {
            self = known
            return
        }
        if case .connectTimeout = error as? ChannelError {
            self = .timedOut
            return
        }
        switch (error as? IOError)?.errnoCode {
        case ECONNREFUSED, ECONNRESET: self = .refused(endpoint)
        case ETIMEDOUT: self = .timedOut
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EADDRNOTAVAIL, EINVAL, EACCES:
            self = .unreachable(endpoint)
        case .some(let code): self = .system(errno: code)
        case nil: self = .closed
        }
    }
}
