package import Model
package import Pipelines

/// What comes to a node from outside: clocks, randomness, the machine and its user.
package struct NodeSetting: Sendable {
    package let time: any TimeSource
    package let sleeper: any Sleeper
    package let random: any RandomSource
    /// For the customer's part of the home.
    package let adapters: Adapters
    /// What a new device is called.
    package let deviceName: String
    package let userName: String

    package init(
        sleeper: any Sleeper, adapters: Adapters, deviceName: String, userName: String
    ) {
        self.time = adapters.time
        self.sleeper = sleeper
        self.random = adapters.random
        self.adapters = adapters
        self.deviceName = deviceName
        self.userName = userName
    }
}
