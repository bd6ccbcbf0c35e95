internal import Identities
package import Model
internal import Synchronization

extension DiskFragmentStore {
    package func putHead(_ head: Head) throws(StoreError) {
        try checkWritable()
        try member(head.owner).check(head)
        try headTurn.withLock { (_) throws(StoreError) in
            do {
                try keep(head)
            } catch let error as DiskError {
                throw StoreError(error)
            } catch let error as StoreError {
                throw error
            } catch {
                throw .failed(operation: "head", errno: -1)
            }
        }
    }

    package func heads(of owner: UserID) throws(StoreError) -> [Head] {
        try checkOpen()
        _ = try member(owner)
        do {
            var heads: [Head] = []
            for (repository, sequence) in try headNames(of: owner) {
                if let head = try readHead(of: owner, repository, sequence) { heads.append(head) }
            }
            return heads.sorted {
                ($1.sequence, $0.repository) < ($0.sequence, $1.repository)
            }
        } catch {
            throw StoreError(error)
        }
    }

    private func keep(_ head: Head) throws {
        let names = try headNames(of: head.owner)
        let kept = names.filter { $0.repository == head.repository }.map(\.sequence).sorted()
        if let newest = kept.last, newest >= head.sequence {
            let same = try readHead(of: head.owner, head.repository, newest)
            // One that the disk has damaged may be put again.
            guard newest == head.sequence, same == nil || same == head else {
                throw StoreError.staleHead(newest: newest)
            }
            if same == head { return }
        }
        let repositoryCount = Set(names.map(\.repository)).count
        guard !kept.isEmpty || repositoryCount < Limits.repositoriesPerCustomerMax else {
            throw StoreError.invalid(field: "repository count")
        }
        let files = SmallFiles(disk: disk)
        try files.makeDirectory(head.owner.description, in: layout.heads)
        let path = layout.head(
            of: head.owner, repository: head.repository, sequence: head.sequence)
        var writer = ByteWriter()
        writer.raw(head.encoded())
        writer.checksum()
        let directory = layout.heads(of: head.owner)
        try files.publish(
            writer.bytes, as: String(path.dropFirst(directory.utf8.count + 1)), in: directory)
        // The new one is durable: the oldest may go, and comes back at worst.
        for sequence in kept.dropLast(Limits.headsKept - 1) where sequence != head.sequence {
            try disk.remove(
                layout.head(of: head.owner, repository: head.repository, sequence: sequence))
        }
    }

    private func headNames(
        of owner: UserID
    ) throws(DiskError) -> [(repository: RepositoryID, sequence: UInt64)] {
        try SmallFiles(disk: disk).names(in: layout.heads(of: owner))
            .compactMap { StoreLayout.head($0) }
    }

    /// The head in a file; `nil` when the disk has damaged it.
    private func readHead(
        of owner: UserID, _ repository: RepositoryID, _ sequence: UInt64
    ) throws(DiskError) -> Head? {
        let path = layout.head(of: owner, repository: repository, sequence: sequence)
        let bytes = try SmallFiles(disk: disk).read(path, limit: Limits.headLengthMax + 4)
        guard (try? ByteReader(checked: bytes, format: "head file")) != nil,
            let head = try? Head(Array(bytes.dropLast(4))), head.owner == owner,
            head.repository == repository, head.sequence == sequence
        else { return nil }
        return head
    }
}
