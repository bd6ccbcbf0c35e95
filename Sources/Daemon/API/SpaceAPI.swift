internal import APIModel
internal import Glibc
internal import Model

/// The group `space`: what is given away, what is used, and what this disk holds.
struct SpaceAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("space/local") { _ in local() }
        return table
    }

    private func local() -> APIEnvelope {
        var status = statvfs()
        guard statvfs(parts.home.path, &status) == 0 else {
            return .error("the disk of \(parts.home.path) cannot be asked")
        }
        let total = UInt64(status.f_blocks) * UInt64(status.f_frsize)
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let suppliers = UInt64(DiskUse.length(below: "\(parts.home.path)/suppliers"))
        let temp = UInt64(DiskUse.length(below: parts.home.temp))
        let customers = parts.values.donatedPaths(home: parts.home).reduce(UInt64(0)) {
            $0 + UInt64(DiskUse.length(below: $1))
        }
        let sum = suppliers + temp + customers
        return .result([
            "backups": APIValue(suppliers), "temp": APIValue(temp), "customers": APIValue(customers),
            "total": APIValue(sum), "disktotal": APIValue(total), "diskfree": APIValue(free),
            "total_percent": .text(SpaceAPI.percent(sum, of: total)),
            "diskfree_percent": .text(SpaceAPI.percent(free, of: total)),
        ])
    }

    static func percent(_ part: UInt64, of whole: UInt64) -> String {
        guard whole > 0 else { return "0.00000%" }
        let parts = UInt64(Double(part) / Double(whole) * 10_000_000)
        let fraction = String(parts % 100_000)
        let zeros = String(repeating: "0", count: 5 - fraction.utf8.count)
        return "\(parts / 100_000).\(zeros)\(fraction)%"
    }
}
