internal import Identities
internal import Settings

extension SettingValues {
    /// The name of this machine as others reach it; `nil` when it is not set.
    var serverHost: Host? {
        self[IdentitySettings.serverHost].flatMap { Host($0.bracketed) }
    }
}
