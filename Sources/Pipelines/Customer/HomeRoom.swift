internal import Catalogs
internal import Glibc
package import Model

/// What the disk of a home has free.
struct HomeRoom {
    let byteCount: UInt64
    /// Whether one more file fits; some file systems have a number of them, and say so.
    let takesFiles: Bool

    /// - Parameter path: of the home, or in it; what is missing at its end does not matter.
    init?(at path: [UInt8]) {
        var status = statvfs()
        var place = path
        while place.withPath({ statvfs($0, &status) }) != 0 {
            let above = SourcePath.split(place).directory
            guard errno == ENOENT, above != place else { return nil }
            place = above
        }
        byteCount = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        takesFiles = status.f_files == 0 || status.f_favail > 0
    }

    var isFull: Bool { byteCount == 0 || !takesFiles }
}

extension Failure {
    /// The disk of a home has no room for what was to be written.
    ///
    /// - Parameters:
    ///   - path: of the home, or in it.
    ///   - need: bytes that should be free, when that is known.
    package static func homeFull(_ path: [UInt8], need: UInt64? = nil) -> Failure {
        let room = HomeRoom(at: path)
        var cause = String(cString: strerror(ENOSPC))
        if let room, !room.takesFiles {
            cause += ": it takes no more files"
        } else if let room {
            cause += ": \(sizeText(room.byteCount)) free"
        }
        if let need { cause += ", about \(sizeText(need)) needed" }
        return Failure(
            homeFullCode, .inputOutput, "The disk of \(displayText(path)) is full", cause: cause,
            remedy: "make room on it and run the command again")
    }

    static let homeFullCode = "BD-HOME-FULL"

    /// Whether an error is that of a home without room.
    static func isHomeFull(_ error: any Error) -> Bool {
        switch error {
        case CatalogError.diskFull: true
        case let failure as Failure: failure.code == homeFullCode
        default: false
        }
    }
}
