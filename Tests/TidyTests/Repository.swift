import Foundation
import Testing

/// A file of this repository, as text.
struct RepositoryFile: Sendable {
    /// From the top of the repository, with `/`.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var name: String { String(path.split(separator: "/").last ?? "") }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }

    func isBelow(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }
}

/// The files that git would keep, read once.
enum Repository {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let paths: [String] =
        ["Sources", "Tests", "Benchmarks", "docs", "fixtures", "scripts"]
        .flatMap(files(below:)).sorted() + topLevel

    static let files: [RepositoryFile] = paths.filter { !$0.hasPrefix("fixtures/") }.compactMap {
        guard let text = try? String(contentsOf: root.appending(path: $0), encoding: .utf8)
        else { return nil }
        return RepositoryFile(path: $0, text: text)
    }

    static let swift = files.filter { $0.isSwift && $0.isBelow("Sources", "Tests") }
    static let documents = files.filter { $0.path.hasSuffix(".md") }

    static func file(_ path: String) throws -> RepositoryFile {
        try #require(files.first { $0.path == path }, "\(path) is missing")
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// What `make` writes and git does not keep, so that it may be named and not be there.
    static func isMade(_ path: String) -> Bool { path.hasPrefix("Benchmarks/results/") }

    private static var topLevel: [String] {
        ["Package.swift", "Makefile"]
            + ((try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [])
            .filter { $0.hasSuffix(".md") }.sorted()
    }

    private static func files(below folder: String) -> [String] {
        let enumerator = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        var paths: [String] = []
        while let path = enumerator?.nextObject() as? String {
            let type = enumerator?.fileAttributes?[.type] as? FileAttributeType
            let isIgnored =
                path.split(separator: "/").contains { $0.hasPrefix(".") }
                || isMade("\(folder)/\(path)")
            if type == .typeRegular, !isIgnored { paths.append("\(folder)/\(path)") }
        }
        return paths
    }
}

/// What a check found: where, and what to do instead.
struct Finding: Hashable, Sendable {
    let path: String
    var line: Int?
    let message: String

    init(_ path: String, line: Int? = nil, _ message: String) {
        self.path = path
        self.line = line
        self.message = message
    }
}

/// Records one issue for each finding.
func expectNone(_ findings: [Finding]) {
    for finding in findings {
        let place = finding.line.map { "\(finding.path):\($0)" } ?? finding.path
        Issue.record("\(place): \(finding.message)")
    }
}
