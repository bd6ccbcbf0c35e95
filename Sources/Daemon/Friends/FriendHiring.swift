internal import Dispatch
internal import Logging
internal import Model
internal import Pipelines
internal import Suppliers

/// Makes a friend a supplier of this home's customer, when no command is using the home.
struct FriendHiring: Sendable {
    let parts: NodeParts

    private enum Outcome: Sendable {
        case done(String)
        case again(String)
    }

    /// Returns at once; what cannot be done within a while is done by the next backup.
    func begin(_ friend: Friend) {
        Task {
            let log = parts.logs.logger("friends")
            var last = ""
            for _ in 0..<Limits.friendHiringTries {
                switch await perform(friend) {
                case .done(let text): return log.info("\(friend.name): \(text)")
                case .again(let text): last = text
                }
                let isOver =
                    (try? await parts.setting.sleeper.sleep(
                        nanoseconds: Limits.friendHiringPause)) == nil
                if isOver { return }
            }
            log.warning("\(friend.name) is not hired yet: \(last)")
        }
    }

    private func perform(_ friend: Friend) async -> Outcome {
        let network = CustomerNetwork(home: parts.home, setting: parts.setting)
        let adapters = network.adapters
        let home = Home(path: Array(parts.home.path.utf8))
        let outcome = await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async {
                continuation.resume(
                    returning: FriendHiring.perform(friend, home: home, adapters))
            }
        }
        await network.close()
        return outcome
    }

    private static func perform(
        _ friend: Friend, home: Home, _ adapters: Adapters
    ) -> Outcome {
        do {
            let customer = try Customer.open(home: home, adapters: adapters, isBackground: true)
            defer { customer.close() }
            let report = try FriendFamily.hire([friend], for: customer)
            if let failed = report?.failed.first { return .again(failed.reason) }
            return .done(report == nil ? "not hired: there are directories" : "hired")
        } catch {
            return .again(NodeProcess.text(error))
        }
    }
}
