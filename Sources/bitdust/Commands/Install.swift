internal import ArgumentParser
internal import Daemon
internal import Glibc
internal import Model

struct Install: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Start the node whenever this machine does.",
        discussion: """
            Examples:
              bitdust install --systemd
              bitdust install crontab

            With --systemd it writes a unit of the user, which watches over the node and keeps it \
            away from what it does not need. With crontab it adds `@reboot bitdust daemon`.
            """)

    @Argument(help: ArgumentHelp("`crontab`.", valueName: "crontab"))
    var target: String?

    @Flag(help: "Write a systemd unit of this user and enable it.")
    var systemd = false

    @Flag(help: "Write the unit, but do not enable it.")
    var noEnable = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if let target, target != "crontab" {
            throw ValidationError("Say `crontab` or --systemd, not '\(target)'.")
        }
        if (target == nil) != systemd { throw ValidationError("Say either --systemd or crontab.") }
    }

    func run(in context: CommandContext) throws {
        let home = try NodeClient(context).home
        try home.create()
        if systemd { try installUnit(home, context) } else { try installCrontab(home, context) }
    }

    // MARK: systemd

    private func installUnit(_ home: NodeHome, _ context: CommandContext) throws {
        let configuration =
            context.environment.text("XDG_CONFIG_HOME")
            ?? (context.environment.userHome.map { displayText($0.bytes) } ?? "") + "/.config"
        let directory = "\(configuration)/systemd/user"
        let path = "\(directory)/bitdust.service"
        let unit = SystemdUnit(program: ProcessReplacement.thisProgram, home: home.path)
        try unit.write(to: path)
        try context.console.out("wrote \(path)")
        let commands = [
            ["systemctl", "--user", "daemon-reload"],
            ["systemctl", "--user", "enable", "--now", "bitdust.service"],
        ]
        for command in commands {
            let line = command.joined(separator: " ")
            guard !noEnable, ChildProcess.run(command) else {
                context.console.message("Next: \(line)")
                continue
            }
            try context.console.out("did   \(line)")
        }
        context.console.message(
            "So that it also runs while you are not logged in: loginctl enable-linger")
    }

    // MARK: crontab

    private func installCrontab(_ home: NodeHome, _ context: CommandContext) throws {
        let option = global.home == nil ? "" : " --home \(shellWord(Array(home.path.utf8)))"
        let program = shellWord(Array(ProcessReplacement.thisProgram.utf8))
        let line = "@reboot \(program) daemon\(option)"
        guard let table = ChildProcess.output(of: ["crontab", "-l"]) else {
            context.console.message("there is no crontab program here; its line would be")
            return try context.console.out(line)
        }
        guard !table.split(separator: "\n").contains(Substring(line)) else {
            return try context.console.out("there already: \(line)")
        }
        let kept = table.isEmpty || table.hasSuffix("\n") ? table : table + "\n"
        guard ChildProcess.run(["crontab", "-"], input: kept + line + "\n") else {
            throw Failure(
                "BD-CRONTAB", .failed, "crontab did not take the line",
                remedy: "add it with `crontab -e`: \(line)")
        }
        try context.console.out("added \(line)")
    }
}
