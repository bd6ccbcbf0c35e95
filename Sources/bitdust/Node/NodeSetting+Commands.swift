internal import Daemon
internal import Glibc
internal import Model
internal import Pipelines

extension NodeSetting {
    /// What the process of a command gives a node.
    static func ofCommands(_ environment: ProcessEnvironment) -> NodeSetting {
        var adapters = Adapters(
            time: SystemTime(), random: SystemRandom(),
            workerCount: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memoryByteCount: Limits.pipelineMemoryDefault)
        adapters.hostName = environment.deviceName
        adapters.userName = environment.userName
        return NodeSetting(
            sleeper: SystemSleeper(), adapters: adapters, deviceName: environment.deviceName,
            userName: environment.userName, environment: variables, processID: getpid(),
            userID: getuid())
    }

    private static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            entry += 1
        }
        return variables
    }
}
