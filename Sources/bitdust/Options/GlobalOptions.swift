internal import ArgumentParser
internal import Glibc
internal import Model

/// What every command takes, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where bitdust keeps its data (default: $BITDUST_HOME, else ~/.bitdust).",
            valueName: "dir"),
        completion: .directory)
    var home: RawPath?

    @Flag(help: "Print without colour.")
    var noColor = false

    @Flag(help: "Never ask; fail when an answer is needed.")
    var noInput = false
}

/// How much a long command says.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON lines, with the field names of restic.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print only errors and the result.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Name the files at work and each phase.")
    var verbose = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
    }
}

extension OutputOptions {
    /// Neither JSON nor quiet nor verbose, for commands without these options.
    static var normal: OutputOptions {
        var options = OutputOptions()
        options.json = false
        options.quiet = false
        options.verbose = false
        return options
    }
}

struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}

/// What the environment of the process says, as a value so that tests can say something else.
struct ProcessEnvironment: Sendable {
    let variable: @Sendable (String) -> [UInt8]?

    static let current = ProcessEnvironment { name in
        guard let pointer = getenv(name) else { return nil }
        return Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
    }

    init(variable: @escaping @Sendable (String) -> [UInt8]?) {
        self.variable = variable
    }

    init(_ variables: [String: String]) {
        self.variable = { name in variables[name].map { Array($0.utf8) } }
    }

    /// `nil` when it is unset, empty or not UTF-8.
    func text(_ name: String) -> String? {
        guard let bytes = variable(name), !bytes.isEmpty else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// `--home`, else `BITDUST_HOME`, else `.bitdust` in the user's home directory.
    func home(option: RawPath?) throws(Failure) -> RawPath {
        if let option { return option.absolute() }
        if let named = variable("BITDUST_HOME"), !named.isEmpty { return RawPath(named).absolute() }
        guard let user = userHome else {
            throw Failure(
                "BD-NO-HOME", .badConfiguration, "cannot tell where your home directory is",
                cause: "HOME is not set and the user is not in the password file",
                remedy: "say where with --home DIR or BITDUST_HOME")
        }
        return user.appending(".bitdust")
    }

    /// The user's home directory.
    var userHome: RawPath? {
        if let home = variable("HOME"), !home.isEmpty { return RawPath(home) }
        guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return nil }
        return RawPath(Array(UnsafeRawBufferPointer(start: home, count: strlen(home))))
    }

    /// What a new identity is called unless the user names it.
    var userName: String {
        if let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name,
            let text = String(validatingCString: name), !text.isEmpty
        {
            return text
        }
        return text("USER") ?? "me"
    }

    /// What a new device is called: the first label of the host name.
    var deviceName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "this-device" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let label = String(decoding: bytes.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
        return label.isEmpty ? "this-device" : label
    }
}
