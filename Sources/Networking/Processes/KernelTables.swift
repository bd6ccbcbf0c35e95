internal import Glibc

/// The kernel's lists of sockets and processes, as text.
package protocol KernelTables: Sendable {
    /// `tcp`, `tcp6`, `udp` or `udp6`; `nil` when it cannot be read.
    func sockets(_ name: String) -> String?
    /// The processes that may be looked into.
    func processIDs() -> [Int32]
    /// What the open files of a process point to, such as `socket:[77018]`; empty when not allowed.
    func openFiles(of processID: Int32) -> [String]
    /// The short name of a process; `nil` when it is gone.
    func name(of processID: Int32) -> String?
}

/// What `/proc` says.
package struct ProcTables: KernelTables {
    package init() {}

    package func sockets(_ name: String) -> String? { ProcTables.text("/proc/self/net/" + name) }

    package func processIDs() -> [Int32] { ProcTables.names("/proc").compactMap { Int32($0) } }

    package func openFiles(of processID: Int32) -> [String] {
        let directory = "/proc/\(processID)/fd"
        return ProcTables.names(directory).compactMap { ProcTables.link(directory + "/" + $0) }
    }

    package func name(of processID: Int32) -> String? {
        ProcTables.text("/proc/\(processID)/comm").map { String($0.prefix { $0 != "\n" }) }
    }

    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            let old = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: 64 << 10))
            let count = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress! + old, 64 << 10)
            }
            bytes.removeLast((64 << 10) - max(0, count))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil
            }
        }
    }

    private static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func link(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { buffer in
            readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
