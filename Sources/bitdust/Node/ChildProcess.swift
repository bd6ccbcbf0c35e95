internal import Glibc

/// Small programs of the system, run for their effect or their output.
enum ChildProcess {
    /// Whether the program ran and ended well.
    static func run(_ command: [String], input: String? = nil) -> Bool {
        guard let (status, _) = perform(command, input: input) else { return false }
        return status == 0
    }

    /// What it prints; empty when it fails, `nil` when there is no such program.
    static func output(of command: [String]) -> String? {
        guard let (status, output) = perform(command, input: nil) else { return nil }
        return status == 0 ? output : ""
    }

    private static func perform(_ command: [String], input: String?) -> (Int32, String)? {
        var given: [Int32] = [0, 0]
        var taken: [Int32] = [0, 0]
        guard pipe(&given) == 0, pipe(&taken) == 0 else { return nil }
        for end in [given[1], taken[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, given[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, taken[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let number = posix_spawnp(&process, command[0], &actions, nil, arguments, environ)
        close(given[0])
        close(taken[1])
        defer { close(taken[0]) }
        guard number == 0 else {
            close(given[1])
            return nil
        }
        let bytes = Array((input ?? "").utf8)
        _ = bytes.withUnsafeBytes { write(given[1], $0.baseAddress, $0.count) }
        close(given[1])
        let output = readAll(taken[0])
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return (status, output)
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
