package import Model

/// What a key file says openly.
package struct KeyFileHeaders: Hashable, Sendable {
    package let name: DisplayName
    package let user: UserID
    package let created: CalendarDate
    package let protection: KeyFileProtection

    static let version = "1"

    init(
        name: DisplayName, user: UserID, created: CalendarDate, protection: KeyFileProtection
    ) {
        self.name = name
        self.user = user
        self.created = created
        self.protection = protection
    }

    /// Name and value of each line, in the order they are written.
    var fields: [(name: String, value: String)] {
        [
            ("Name", name.text), ("Identity", user.description), ("Created", created.description),
            ("Version", KeyFileHeaders.version), ("Protect", protection.description),
        ]
    }

    /// The same for every way of writing them: what the check and the seal are bound to.
    var bound: [UInt8] {
        let label = Array("bitdust/v1/key-file\0".utf8)
        return fields.reduce(label) { $0 + Array($1.value.utf8) + [0] }
    }

    /// Reads the values of the lines; the names are in lower case.
    ///
    /// - Throws: ``KeyFileError/unsupportedVersion(_:)``, ``KeyFileError/missingHeader(name:)``,
    ///   ``KeyFileError/badHeader(name:)``, ``KeyFileError/costTooHigh``.
    init(_ values: [String: String]) throws(KeyFileError) {
        func value(_ name: String) throws(KeyFileError) -> String {
            guard let value = values[name.lowercased()] else { throw .missingHeader(name: name) }
            return value
        }
        let version = try value("Version")
        guard version == KeyFileHeaders.version else { throw .unsupportedVersion(version) }
        guard let name = DisplayName(try value("Name")) else { throw .badHeader(name: "Name") }
        guard let user = UserID(hex: try value("Identity")) else {
            throw .badHeader(name: "Identity")
        }
        guard let created = CalendarDate(try value("Created")) else {
            throw .badHeader(name: "Created")
        }
        self.name = name
        self.user = user
        self.created = created
        self.protection = try KeyFileProtection(try value("Protect"))
    }
}
