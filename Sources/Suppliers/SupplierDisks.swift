package import Identities
package import Model

/// Where one of the places of a supplier is, and what is behind it.
package struct DonatedPlace: Sendable {
    /// On this machine.
    package let directory: String
    package let disk: any Disk

    package init(directory: String, disk: any Disk) {
        self.directory = directory
        self.disk = disk
    }
}

/// The directories of one supplier, opened together.
package struct SupplierDisks: Sendable {
    package let key: SupplierKey
    package let store: MultiDiskFragmentStore
    /// Where the supplier keeps what is its own: holds and its service time.
    package let mainPath: String
    /// Directories that could not be opened, in the order in which they were named.
    package let failures: [Failed]

    package struct Failed: Sendable {
        package let path: String
        package let error: any Error
    }

    /// Opens the supplier in `paths`; one that cannot be opened is left out.
    ///
    /// - Parameter known: directories that were there before: one of them that is missing is a disk
    ///   that is away, and is not made anew. All others are made.
    /// - Parameter capacity: bytes donated on all of them.
    /// - Parameter locate: says what is behind a path that is none of this machine.
    /// - Throws: the first directory's error when none can be opened: ``SupplierDirectoryError``,
    ///   ``StoreError`` or what `locate` throws.
    package static func open(
        _ paths: [String], known: Set<String>, capacity: Int, random: some RandomSource,
        options: StoreOptions = StoreOptions(),
        locate: (String) throws -> DonatedPlace = {
            DonatedPlace(directory: $0, disk: LocalDisk())
        }
    ) throws -> SupplierDisks {
        var places: [String: DonatedPlace] = [:]
        var found: [String: SupplierDirectory] = [:]
        var errors: [String: any Error] = [:]
        for path in paths {
            do {
                let place = try locate(path)
                places[path] = place
                found[path] = try SupplierDirectory.open(at: place.directory, disk: place.disk)
            } catch {
                errors[path] = error
            }
        }
        var first = paths.compactMap { found[$0] }.first
        for path in paths where isMissing(errors[path]) && !known.contains(path) {
            guard let place = places[path] else { continue }
            do {
                found[path] =
                    try first?.extend(to: place.directory, disk: place.disk)
                    ?? SupplierDirectory.create(
                        at: place.directory, random: random, disk: place.disk)
                first = first ?? found[path]
                errors[path] = nil
            } catch {
                errors[path] = error
            }
        }
        var slots: [DiskSlot] = []
        for path in paths {
            guard let directory = found[path], let first else { continue }
            do {
                guard directory.supplier == first.supplier else {
                    throw SupplierDirectoryError.notEmpty
                }
                slots.append(
                    DiskSlot(
                        path: directory.path, name: path, store: try directory.store(options)))
            } catch {
                errors[path] = error
            }
        }
        let failures = paths.compactMap { path in
            errors[path].map { Failed(path: path, error: $0) }
        }
        guard let first, let main = slots.first else {
            throw failures.first?.error ?? SupplierDirectoryError.badPath
        }
        return SupplierDisks(
            key: first.key, store: try MultiDiskFragmentStore(slots, capacity: capacity),
            mainPath: main.path, failures: failures)
    }

    private static func isMissing(_ error: (any Error)?) -> Bool {
        guard case .missing? = error as? SupplierDirectoryError else { return false }
        return true
    }
}
