internal import Glibc
package import Model

/// Starts a node as a process of its own session, with its output in the logs, and waits until it
/// is ready or has failed.
package struct DetachedProcess: Sendable {
    package let home: NodeHome
    /// The program and its arguments; `--ready-fd 3` is added.
    package let command: [String]
    /// Seconds until who does not report is taken for stuck.
    package let patience: Int
    /// POSIX_SPAWN_SETSID of <spawn.h>, which Swift sees with _GNU_SOURCE only.
    private static let inNewSession: Int16 = 0x80

    package init(home: NodeHome, command: [String], patience: Int = Limits.nodeStartPatience) {
        self.home = home
        self.command = command
        self.patience = patience
    }

    /// - Returns: the process id.
    /// - Throws: what the node says, `BD-NODE-DIED`, `BD-NODE-STUCK` or `BD-NODE-START`.
    package func start() throws(Failure) -> Int32 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw cannotStart("pipe", errno) }
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(reading) }
        let process: Int32
        do {
            process = try spawn(reportingTo: writing)
        } catch {
            close(writing)
            throw error
        }
        close(writing)
        switch try report(from: reading, of: process) {
        case .ready: return process
        case .failed(let failure):
            waitpid(process, nil, 0)
            throw failure
        }
    }

    private func spawn(reportingTo pipe: Int32) throws(Failure) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let log = home.log("stdout.log")
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipe, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, DetachedProcess.inNewSession)
        var process: pid_t = 0
        let arguments = (command + ["--ready-fd", "3"]).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let number = posix_spawn(
            &process, command[0], &actions, &attributes, arguments, environ)
        guard number == 0 else { throw cannotStart(command[0], number) }
        return process
    }

    private func report(
        from descriptor: Int32, of process: Int32
    ) throws(Failure) -> Readiness {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&waiting, 1, Int32(patience) * 1000)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw stuck(process) }
            let taken = read(descriptor, &buffer, buffer.count)
            if taken < 0 && errno == EINTR { continue }
            guard taken > 0 else { break }
            bytes += buffer[..<taken]
        }
        if let readiness = Readiness(decoding: bytes) { return readiness }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        throw Failure(
            "BD-NODE-DIED", .software, "the BitDust process ended before it was ready",
            cause: "wait status \(status)", remedy: "read the end of \(home.log("stdout.log"))")
    }

    private func stuck(_ process: Int32) -> Failure {
        Failure(
            "BD-NODE-STUCK", .failed,
            "BitDust process \(process) is not ready after \(patience) s",
            remedy: "read the end of \(home.log("bitdust.log")); `bitdust stop` ends it")
    }

    private func cannotStart(_ what: String, _ number: Int32) -> Failure {
        Failure(
            "BD-NODE-START", .cannotCreate, "cannot start a BitDust process",
            cause: "\(what): \(String(cString: strerror(number)))",
            remedy: "check the program and the limits of your user")
    }
}
