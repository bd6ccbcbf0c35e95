internal import Model
internal import Synchronization

/// The settings of one home: the file, what the environment says, and the values that follow.
///
/// Thread rules: everything may be called from any thread. Changes of one store are made one after
/// the other; several processes keep each other away by a lock file, and each reads the file again
/// before it changes it, so that none loses what another has set.
package final class SettingsStore: Sendable {
    /// What a person wants a setting to be; `nil` is its default.
    package struct Assignment: Equatable, Sendable {
        package let name: String
        package let text: String?

        package init(_ name: String, _ text: String?) {
            self.name = name
            self.text = text
        }

        /// `services/supplier/donated-space 50 GB`: words behind the first are joined by a blank.
        ///
        /// - Returns: `nil` without words.
        package init?(words: [String]) {
            guard let name = words.first else { return nil }
            self.init(name, words.dropFirst().joined(separator: " "))
        }
    }

    /// One setting before and after a call; the two may be the same.
    package struct Change: Equatable, Sendable {
        package let old: SettingItem
        /// Not what was asked for when the environment says otherwise: its `origin` tells.
        package let new: SettingItem
    }

    private struct State {
        var reading: SettingsReading
        var listeners = Listeners<SettingValues>()
    }

    package let schema: SettingsSchema
    private let disk: any SettingsDisk
    private let environment: [String: String]
    private let state: Mutex<State>
    /// Held while the file is read or written; never inside `state`.
    private let access = Mutex(())

    /// Reads the file; without one all is as by default.
    ///
    /// - Parameter environment: variables such as `BITDUST_SETTING_LOGS_DEBUG_LEVEL` win over the
    ///   file.
    package init(
        disk: any SettingsDisk, environment: [String: String] = [:],
        schema: SettingsSchema = .standard
    ) throws(SettingsError) {
        self.schema = schema
        self.disk = disk
        self.environment = environment
        let file = try SettingsStore.readFile(disk)
        self.state = Mutex(
            State(reading: SettingsReading(file, environment: environment, schema: schema)))
    }

    package var values: SettingValues { state.withLock { $0.reading.values } }

    /// What is wrong with the file or the environment; those settings have their defaults, or what
    /// the file says.
    package var problems: [SettingsProblem] { state.withLock { $0.reading }.explained }

    /// Sets one setting, named as people do.
    @discardableResult
    package func set(_ name: String, to text: String) throws(SettingsError) -> Change {
        try set([Assignment(name, text)])[0]
    }

    /// Sets several settings, all or none. What is the default after that is not in the file.
    ///
    /// - Returns: a change for each assignment, in order.
    /// - Throws: ``SettingsError``. Nothing is changed then, but after
    ///   ``SettingsError/notDurable(_:)``.
    @discardableResult
    package func set(_ assignments: [Assignment]) throws(SettingsError) -> [Change] {
        let wanted = try resolved(assignments)
        return try access.withLock { _ throws(SettingsError) in
            try locked { () throws(SettingsError) in try apply(wanted) }
        }
    }

    /// Reads the file again, as someone may have edited it.
    ///
    /// - Returns: the settings whose values are others now.
    @discardableResult
    package func reload() throws(SettingsError) -> [SettingKey] {
        try access.withLock { _ throws(SettingsError) in
            let old = values
            adopt(try SettingsStore.readFile(disk))
            return values.changes(since: old)
        }
    }

    /// All values whenever some have changed. Who is slow sees only the newest ones.
    package func updates() -> AsyncStream<SettingValues> {
        state.withLock { $0.listeners.listen(keeping: 1) }
    }
}

extension SettingsStore {
    private typealias Wanted = (definition: SettingDefinition, value: SettingValue)

    private func resolved(_ assignments: [Assignment]) throws(SettingsError) -> [Wanted] {
        var wanted: [Wanted] = []
        for assignment in assignments {
            let definition = try schema.definition(named: assignment.name)
            guard let text = assignment.text else {
                wanted.append((definition, definition.defaultValue))
                continue
            }
            do {
                wanted.append((definition, try definition.value(of: text)))
            } catch {
                throw .badValue(definition.key, text: text, error)
            }
        }
        return wanted
    }

    private func locked<Result>(
        _ body: () throws(SettingsError) -> Result
    ) throws(SettingsError) -> Result {
        let isLocked: Bool
        do { isLocked = try disk.lock() } catch { throw .disk(error) }
        guard isLocked else { throw .busy }
        defer { disk.unlock() }
        return try body()
    }

    private func apply(_ wanted: [Wanted]) throws(SettingsError) -> [Change] {
        let old = values
        let file = try SettingsStore.readFile(disk)
        var next = file
        for (definition, value) in wanted {
            next.set(definition.key, value == definition.defaultValue ? nil : "\(value)")
        }
        let reading = SettingsReading(next, environment: environment, schema: schema)
        let keys = Set(wanted.map(\.definition.key))
        // A rule that was broken before, by an editor, does not keep other settings from being set.
        if let broken = reading.values.violations.first(where: {
            !keys.isDisjoint(with: $0.rule.keys)
        }) {
            throw .rule(broken)
        }
        var outcome: SettingsDiskError?
        if next != file { outcome = try write(next) }
        adopt(next)
        if let outcome { throw .notDurable(outcome) }
        let new = values
        return wanted.map {
            Change(old: old.item($0.definition.key)!, new: new.item($0.definition.key)!)
        }
    }

    /// - Returns: the error after which the file is there but may not last.
    private func write(_ file: SettingsFile) throws(SettingsError) -> SettingsDiskError? {
        do throws(SettingsDiskError) {
            try disk.writeNext(file.bytes)
            try disk.syncNext()
            try disk.publishNext()
        } catch {
            disk.dropNext()
            throw .disk(error)
        }
        do throws(SettingsDiskError) { try disk.syncDirectory() } catch { return error }
        return nil
    }

    private func adopt(_ file: SettingsFile) {
        let reading = SettingsReading(file, environment: environment, schema: schema)
        state.withLock { state in
            let hasChanged = !reading.values.changes(since: state.reading.values).isEmpty
            state.reading = reading
            guard hasChanged else { return }
            state.listeners.tell(reading.values)
        }
    }

    private static func readFile(_ disk: any SettingsDisk) throws(SettingsError) -> SettingsFile {
        let bytes: [UInt8]?
        do { bytes = try disk.read(limit: Limits.settingsFileLengthMax) } catch {
            throw .disk(error)
        }
        guard let bytes else { return SettingsFile() }
        do { return try SettingsFile(bytes) } catch { throw .file(error) }
    }
}
