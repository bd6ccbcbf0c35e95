import Foundation
import Measuring
import Model
import Pipelines
import Synchronization

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// A clock that goes on by a microsecond whenever it is read.
final class SteppingTime: TimeSource {
    private let reads = Atomic<UInt64>(0)

    var now: Timestamp { Timestamp(nanoseconds: Int64(uptime)) }

    var uptime: UInt64 { reads.add(1, ordering: .relaxed).newValue * 1000 }
}

/// A directory below the system's temporary one.
struct TemporaryDirectory {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "measuring-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? ["cannot be listed"]
    }

    var workspace: Workspace {
        Workspace(
            path: Array(url.path.utf8),
            adapters: Adapters(
                time: SteppingTime(), random: SystemRandom(), workerCount: 2,
                memoryByteCount: 64 << 20),
            remove: { path in
                try? FileManager.default.removeItem(atPath: String(decoding: path, as: UTF8.self))
            })
    }

    func remove() {
        try? FileManager.default.removeItem(at: url)
    }
}

/// Counts the elements of a document by name.
final class ElementReader: NSObject, XMLParserDelegate {
    private(set) var counts: [String: Int] = [:]

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        counts[name, default: 0] += 1
    }
}
