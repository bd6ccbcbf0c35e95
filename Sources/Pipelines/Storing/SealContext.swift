internal import Model

/// What a seal is bound to beside its key: format version, repository, kind and length
/// (docs/formats/block.md). Bytes sealed for one purpose do not open for another.
enum SealContext {
    static func block(
        repository: RepositoryID, kind: BlockKind, length: BlockLength
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.magic("bitdust block v1")
        writer.identifier(repository)
        writer.byte(kind.rawValue)
        writer.integer(UInt32(length.sealedLength))
        return writer.bytes
    }

    static func descriptor(repository: RepositoryID) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.magic("bitdust descriptor v1")
        writer.identifier(repository)
        return writer.bytes
    }

    static func head(repository: RepositoryID, sequence: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        writer.magic("bitdust head v1")
        writer.identifier(repository)
        writer.integer(sequence)
        return writer.bytes
    }
}
