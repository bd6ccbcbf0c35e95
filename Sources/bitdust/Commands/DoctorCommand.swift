internal import ArgumentParser
internal import Daemon
internal import Model

struct DoctorCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what keeps the node from working, and what to do about it.",
        discussion: """
            Examples:
              bitdust doctor

            It looks at the disk, the settings, the ports, the identity, the clock, the identity \
            servers and the seeds, and changes nothing.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in context: CommandContext) throws {
        let home = try NodeClient(context).home
        let setting = NodeSetting.ofCommands(context.environment)
        let findings = try waiting { try await Doctor(home: home, setting: setting).examine() }
        let style = context.console.outStyle
        for finding in findings {
            let word = finding.verdict.rawValue.leftAligned(8)
            let colored =
                switch finding.verdict {
                case .good: style.good(word)
                case .warning: style.warning(word)
                case .bad: style.bad(word)
                }
            try context.console.out("\(colored) \(finding.subject): \(finding.text)")
            if let remedy = finding.remedy { try context.console.out("         do:  \(remedy)") }
        }
        let badCount = findings.count { $0.verdict == .bad }
        guard badCount > 0 else { return }
        let bad = countText(badCount, "thing is", "things are")
        throw Shortfall(status: .failed, message: "\(bad) wrong")
    }
}
