package import Model

/// The value of a setting.
package enum SettingValue: Equatable, Sendable {
    case boolean(Bool)
    case integer(Int)
    case decimal(Double)
    case diskSpace(DiskSpace)
    case text(String)
}

extension SettingValue: CustomStringConvertible {
    /// As it is printed, and as it stands in the file: `true`, `14441`, `50 GB`.
    package var description: String {
        switch self {
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .decimal(let value): "\(value)"
        case .diskSpace(let value): "\(value)"
        case .text(let value): value
        }
    }
}

/// The kind of a setting, under the name that the REST interface gives it.
package enum SettingType: String, CaseIterable, Sendable {
    case boolean
    case string
    /// May have several lines.
    case text
    case positiveInteger = "positive integer"
    case nonZeroPositiveInteger = "non zero positive integer"
    case nonZeroPositiveDecimal = "non zero positive floating point"
    case portNumber = "port number"
    case diskSpace = "disk space"
    case folderPath = "folder path"
    case selection
}

/// Why a text cannot be the value of a setting.
package enum SettingValueError: Error, Equatable, Sendable {
    case notBoolean
    case notInteger
    case notDecimal
    case notDiskSpace(DiskSpace.ParseError)
    case tooSmall(limit: String)
    case tooLarge(limit: String)
    case notAmong([String])
    case notAbsolutePath
    case controlCharacter
    case tooLong(limit: Int)
    case tooMany(limit: Int)
    case notAHost
    case notAnAddress
    case notATimetable(RateSchedule.ParseError)
    case badNode(String)
    case badServer(String)
    /// `genesis` beside other nodes.
    case firstAmongOthers(String)
}

extension SettingValueError: CustomStringConvertible {
    /// Behind “must be”: what would be right.
    package var description: String {
        switch self {
        case .notBoolean: "true or false"
        case .notInteger: "a whole number"
        case .notDecimal: "a number"
        case .notDiskSpace(let error): DiskSpaceText.expected(error)
        case .tooSmall(let limit): "at least \(limit)"
        case .tooLarge(let limit): "at most \(limit)"
        case .notAmong(let choices): "one of " + choices.joined(separator: ", ")
        case .notAbsolutePath: "a path that starts with /, or empty"
        case .controlCharacter: "text without control characters"
        case .tooLong(let limit): "at most \(limit) bytes long"
        case .tooMany(let limit): "a list of at most \(limit)"
        case .notAHost: "the name or address of a host"
        case .notAnAddress: "an IPv4 or IPv6 address"
        case .notATimetable(let error): TimetableText.expected(error)
        case .badNode(let word): "a list of host:port; “\(word)” is none"
        case .badServer(let word): "a list of host:web:tcp; “\(word)” is none"
        case .firstAmongOthers(let word): "either “\(word)” alone or a list of host:port"
        }
    }
}

private enum TimetableText {
    static func expected(_ error: RateSchedule.ParseError) -> String {
        switch error {
        case .notASpan(let word): "spans like 22:00-06:00=unlimited; “\(word)” is none"
        case .notARate(let word):
            "rates like 500KB/s, 64KB/s at least, or unlimited; “\(word)” is none"
        case .tooMany(let limit): "a list of at most \(limit)"
        }
    }
}

private enum DiskSpaceText {
    static func expected(_ error: DiskSpace.ParseError) -> String {
        switch error {
        case .notANumber: "a size like 50 GB"
        case .unknownUnit(let unit): "a size like 50 GB; “\(unit)” is no unit"
        case .notWhole: "a whole number of bytes"
        case .tooLarge: "at most 1024 PB"
        }
    }
}
