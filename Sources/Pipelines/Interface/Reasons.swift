internal import Catalogs
internal import FileTrees
internal import Glibc
internal import Model
internal import Sealing
internal import Suppliers

/// What an error means, for people; a clause without a full stop.
func reasonText(_ error: any Error) -> String {
    switch error {
    case let error as FileTreeError: error.reason
    case let error as FetchError: error.reason
    case let error as StoreError: error.reason
    case let error as SupplierDirectoryError: error.reason
    case let error as CatalogError: error.reason
    case let error as Failure: error.message
    case is CancelledError: "cancelled"
    default: "\(error)"
    }
}

extension FileTreeError {
    var reason: String {
        switch self {
        case .system(let operation, _, let errno):
            "\(operation.rawValue): \(String(cString: strerror(errno)))"
        case .notADirectory: "not a directory"
        case .isADirectory: "a directory is in its place"
        case .notAFile: "no longer a file"
        case .unsafeName: "a name that no file may have"
        case .replaced: "replaced by something else meanwhile"
        case .nameTaken: "another entry has the same name here"
        case .tooDeep: "more than \(Limits.treeDepthMax) levels deep"
        case .attributesTooLong: "its extended attributes are too long"
        case .outOfBounds: "longer than its entry says"
        case .incomplete(_, let have, let need): "only \(have) of \(need) bytes could be had"
        }
    }
}

extension FetchError {
    var reason: String {
        switch self {
        case .blockLost(let block, let have, let need):
            "block \(block.short) is lost: it needs \(countText(need, "fragment")), \(have) left"
        case .blockAway(_, let have, let need, let away):
            "suppliers do not answer: it needs \(countText(need, "fragment")), \(have) could be "
                + "had, \(away) may be with those that are away"
        case .unknownChunk(let id): "chunk \(id.short) is not in the catalog"
        case .blockUnreadable(let block, let reason): "block \(block.short): \(reason)"
        case .badTree(let error): "its directory object is damaged (\(error))"
        case .noSuchPath(let path): "no \(displayText(path)) in this snapshot"
        }
    }
}

extension StoreError {
    var reason: String {
        switch self {
        case .notFound: "not there"
        case .unknownCustomer: "the supplier has no contract with this identity"
        case .unknownDevice: "the supplier does not know this device"
        case .badSignature: "the supplier refuses the signature"
        case .invalid(let field): "the supplier refuses the \(field)"
        case .quotaExceeded(let need, let available):
            "quota: \(need) bytes are needed, \(available) are left"
        case .capacityExceeded(let need, let available):
            "donated space: \(need) bytes are needed, \(available) are left"
        case .diskFull:
            "its disk is full but for the \(sizeText(UInt64(Limits.diskReserve))) that stay free"
        case .readOnly: "its directory is read-only"
        case .staleHead(let newest): "it holds a newer head (\(newest))"
        case .corrupt: "its bytes are damaged"
        case .unavailable(let reason): reason
        case .failed(let operation, let errno):
            "\(operation): \(String(cString: strerror(errno)))"
        case .closed: "closed"
        case .busy: "it is busy"
        case .staleContract: "it has a newer contract"
        case .contractRefused(let quotaMax):
            "it takes a contract for \(quotaMax) bytes at most"
        case .contractEnded: "the term of its contract is over"
        case .unreachable(let error): error.reason
        case .lied(let lie): lie.reason
        }
    }
}

extension ChannelError {
    var reason: String {
        switch self {
        case .unreachable(let reason): reason
        case .timedOut: "it did not answer in time"
        case .cancelled: "cancelled"
        case .closed: "closed"
        case .badFrame(let field): "it broke the protocol (\(field))"
        }
    }
}

extension SupplierLie {
    var reason: String {
        switch self {
        case .wrongBytes(let fragment):
            "it sent other bytes than those of fragment \(fragment.short)"
        case .wrongLength(let have, let need): "it sent \(have) bytes instead of \(need)"
        case .wrongReceipt(let fragment): "its receipt is not for fragment \(fragment.short)"
        case .wrongContract: "it signed another contract than was proposed"
        case .wrongHead: "it sent a head that this identity has not signed"
        case .wrongAnswer(let field): "its answer is no answer (\(field))"
        case .wrongAudit(let fragment): "it could not show that it has fragment \(fragment.short)"
        case .malformed(let error): "its answer does not read (\(error))"
        case .badFrame(let field): "it broke the protocol (\(field))"
        }
    }
}

extension CatalogError {
    var reason: String {
        switch self {
        case .database(let operation, let message, _): "\(operation): \(message)"
        case .diskFull(let operation): "\(operation): the disk is full"
        case .badRow(let table, let error): "a row of \(table) is damaged (\(error))"
        }
    }
}

extension SupplierDirectoryError {
    var reason: String {
        switch self {
        case .missing(let file): "no supplier is there (its file \(file) is missing)"
        case .damaged(let file): "its file \(file) is damaged"
        case .newerVersion(let version): "it was written by a newer program (format \(version))"
        case .exists: "a supplier is there already"
        case .notEmpty: "something else is in it"
        case .badPath: "its path is not UTF-8 text"
        case .disk(let error):
            "\(error.operation.rawValue): \(String(cString: strerror(error.code)))"
        }
    }
}

extension SecretFile.Failure {
    var reason: String {
        switch self {
        case .exists: "there is such a file already"
        case .system(let call, _, let number): "\(call): \(String(cString: strerror(number)))"
        case .readBackDiffers: "what was written reads back as something else"
        case .tooLong(_, let limit): "longer than \(limit) bytes"
        }
    }
}
