internal import Glibc
internal import Model
internal import Synchronization

/// A directory of this machine, usually the home: `settings.conf`, `settings.conf.new` while it is
/// written, and `settings.lock`, which is never removed.
///
/// Thread rules: one thread at a time between `lock` and `unlock`.
package final class LocalSettingsDisk: SettingsDisk {
    private let directory: [UInt8]
    private let lockFile = Mutex<Int32>(-1)
    private let nextFile = Mutex<Int32>(-1)

    /// - Parameter directory: made, with those above it, when the first setting is written.
    package init(directory: [UInt8]) { self.directory = directory }

    package convenience init(directory: String) { self.init(directory: Array(directory.utf8)) }

    deinit {
        unlock()
        dropNext()
    }

    /// Asks again each 10 ms: flock(2) has no time limit of its own.
    package func lock() throws(SettingsDiskError) -> Bool {
        try makeDirectory()
        let file = open("settings.lock", O_RDWR | O_CREAT)
        guard file >= 0 else { throw SettingsDiskError(.lock, code: errno) }
        var left = Limits.settingsLockTime / 10_000_000
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else {
                close(file)
                throw SettingsDiskError(.lock, code: code)
            }
            guard left > 0 else {
                close(file)
                return false
            }
            left -= 1
            poll(nil, 0, 10)
        }
        lockFile.withLock { $0 = file }
        return true
    }

    package func unlock() {
        lockFile.withLock { file in
            guard file >= 0 else { return }
            // A lock outlives the close while a child process that is being started has the file.
            flock(file, LOCK_UN)
            close(file)
            file = -1
        }
    }

    package func read(limit: Int) throws(SettingsDiskError) -> [UInt8]? {
        // Without O_NONBLOCK a pipe of that name would hold us up.
        let file = open("settings.conf", O_RDONLY | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SettingsDiskError(.read, code: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SettingsDiskError(.read, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SettingsDiskError(.read, code: EINVAL)
        }
        return try contents(of: file, limit: limit)
    }

    package func writeNext(_ bytes: [UInt8]) throws(SettingsDiskError) {
        // What a crash left.
        remove("settings.conf.new")
        let file = open("settings.conf.new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        guard file >= 0 else { throw SettingsDiskError(.write, code: errno) }
        nextFile.withLock { $0 = file }
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(file, $0.baseAddress! + start, $0.count - start)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SettingsDiskError(.write, code: errno) }
            start += count
        }
    }

    package func syncNext() throws(SettingsDiskError) {
        let file = nextFile.withLock { file in
            defer { file = -1 }
            return file
        }
        let isSynced = fsync(file) == 0
        let code = errno
        guard close(file) == 0, isSynced else {
            throw SettingsDiskError(.sync, code: isSynced ? errno : code)
        }
    }

    package func publishNext() throws(SettingsDiskError) {
        let status = path("settings.conf.new").withUnsafeBufferPointer { old in
            path("settings.conf").withUnsafeBufferPointer {
                rename(old.baseAddress!, $0.baseAddress!)
            }
        }
        guard status == 0 else { throw SettingsDiskError(.publish, code: errno) }
    }

    package func syncDirectory() throws(SettingsDiskError) {
        try sync(directory[...])
    }

    package func dropNext() {
        nextFile.withLock { file in
            if file >= 0 { close(file) }
            file = -1
        }
        remove("settings.conf.new")
    }
}

extension LocalSettingsDisk {
    private func path(_ name: String) -> [CChar] {
        (directory + [UInt8(ascii: "/")] + Array(name.utf8) + [0]).map { CChar(bitPattern: $0) }
    }

    private func open(_ name: String, _ flags: Int32) -> Int32 {
        path(name).withUnsafeBufferPointer {
            Glibc.open($0.baseAddress!, flags | O_CLOEXEC, 0o600)
        }
    }

    private func remove(_ name: String) {
        _ = path(name).withUnsafeBufferPointer { unlink($0.baseAddress!) }
    }

    private func contents(of file: Int32, limit: Int) throws(SettingsDiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var end = 0
        while end < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress! + end, $0.count - end)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SettingsDiskError(.read, code: errno) }
            if count == 0 { break }
            end += count
        }
        return Array(bytes[..<end])
    }

    /// The directory and those above it that are missing, for their owner only.
    private func makeDirectory() throws(SettingsDiskError) {
        var end = directory.endIndex
        var missing: [Int] = []
        while end > 0, !exists(directory[..<end]) {
            missing.append(end)
            end = directory[..<end].lastIndex(of: UInt8(ascii: "/")) ?? 0
        }
        for end in missing.reversed() {
            let status = terminated(directory[..<end]).withUnsafeBufferPointer {
                mkdir($0.baseAddress!, 0o700)
            }
            guard status == 0 || errno == EEXIST else {
                throw SettingsDiskError(.makeDirectory, code: errno)
            }
            let slash = directory[..<end].lastIndex(of: UInt8(ascii: "/"))
            try sync(slash.map { directory[...$0] } ?? [UInt8(ascii: ".")])
        }
    }

    private func exists(_ path: ArraySlice<UInt8>) -> Bool {
        terminated(path).withUnsafeBufferPointer { access($0.baseAddress!, F_OK) } == 0
    }

    private func sync(_ path: ArraySlice<UInt8>) throws(SettingsDiskError) {
        let file = terminated(path).withUnsafeBufferPointer {
            Glibc.open($0.baseAddress!, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard file >= 0 else { throw SettingsDiskError(.syncDirectory, code: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw SettingsDiskError(.syncDirectory, code: errno) }
    }

    private func terminated(_ path: ArraySlice<UInt8>) -> [CChar] {
        (path + [0]).map { CChar(bitPattern: $0) }
    }
}

extension SettingsDiskError {
    /// What the system says.
    package var reason: String { String(cString: strerror(code)) }

    package static let noSpace = ENOSPC
    package static let inputOutput = EIO
}
