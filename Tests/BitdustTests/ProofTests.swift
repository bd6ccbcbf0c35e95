import Foundation
import Model
import Pipelines
import Testing

@testable import bitdust

/// The proof has to notice what it is there to notice.
@Suite struct ProofTests {
    private func withFolders(_ body: (URL, URL) throws -> Void) throws {
        let place = FileManager.default.temporaryDirectory.appending(
            path: "bitdust-proof-\(UUID().uuidString)")
        let (one, other) = (place.appending(path: "one"), place.appending(path: "other"))
        try FileManager.default.createDirectory(
            at: one.appending(path: "in"), withIntermediateDirectories: true)
        defer { Folder.remove(Array(place.path.utf8)) }
        try Data("hello".utf8).write(to: one.appending(path: "in/a"))
        try Data().write(to: one.appending(path: "empty"))
        symlink("in/a", one.appending(path: "link").path)
        system(one, other)
        try body(one, other)
    }

    /// Copies by `cp -a`, which knows nothing of us.
    private func system(_ one: URL, _ other: URL) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/cp")
        process.arguments = ["-a", one.path, other.path]
        do { try process.run() } catch { Issue.record(error) }
        process.waitUntilExit()
    }

    private func differences(_ one: URL, _ other: URL) -> [String] {
        var comparison = TreeComparison(leftOut: [])
        comparison.compare(Array(one.path.utf8), Array(other.path.utf8))
        return comparison.differences.map { $0.replacing(one.path, with: "") }
    }

    @Test func `a copy is identical`() throws {
        try withFolders { one, other in
            #expect(differences(one, other) == [])
            var comparison = TreeComparison(leftOut: [])
            comparison.compare(Array(one.path.utf8), Array(other.path.utf8))
            #expect(comparison.fileCount == 3)
            #expect(comparison.byteCount == 5)
        }
    }

    @Test func `other contents of the same length and time are noticed`() throws {
        try withFolders { one, other in
            let file = other.appending(path: "in/a")
            var status = stat()
            lstat(file.path, &status)
            let handle = try FileHandle(forUpdating: file)
            try handle.write(contentsOf: Data("j".utf8))
            try handle.close()
            utimensat(AT_FDCWD, file.path, [status.st_atim, status.st_mtim], 0)
            #expect(differences(one, other) == ["/in/a has other contents"])
        }
    }

    @Test func `another time, mode, kind, link or size is noticed`() throws {
        try withFolders { one, other in
            var status = stat()
            lstat(other.appending(path: "empty").path, &status)
            var time = status.st_mtim
            time.tv_nsec ^= 1
            utimensat(AT_FDCWD, other.appending(path: "empty").path, [time, time], 0)
            #expect(differences(one, other) == ["/empty has another time"])
        }
        try withFolders { one, other in
            chmod(other.appending(path: "empty").path, 0o4600)
            #expect(differences(one, other) == ["/empty has another mode"])
        }
        try withFolders { one, other in
            truncate(other.appending(path: "in/a").path, 4)
            #expect(differences(one, other).contains("/in/a has 4 bytes for 5"))
        }
        try withFolders { one, other in
            unlink(other.appending(path: "link").path)
            symlink("in/b", other.appending(path: "link").path)
            #expect(
                differences(one, other).contains("/link points elsewhere")
                    || differences(one, other).contains("/link has another time"))
        }
    }

    @Test func `what is missing or too much is noticed`() throws {
        try withFolders { one, other in
            try FileManager.default.removeItem(at: other.appending(path: "in/a"))
            mkfifo(other.appending(path: "pipe").path, 0o600)
            let found = differences(one, other)
            #expect(found.contains("/in/a is missing"))
            #expect(found.contains("/pipe was not there before"))
        }
    }

    @Test func `what the backup left out is not held against the restore`() throws {
        try withFolders { one, other in
            let path = one.appending(path: "in/a")
            unlink(other.appending(path: "in/a").path)
            var status = stat()
            lstat(one.appending(path: "in").path, &status)
            utimensat(
                AT_FDCWD, other.appending(path: "in").path, [status.st_atim, status.st_mtim], 0)
            var comparison = TreeComparison(leftOut: [Array(path.path.utf8)])
            comparison.compare(Array(one.path.utf8), Array(other.path.utf8))
            #expect(comparison.differences == [])
            #expect(comparison.leftOutCount == 1)
        }
    }

    @Test func `suppliers are destroyed once, at a third, also for who has them open`() throws {
        try withFolders { one, other in
            let segment = try FileHandle(forReadingFrom: other.appending(path: "in/a"))
            defer { try? segment.close() }
            let destruction = SupplierDestruction(
                directories: [Array(other.path.utf8)], bytesTotal: 300)
            var progress = RestoreProgress()
            progress.bytesDone = 99
            destruction.watch(progress)
            #expect(FileManager.default.fileExists(atPath: other.path))
            #expect(!destruction.happenedInTheMiddle)
            progress.bytesDone = 120
            destruction.watch(progress)
            #expect(!FileManager.default.fileExists(atPath: other.path))
            #expect(try segment.readToEnd() ?? Data() == Data())
            #expect(destruction.happenedInTheMiddle)
            destruction.finish()
            #expect(destruction.happenedInTheMiddle)
            #expect(FileManager.default.fileExists(atPath: one.path))
        }
    }

    @Test func `destruction after the last byte is not in the middle`() {
        let destruction = SupplierDestruction(directories: [], bytesTotal: 300)
        destruction.finish()
        #expect(!destruction.happenedInTheMiddle)
    }

    @Test func `the verdict says what was shown, and nothing is no proof`() {
        func verdict(_ files: UInt64, _ differences: Int, _ isMiddle: Bool) -> Verdict {
            Proof.verdict(
                fileCount: files, byteCount: 1_846_835_937, leftOutCount: 0,
                differenceCount: differences, isMiddle: isMiddle)
        }
        #expect(
            verdict(5307, 0, true)
                == Verdict(
                    isGood: true,
                    line:
                        "OK: 5 307 files, 1.72 GiB identical with suppliers 1 and 3 destroyed "
                        + "during the restore"))
        #expect(verdict(5307, 0, false).line.hasSuffix("destroyed before the restore"))
        #expect(!verdict(0, 0, true).isGood)
        #expect(!verdict(5307, 1, true).isGood)
        #expect(verdict(5307, 1, true).line.hasPrefix("FAILED: 1 difference "))
    }

    @Test func `several sources are looked for under their names`() {
        let target = RawPath(Array("/t".utf8))
        let sources = ["/a/doc", "/b/doc", "/c/x"].map { Array($0.utf8) }
        #expect(
            Proof.places(of: sources, in: target)
                == ["/t/doc", "/t/doc-2", "/t/x"].map { Array($0.utf8) })
        #expect(
            Proof.places(of: [Array("/tmp".utf8)], in: target) == [Array("/t".utf8)])
    }

    @Test func `only the first line of a descriptor is the passphrase`() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("secret words\r\nrest".utf8))
        let line = try PassphraseOptions.firstLine(
            descriptor: pipe.fileHandleForReading.fileDescriptor, name: "pipe")
        #expect(line == Array("secret words".utf8))
        #expect(throws: Failure.self) {
            try PassphraseOptions.firstLine(descriptor: 9999, name: "nothing")
        }
    }
}
