internal import Model

/// How long a backup waits for a supplier that has stopped answering; nanoseconds.
package struct LanePatience: Sendable {
    /// Before the second attempt; doubled after each further one.
    package var pauseMin = Limits.lanePauseMin
    package var pauseMax = Limits.lanePauseMax
    /// What one supplier may hold up, while the others are enough for new blocks.
    package var hold = Limits.laneHold
    /// What is waited when too few answer: nothing can be stored without them.
    package var networkHold = Limits.laneNetworkHold

    package init() {}
}
