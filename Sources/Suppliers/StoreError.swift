internal import Catalogs
package import Model

/// Why a fragment store did not do what it was asked.
package enum StoreError: Error, Equatable, Sendable {
    /// The owner has no such fragment here.
    case notFound
    /// The supplier has no contract with this customer.
    case unknownCustomer(UserID)
    /// The device is not one of the customer's.
    case unknownDevice(DeviceID)
    /// A header, head or contract is not signed by the key that it names.
    case badSignature
    /// The upload contradicts itself or what is stored: `field` says where.
    case invalid(field: String)
    /// The customer's contract has no room: bytes needed with record overhead, bytes left.
    case quotaExceeded(need: Int, available: Int)
    /// The space donated by the supplier has no room.
    case capacityExceeded(need: Int, available: Int)
    case diskFull
    case readOnly
    /// The supplier holds a newer head, or another one of the same sequence.
    case staleHead(newest: UInt64)
    /// The bytes on the disk are not those that were put.
    case corrupt(Corruption)
    /// Gone for now: busy, restarting, cut off.
    case unavailable(reason: String)
    /// The system refused an operation with this error number.
    case failed(operation: String, errno: Int32)
    case closed
    /// Too many requests for now.
    case busy
    /// A contract of this or a higher sequence is in force.
    case staleContract(newest: UInt64)
    /// The supplier does not take a contract for so much: bytes that it would.
    case contractRefused(quotaMax: Int)
    /// The term is over: what is there can be read, nothing new is taken.
    case contractEnded
    /// No answer came. Whether what was asked is done is unknown.
    case unreachable(ChannelError)
    /// The answer cannot be an honest supplier's.
    case lied(SupplierLie)

    /// Whether the same call may succeed later without anything being changed.
    package var isTransient: Bool {
        switch self {
        case .unavailable, .busy, .unreachable: true
        default: false
        }
    }

    /// Whether stored bytes are not what they were.
    package var isCorruption: Bool {
        switch self {
        case .corrupt: true
        default: false
        }
    }
}

/// What an answer shows of the supplier that gave it, or did not.
package enum SupplierFault: Hashable, Sendable {
    /// Cut off, slow or off: perhaps nobody's fault.
    case unreachable
    /// It said no, and why.
    case refused
    /// It sent what no honest supplier sends.
    case lied
}

extension StoreError {
    package var fault: SupplierFault {
        switch self {
        case .unreachable: .unreachable
        case .lied: .lied
        default: .refused
        }
    }
}

/// How an answer contradicts itself, or what was asked.
package enum SupplierLie: Error, Equatable, Sendable {
    /// Bytes whose root is not the fragment's id.
    case wrongBytes(FragmentID)
    case wrongLength(have: Int, need: Int)
    /// A receipt for something else, or not signed by the supplier.
    case wrongReceipt(FragmentID)
    case wrongContract
    case wrongHead
    /// An answer to another question.
    case wrongAnswer(field: String)
    case wrongAudit(FragmentID)
    case malformed(FormatError)
    case badFrame(field: String)
}

/// Bytes of a record that are not what was written.
package struct Corruption: Error, Hashable, Sendable {
    package enum Part: Hashable, Sendable { case header, payload }

    package let fragment: FragmentID
    package let part: Part
    /// CRC-32C that the record names, and that its bytes have; both zero where nothing is left to
    /// compute them from.
    package let expected: UInt32
    package let found: UInt32

    package init(fragment: FragmentID, part: Part, expected: UInt32, found: UInt32) {
        self.fragment = fragment
        self.part = part
        self.expected = expected
        self.found = found
    }
}

extension StoreError {
    init(_ error: DiskError) {
        if error.isFull {
            self = .diskFull
        } else if error.isReadOnly {
            self = .readOnly
        } else if error.isSilent {
            self = .unavailable(reason: "its storage does not answer")
        } else {
            self = .failed(operation: error.operation.rawValue, errno: error.code)
        }
    }
}

extension StoreError {
    init(_ error: FragmentIndexError) {
        switch error {
        case .full: self = .diskFull
        case .damaged(let code): self = .failed(operation: "index", errno: code)
        case .failed(let code): self = .failed(operation: "index", errno: code)
        }
    }
}
