internal import ArgumentParser
internal import Daemon
internal import Model
internal import Pipelines

/// What a command works with: where the data is, the terminal, the clock.
struct CommandContext: Sendable {
    let home: Home
    /// `--home DIR ` when it was given, for the commands that we suggest.
    let homeOption: String
    let console: Console
    let environment: ProcessEnvironment
    let time: any TimeSource
    let adapters: Adapters
    /// How suppliers are reached, and where others are found.
    let network: CustomerNetwork
    let canAsk: Bool

    init(global: GlobalOptions, environment: ProcessEnvironment = .current) throws {
        self.environment = environment
        home = Home(path: try environment.home(option: global.home).bytes)
        homeOption = global.home.map { "--home \(shellWord($0.bytes)) " } ?? ""
        console = Console(noColor: global.noColor, environment: environment)
        canAsk = !global.noInput
        // A home whose name is no UTF-8 has no node, and so no network.
        network = CustomerNetwork(
            home: try NodeHome(path: home.path), setting: .ofCommands(environment))
        adapters = network.adapters
        time = adapters.time
    }

    /// Opens the customer of `home` for `body`.
    func withCustomer<Result>(_ body: (Customer) throws -> Result) throws -> Result {
        let customer = try Customer.open(home: home, adapters: adapters)
        defer { customer.close() }
        return try body(customer)
    }

    /// The command line that does `rest`, for a person to copy.
    func command(_ rest: String) -> String {
        guard let space = rest.firstIndex(of: " ") else { return "bitdust \(homeOption)\(rest)" }
        return "bitdust " + rest[..<space] + " " + homeOption + rest[rest.index(after: space)...]
    }

    /// Runs a transfer: shows its progress, and stops it when a signal asks for that.
    func transfer<Progress: Progressing, Report>(
        _ first: Progress, output: OutputOptions,
        _ body: (Cancellation, @escaping @Sendable (Progress) -> Void) throws -> Report
    ) throws -> Report {
        try stoppable { cancellation in
            let mode = ProgressMode(
                output: output, hasBar: console.hasBar, environment: environment)
            let reporter = ProgressReporter(
                first, console: console, mode: mode, isVerbose: output.verbose && !output.json,
                time: time)
            defer { reporter.finish() }
            return try body(cancellation) { reporter.update($0) }
        }
    }

    /// Runs what a signal stops at its next safe point.
    func stoppable<Result>(_ body: (Cancellation) throws -> Result) throws -> Result {
        let cancellation = Cancellation()
        let interrupts = Interrupts(cancellation: cancellation, console: console)
        return try interrupts.watch { try body(cancellation) }
    }
}

/// A command of ours: it runs in a context and says how it went.
protocol ContextualCommand: ParsableCommand {
    var global: GlobalOptions { get }

    func run(in context: CommandContext) throws
}

extension ContextualCommand {
    func run() throws { try run(in: CommandContext(global: global)) }
}

/// A path or name as a word of a command line: quoted where a shell would make more of it.
func shellWord(_ bytes: [UInt8]) -> String {
    let isPlain = bytes.allSatisfy { byte in
        let scalar = Unicode.Scalar(byte)
        return scalar.properties.isAlphabetic && byte < 0x80 || (48...57).contains(byte)
            || "/._-+,".unicodeScalars.contains(scalar)
    }
    let text = displayText(bytes)
    return isPlain && !bytes.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}

extension String {
    /// The text, when it came in as UTF-8.
    ///
    /// - Throws: a usage error that names `option`.
    func checkedUTF8(_ option: String) throws -> String {
        guard !RawArguments.hasEscapes(self) else {
            throw ValidationError(
                "\(option) takes UTF-8 text, not '\(RawArguments.readable(self))'.")
        }
        return self
    }
}
