package import Identities
package import Model

/// The directory of a supplier on this machine: its key, its format version, and its store.
///
/// ```
/// offset  length  field of supplier.key          docs/formats/segment.md
///      0       8  magic "BDSUPKEY"
///      8       2  version                        1
///     10      32  seed of the Ed25519 key        RFC 8032
///     42      32  mark of the records            random, never leaves the directory
///     74       4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/supplier-key/v1.bin`. `format` holds the line `bitdust-supplier 1`; it is
/// written last, so that a directory with it is complete.
package struct SupplierDirectory: Sendable {
    package let path: String
    package let key: SupplierKey
    private let mark: Bytes32
    private let disk: any Disk

    package var supplier: SupplierID { key.publicKey.supplierID }

    private static let formatName = "format"
    private static let keyName = "supplier.key"
    private static let formatPrefix = "bitdust-supplier "
    private static let version = 1
    private static let keyLength = 78

    /// Opens the store of the supplier in a directory, which is made first when `creates` says so
    /// and there is none: in a new directory or an empty one.
    ///
    /// - Parameter directory: the path's bytes.
    /// - Throws: ``SupplierDirectoryError``, or ``StoreError`` for the store in it.
    package static func open(
        at directory: [UInt8], creates: Bool, random: some RandomSource,
        options: StoreOptions = StoreOptions(), disk: any Disk = LocalDisk()
    ) throws -> DiskFragmentStore {
        guard let path = String(validating: directory, as: UTF8.self), !path.utf8.contains(0) else {
            throw SupplierDirectoryError.badPath
        }
        do {
            return try open(at: path, disk: disk).store(options)
        } catch SupplierDirectoryError.missing where creates {
            return try create(at: path, random: random, disk: disk).store(options)
        }
    }

    /// Makes a new supplier in `path`. A creation that was interrupted is completed, with the key
    /// that it had made.
    ///
    /// - Throws: ``SupplierDirectoryError/exists`` or ``SupplierDirectoryError/notEmpty``, or what
    ///   the disk says.
    package static func create(
        at path: String, random: some RandomSource, disk: any Disk = LocalDisk()
    ) throws(SupplierDirectoryError) -> SupplierDirectory {
        try create(at: path, keyFile: keyFile(random), disk: disk)
    }

    /// Makes `path` a directory of the same supplier, on another disk.
    ///
    /// - Parameter target: where it is; with this one when `nil`.
    ///
    /// - Throws: as ``create(at:random:disk:)``.
    package func extend(
        to path: String, disk target: (any Disk)? = nil
    ) throws(SupplierDirectoryError) -> SupplierDirectory {
        let bytes = try SupplierDirectory.read(
            SupplierDirectory.keyName, in: self.path, on: disk,
            limit: SupplierDirectory.keyLength + 1)
        return try SupplierDirectory.create(at: path, keyFile: bytes, disk: target ?? disk)
    }

    private static func create(
        at path: String, keyFile: [UInt8], disk: any Disk
    ) throws(SupplierDirectoryError) -> SupplierDirectory {
        let files = SmallFiles(disk: disk)
        do {
            try files.makeDirectories(path)
            let names = try disk.names(in: path)
            guard !names.contains(formatName) else { throw SupplierDirectoryError.exists }
            if !names.contains(keyName) {
                guard names.allSatisfy({ $0 == "\(keyName).tmp" }) else {
                    throw SupplierDirectoryError.notEmpty
                }
                try files.publish(keyFile, as: keyName, in: path)
            }
            let line = Array("\(formatPrefix)\(version)\n".utf8)
            try files.publish(line, as: formatName, in: path)
        } catch let error as SupplierDirectoryError {
            throw error
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            throw .damaged(file: keyName)
        }
        return try open(at: path, disk: disk)
    }

    /// Reads the key of the supplier in `path`.
    package static func open(
        at path: String, disk: any Disk = LocalDisk()
    ) throws(SupplierDirectoryError) -> SupplierDirectory {
        let text = try read(formatName, in: path, on: disk, limit: 64)
        guard let line = String(validating: text, as: UTF8.self), line.hasPrefix(formatPrefix),
            line.hasSuffix("\n"),
            let found = Int(line.dropFirst(formatPrefix.utf8.count).dropLast())
        else { throw .damaged(file: formatName) }
        guard found == version else {
            throw found > version ? .newerVersion(found) : .damaged(file: formatName)
        }
        let bytes = try read(keyName, in: path, on: disk, limit: keyLength + 1)
        guard let (seed, mark) = try? decode(bytes), let key = try? SupplierKey(seed: seed) else {
            throw .damaged(file: keyName)
        }
        return SupplierDirectory(path: path, key: key, mark: mark, disk: disk)
    }

    /// Opens the store in the directory. One that cannot be written can still be read.
    ///
    /// - Throws: ``StoreError/unavailable(reason:)`` while another process uses it.
    package func store(_ options: StoreOptions) throws(StoreError) -> DiskFragmentStore {
        try DiskFragmentStore(
            directory: path, key: key, mark: mark, options: options, disk: disk)
    }

    private static func keyFile(_ random: some RandomSource) -> [UInt8] {
        var writer = ByteWriter(reserving: keyLength)
        writer.magic("BDSUPKEY")
        writer.integer(UInt16(version))
        writer.bytes32(random.bytes32())
        writer.bytes32(random.bytes32())
        writer.checksum()
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8]) throws(FormatError) -> (SecretBytes, Bytes32) {
        var reader = try ByteReader(checked: bytes, format: "supplier key")
        try reader.expect("BDSUPKEY")
        let found = try reader.integer(UInt16.self)
        guard found == version else {
            throw .unknownVersion(format: "supplier key", version: Int(found))
        }
        let seed = SecretBytes(try reader.bytes32())
        let mark = try reader.bytes32()
        try reader.finish()
        return (seed, mark)
    }

    private static func read(
        _ name: String, in path: String, on disk: any Disk, limit: Int
    ) throws(SupplierDirectoryError) -> [UInt8] {
        do {
            return try SmallFiles(disk: disk).read("\(path)/\(name)", limit: limit)
        } catch {
            throw error.isMissing ? .missing(file: name) : .disk(error)
        }
    }
}

/// Why a directory is no supplier's.
package enum SupplierDirectoryError: Error, Equatable, Sendable {
    case missing(file: String)
    case damaged(file: String)
    /// Written by a newer BitDust.
    case newerVersion(Int)
    /// There is a supplier in it already.
    case exists
    /// There is something else in it.
    case notEmpty
    /// The path is no UTF-8.
    case badPath
    case disk(DiskError)
}
