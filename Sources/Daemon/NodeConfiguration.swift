package import APIModel
package import Model
package import Settings

/// The settings of a node as its interface shows them.
package struct NodeConfiguration: Sendable {
    package let store: SettingsStore

    /// - Throws: ``Failure`` when the file cannot be read or is damaged.
    package init(home: NodeHome, environment: [String: String]) throws(Failure) {
        do {
            store = try SettingsStore(
                disk: LocalSettingsDisk(directory: home.path), environment: environment)
        } catch {
            throw Failure(error)
        }
    }

    package var values: SettingValues { store.values }

    /// All settings, by key.
    func items(includingInfo: Bool) -> [APIValue] {
        values.items.map { NodeConfiguration.item($0, includingInfo: includingInfo) }
    }

    /// The settings of a folder and of those in it.
    func items(below path: String) -> [APIValue] {
        values.items.filter { $0.key.path.hasPrefix(path + "/") }
            .map { NodeConfiguration.item($0, includingInfo: false) }
    }

    /// One setting, or what a folder holds.
    ///
    /// - Throws: ``Failure`` when there is neither.
    func found(_ name: String, includingInfo: Bool) throws(Failure) -> [APIValue] {
        do throws(SettingsError) {
            let key = try store.schema.definition(named: name).key
            return values.item(key).map {
                [NodeConfiguration.item($0, includingInfo: includingInfo)]
            } ?? []
        } catch {
            guard case .folder(let path) = error else { throw Failure(error) }
            return values.children(of: path).map { child in
                switch child {
                case .item(let item):
                    NodeConfiguration.item(item, includingInfo: includingInfo)
                case .folder(let key, let count):
                    ["key": .text(key), "childs": APIValue(count)]
                }
            }
        }
    }

    /// Sets one setting.
    ///
    /// - Returns: the item after it, with `old_value`.
    @discardableResult
    package func set(_ name: String, _ text: String) throws(Failure) -> APIValue {
        do {
            let change = try store.set(name, to: text)
            let item = NodeConfiguration.item(change.new, includingInfo: false)
            let old = NodeConfiguration.item(change.old, includingInfo: false)["value"]
            return .object((item.asObject ?? [:]).merging(["old_value": old ?? .null]) { $1 })
        } catch {
            throw Failure(error)
        }
    }

    /// Sets several settings, all or none.
    package func set(_ assignments: [(name: String, text: String)]) throws(Failure) {
        do {
            try store.set(assignments.map { SettingsStore.Assignment($0.name, $0.text) })
        } catch {
            throw Failure(error)
        }
    }

    private static func item(_ item: SettingItem, includingInfo: Bool) -> APIValue {
        let fields = item.fields(includingInfo: includingInfo).map { ($0.name, plain($0.value)) }
        return .object(Dictionary(fields, uniquingKeysWith: { $1 }))
    }

    private static func plain(_ value: PlainValue) -> APIValue {
        switch value {
        case .boolean(let value): .bool(value)
        case .integer(let value): APIValue(value)
        case .decimal(let value): .number(value)
        case .text(let value): .text(value)
        case .list(let values): .array(values.map(plain))
        }
    }
}
