internal import Glibc
package import Model

/// Runs a program in place of this one: same process id, so that whoever supervises it sees a node
/// that stayed.
package enum ProcessReplacement {
    /// Returns only when it failed.
    ///
    /// Descriptors from 3 on are closed by the kernel on the way: none of this process's sockets or
    /// locks lives on.
    package static func run(_ command: [String]) -> Failure {
        closeOnReplacement()
        let arguments = command.map { strdup($0) } + [nil]
        execv(command[0], arguments)
        let number = errno
        for argument in arguments { free(argument) }
        return Failure(
            "BD-NODE-START", .cannotCreate, "cannot start a BitDust process",
            cause: "\(command[0]): \(String(cString: strerror(number)))",
            remedy: "start it again with `bitdust daemon`")
    }

    private static func closeOnReplacement() {
        guard let directory = opendir("/proc/self/fd") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let descriptor = Int32(name), descriptor > 2 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            }
        }
    }

    /// This program's file, also after it was moved or replaced by an update.
    package static var thisProgram: String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "/proc/self/exe" }
        let name = String(decoding: buffer[..<count], as: UTF8.self)
        let mark = " (deleted)"
        guard name.hasSuffix(mark) else { return name }
        let replaced = String(name.dropLast(mark.count))
        return access(replaced, X_OK) == 0 ? replaced : "/proc/self/exe"
    }
}
