internal import Logging
internal import Model
internal import Networking

/// The life of a node as a process: lock, logs, node, signals, and its end.
package struct NodeProcess: Sendable {
    package enum Ending: Equatable, Sendable { case stop, restart }

    /// How the process was started.
    package struct Options: Sendable {
        let readiness: ReadinessReporter
        /// Put into `logs/debug-level` first.
        let debugLevel: Int?
        /// Where log lines go beside the files.
        let echo: (@Sendable (String) -> Void)?

        package init(
            readiness: ReadinessReporter, debugLevel: Int? = nil,
            echo: (@Sendable (String) -> Void)? = nil
        ) {
            self.readiness = readiness
            self.debugLevel = debugLevel
            self.echo = echo
        }
    }

    private let home: NodeHome
    private let setting: NodeSetting
    private let options: Options

    package init(home: NodeHome, setting: NodeSetting, options: Options) {
        self.home = home
        self.setting = setting
        self.options = options
    }

    /// Runs a node until a signal or a caller of its interface ends it.
    ///
    /// - Throws: ``Failure`` when it cannot start; who waits for readiness has been told.
    package func run() async throws -> Ending {
        do {
            return try await runReporting()
        } catch {
            let failure = error as? Failure ?? NodeProcess.unknown(error)
            options.readiness.report(.failed(failure))
            throw failure
        }
    }

    private func runReporting() async throws -> Ending {
        let start = setting.time.uptime
        try home.create()
        let lock = try NodeLock(home)
        defer { lock.release() }
        let logs = NodeLogs(home: home, time: setting.time, echo: options.echo)
        let log = logs.logger("node")
        let signals = ProcessSignals()
        let notifier = SystemdNotifier(
            environment: setting.environment, processID: setting.processID)
        let (endings, asked) = AsyncStream.makeStream(of: Ending.self)
        let node = try await Node(home: home, setting: setting, logs: logs) { asked.yield($0) }
        if let level = options.debugLevel { try await node.setDebugLevel(level) }
        do {
            try await node.start()
            try lock.announce()
        } catch {
            log.error("not started: \(NodeProcess.text(error))")
            await node.stop()
            throw error
        }
        let milliseconds = (setting.time.uptime - start) / 1_000_000
        log.info("ready after \(milliseconds) ms, home \(home.path)")
        options.readiness.report(.ready)
        notifier?.ready(status: "ready")
        let ending = await supervise(node, signals, endings, notifier)
        notifier?.stopping()
        log.info("\(ending == .restart ? "restarting" : "stopping")")
        await node.stop()
        log.info("stopped")
        return ending
    }

    /// Waits for what ends the node, and does on the way what signals and systemd ask for.
    private func supervise(
        _ node: Node, _ signals: ProcessSignals, _ endings: AsyncStream<Ending>,
        _ notifier: SystemdNotifier?
    ) async -> Ending {
        let sleeper = setting.sleeper
        return await withTaskGroup(of: Ending?.self) { group in
            group.addTask {
                for await ending in endings { return ending }
                return nil
            }
            group.addTask {
                for await request in signals.requests {
                    guard request == .reload else { return .stop }
                    await node.reload()
                }
                return nil
            }
            if let notifier, let interval = notifier.watchdogInterval {
                group.addTask {
                    let nanoseconds = UInt64(clamping: Int64(interval / .nanoseconds(1)))
                    while (try? await sleeper.sleep(nanoseconds: nanoseconds)) != nil {
                        // An answer proves that the node itself is not stuck.
                        notifier.ready(status: await node.statusLine)
                        notifier.watchdog()
                    }
                    return nil
                }
            }
            for await ending in group {
                guard let ending else { continue }
                group.cancelAll()
                return ending
            }
            return .stop
        }
    }

    private static func unknown(_ error: any Error) -> Failure {
        Failure(
            "BD-NODE-START", .software, "cannot start a BitDust process", cause: text(error),
            remedy: "read the end of bitdust.log in its logs")
    }

    static func text(_ error: any Error) -> String {
        guard let failure = error as? Failure else { return "\(error)" }
        return failure.message + (failure.cause.map { ": \($0)" } ?? "")
    }
}
