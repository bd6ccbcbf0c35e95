internal import CKernels
internal import Glibc
internal import Synchronization

/// The disk of this machine.
package final class LocalDisk: Disk {
    package init() {}

    package func open(
        _ path: String, _ access: DiskAccess
    ) throws(DiskError) -> any DiskFile {
        let (flags, direct): (Int32, Bool) =
            switch access {
            case .read(let direct): (O_RDONLY, direct)
            case .write(let direct): (O_RDWR, direct)
            case .create(let direct): (O_RDWR | O_CREAT | O_EXCL, direct)
            }
        let base = flags | O_CLOEXEC | O_NOFOLLOW
        var descriptor = openFile(path, direct ? base | directFlag : base)
        var isDirect = direct
        if direct, descriptor < 0, errno == EINVAL {
            // A file system without direct transfers; O_CREAT may have made the file already.
            descriptor = openFile(path, base & ~O_EXCL)
            isDirect = false
        }
        guard descriptor >= 0 else { throw DiskError(.open, code: errno) }
        return LocalFile(descriptor: descriptor, isDirect: isDirect)
    }

    package func names(in directory: String) throws(DiskError) -> [String] {
        guard let stream = opendir(directory) else { throw DiskError(.list, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw DiskError(.list, code: errno) }
        return names.sorted()
    }

    package func makeDirectory(_ path: String) throws(DiskError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw DiskError(.makeDirectory, code: errno)
        }
    }

    package func rename(_ source: String, to target: String) throws(DiskError) {
        guard Glibc.rename(source, target) == 0 else { throw DiskError(.rename, code: errno) }
    }

    package func remove(_ path: String) throws(DiskError) {
        guard unlink(path) == 0 else { throw DiskError(.remove, code: errno) }
    }

    package func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = openFile(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError(.syncDirectory, code: errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DiskError(.syncDirectory, code: errno) }
    }

    package func availableByteCount(at path: String) throws(DiskError) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw DiskError(.space, code: errno) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    package func lock(_ path: String) throws(DiskError) -> any DiskFile {
        let descriptor = openFile(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw DiskError(.lock, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw DiskError(.lock, code: code)
        }
        return LocalFile(descriptor: descriptor, isDirect: false)
    }

    private func openFile(_ path: String, _ flags: Int32) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, flags, 0o600)
            if descriptor >= 0 || errno != EINTR { return descriptor }
        }
    }

    /// `O_DIRECT`, which Swift's Glibc module does not import; its value depends on the processor.
    private var directFlag: Int32 {
        #if arch(arm64) || arch(arm)
            0o200000
        #else
            0o40000
        #endif
    }
}

/// A file descriptor. Where a direct transfer is refused the file goes on through the page cache.
private final class LocalFile: DiskFile {
    private let descriptor: Int32
    private let isDirect: Atomic<Bool>
    private let isClosed = Atomic(false)

    init(descriptor: Int32, isDirect: Bool) {
        self.descriptor = descriptor
        self.isDirect = Atomic(isDirect)
    }

    deinit {
        try? close()
    }

    func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) -> Int {
        let vectors = parts.prefix(vectorCountMax).map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        return try transfer(.write) {
            pwritev(descriptor, vectors, Int32(vectors.count), off_t(offset))
        }
    }

    func read(
        into parts: [UnsafeMutableRawBufferPointer], at offset: Int
    ) throws(DiskError) -> Int {
        let vectors = parts.prefix(vectorCountMax).map {
            iovec(iov_base: $0.baseAddress, iov_len: $0.count)
        }
        return try transfer(.read) {
            preadv(descriptor, vectors, Int32(vectors.count), off_t(offset))
        }
    }

    func length() throws(DiskError) -> Int {
        var status = stat()
        try check(fstat(descriptor, &status), .length)
        return Int(status.st_size)
    }

    func reserve(_ range: Range<Int>) throws(DiskError) {
        let code = bd_reserve(descriptor, Int64(range.lowerBound), Int64(range.count))
        // Without reservations the blocks are found while writing.
        guard code == 0 || code == EOPNOTSUPP else { throw DiskError(.reserve, code: code) }
    }

    func truncate(to length: Int) throws(DiskError) {
        try check(ftruncate(descriptor, off_t(length)), .truncate)
    }

    func sync() throws(DiskError) { try check(fdatasync(descriptor), .sync) }

    func close() throws(DiskError) {
        if isClosed.exchange(true, ordering: .relaxed) { return }
        // A lock outlives the close while a child process that is being started has the file too.
        flock(descriptor, LOCK_UN)
        try check(Glibc.close(descriptor), .close)
    }

    /// Below `IOV_MAX`, which is 1024 on Linux.
    private var vectorCountMax: Int { 1000 }

    private func transfer(
        _ operation: DiskOperation, _ body: () -> Int
    ) throws(DiskError) -> Int {
        while true {
            let count = body()
            if count >= 0 { return count }
            switch errno {
            case EINTR:
                continue
            case EINVAL where isDirect.exchange(false, ordering: .relaxed):
                // The rest of a short transfer, or memory of the caller, is not aligned.
                try check(fcntl(descriptor, F_SETFL, 0), operation)
            default:
                throw DiskError(operation, code: errno)
            }
        }
    }

    private func check(_ status: Int32, _ operation: DiskOperation) throws(DiskError) {
        guard status == 0 else { throw DiskError(operation, code: errno) }
    }
}

extension DiskError {
    /// `EIO`.
    package static let inputOutput = EIO
    package static let notFound = ENOENT
    package static let noSpace = ENOSPC
    package static let readOnlyDisk = EROFS
    package static let exists = EEXIST
    package static let wouldBlock = EWOULDBLOCK
    package static let invalid = EINVAL
    package static let refused = EACCES
    /// A bucket that does not answer; no disk of a machine says this.
    package static let silent = EHOSTDOWN
    /// A bucket that is another directory's.
    package static let claimed = EBUSY

    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    package var isReadOnly: Bool { code == EROFS || code == EACCES || code == EPERM }
    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    package var isLocked: Bool { operation == .lock && code == EWOULDBLOCK }
    package var isClaimed: Bool { operation == .lock && code == EBUSY }
    package var isSilent: Bool { code == EHOSTDOWN }
}
