/// Of being asked to dial back.
extension Limits {
    /// Between two of one address range, in nanoseconds.
    package static let dialBackInterval: UInt64 = 10_000_000_000
    package static let dialBackRangeMax = 1024
    /// After somebody from outside came, nobody is asked for so long, in nanoseconds.
    package static let reachBelievedTime: Int64 = 86_400_000_000_000
    /// How soon it is asked again after nobody could come: somebody is mending the port forwarding.
    package static let reachRetryInterval: UInt64 = 600_000_000_000
}
