internal import APIModel
internal import Glibc
internal import Model
internal import Settings

/// The group `space`: what is given away, what is used, and what this disk holds.
struct SpaceAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("space/donated") { _ in donated() }
        table.on("space/local") { _ in local() }
        return table
    }

    /// No customer of another machine can be there yet: sessions with them come later. What is
    /// donated is what the setting says.
    private func donated() -> APIEnvelope {
        let donated = parts.values[SupplierSettings.donatedSpace].byteCount
        return .result([
            "customers_num": 0, "customers": [], "old_customers": [], "consumed": 0,
            "donated": APIValue(donated), "real": 0, "free": APIValue(donated), "used": 0,
            "old_customers_used": 0, "old_customers_real": 0, "used_percent": "0.00000%",
            "consumed_percent": "0.00000%",
        ])
    }

    private func local() -> APIEnvelope {
        var status = statvfs()
        guard statvfs(parts.home.path, &status) == 0 else {
            return .error("the disk of \(parts.home.path) cannot be asked")
        }
        let total = UInt64(status.f_blocks) * UInt64(status.f_frsize)
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let suppliers = SpaceAPI.length(below: "\(parts.home.path)/suppliers")
        let temp = SpaceAPI.length(below: parts.home.temp)
        let sum = suppliers + temp
        return .result([
            "backups": APIValue(suppliers), "temp": APIValue(temp), "customers": 0,
            "total": APIValue(sum), "disktotal": APIValue(total), "diskfree": APIValue(free),
            "total_percent": .text(SpaceAPI.percent(sum, of: total)),
            "diskfree_percent": .text(SpaceAPI.percent(free, of: total)),
        ])
    }

    /// Bytes that the files below a directory take on the disk, as `du` counts; no link is
    /// followed.
    private static func length(below path: String) -> UInt64 {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var sum: UInt64 = 0
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard name != ".", name != "..", lstat("\(path)/\(name)", &status) == 0 else {
                continue
            }
            sum += UInt64(status.st_blocks) * 512
            if status.st_mode & S_IFMT == S_IFDIR { sum += length(below: "\(path)/\(name)") }
        }
        return sum
    }

    private static func percent(_ part: UInt64, of whole: UInt64) -> String {
        guard whole > 0 else { return "0.00000%" }
        let parts = UInt64(Double(part) / Double(whole) * 10_000_000)
        let fraction = String(parts % 100_000)
        let zeros = String(repeating: "0", count: 5 - fraction.utf8.count)
        return "\(parts / 100_000).\(zeros)\(fraction)%"
    }
}
