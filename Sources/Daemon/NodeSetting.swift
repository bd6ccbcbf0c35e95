package import Model
package import Networking
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
    /// Variables of the process.
    package let environment: [String: String]
    package let processID: Int32
    /// The user that owns the process.
    package let userID: UInt32
    /// Who was silent a moment ago, for a command, which looks in many places.
    package var silence: SilentEndpoints?

    package init(
        sleeper: any Sleeper, adapters: Adapters, deviceName: String, userName: String,
        environment: [String: String], processID: Int32, userID: UInt32
    ) {
        self.time = adapters.time
        self.sleeper = sleeper
        self.random = adapters.random
        self.adapters = adapters
        self.deviceName = deviceName
        self.userName = userName
        self.environment = environment
        self.processID = processID
        self.userID = userID
    }
}
