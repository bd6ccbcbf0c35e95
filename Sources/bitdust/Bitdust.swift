internal import ArgumentParser
internal import CKernels
internal import Glibc
internal import Model

/// The root of the command line: everything it does is in `Commands`.
@main
struct Bitdust: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bitdust",
        abstract: "Backup to people you trust with nothing.",
        discussion: """
            Examples:
              bitdust backup ~/docs                        back up a folder
              bitdust restore latest --target ~/restored   bring the last one back
              bitdust status                               how much may be lost
              bitdust identity backup ~/alice.key          save the recovery key
              bitdust try                                  see it survive losses
            """,
        version: "bitdust 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Everyday",
                subcommands: [
                    Backup.self, Restore.self, Snapshots.self, List.self, Cat.self, Status.self,
                    Check.self, Health.self, Rebuild.self, RebuilderGroup.self, Reshape.self,
                    Durability.self,
                ]),
            CommandGroup(
                name: "Identity",
                subcommands: [
                    IdentityGroup.self, Recover.self, GlobalIDCommand.self, IDURLCommand.self,
                    UserGroup.self,
                ]),
            CommandGroup(
                name: "Friends",
                subcommands: [Invite.self, Accept.self, Invitations.self, Friends.self]),
            CommandGroup(
                name: "Suppliers",
                subcommands: [SuppliersList.self, Find.self, Hire.self, Fire.self]),
            CommandGroup(
                name: "Node",
                subcommands: [
                    DaemonCommand.self, Start.self, Stop.self, RestartCommand.self, States.self,
                    ServicesGroup.self, SetSetting.self, GetSetting.self, ConfigGroup.self,
                    DoctorCommand.self, Install.self,
                ]),
            CommandGroup(
                name: "Network",
                subcommands: [NetworkGroup.self, Join.self, DHTGroup.self, DHTSeed.self]),
            CommandGroup(name: "Supplier", subcommands: [SupplierGroup.self]),
            CommandGroup(name: "Advanced", subcommands: [APICall.self, Try.self, Bench.self]),
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions

    static func main() {
        bd_keep_memory()
        // Asks a running transfer for its status; must not kill what has none to show.
        signal(SIGUSR1, SIG_IGN)
        Glibc.exit(perform(RawArguments.ofProcess()))
    }

    /// Runs the command that `arguments` name and tells of its failure.
    ///
    /// - Returns: the exit code of the process.
    static func perform(_ arguments: [String]) -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            return ExitStatus.done.rawValue
        } catch {
            return Ending(of: error).tell(arguments: arguments)
        }
    }
}
