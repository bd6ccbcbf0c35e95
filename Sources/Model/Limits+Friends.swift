/// Of invitations, and of those who were invited.
extension Limits {
    /// 104 bits of a user id, in a code that is read out or typed.
    package static let fingerprintLength = 13
    /// 80 bits that only the two who know the code have: 2^80 tries at five an hour never end.
    package static let invitationTokenLength = 10
    /// Places in a code, where each takes 7 bytes or 19: one of the node's own and two routers.
    package static let invitationPlaceCountMax = 3
    /// Places that whoever accepts tells of itself.
    package static let friendPlaceCountMax = 8
    /// Symbols of the longest code: three places of IPv6.
    package static let invitationCodeLengthMax = 256
    /// Invitations that wait at the same time; each keeps room for its gift.
    package static let invitationCountMax = 32
    /// How long an invitation holds unless its maker says otherwise, and at most: a week and a year.
    package static let invitationDaysDefault = 7.0
    package static let invitationDaysMax = 365.0
    /// Wrong tokens that are heard from one range of addresses within an hour, in nanoseconds.
    package static let invitationTriesMax = 5
    package static let invitationTriesWindow: UInt64 = 3_600_000_000_000
    /// Ranges of addresses whose wrong tokens are counted; who was silent longest is forgotten.
    package static let invitationTrierCountMax = 1024
    /// As many as there are fragments of a block.
    package static let friendCountMax = fragmentCountMax
    /// Digits of an id that name its owner in a command: chance does not give eight twice.
    package static let userPrefixLengthMin = 8
    /// A file of friends or invitations with all their places and names.
    package static let friendFileLengthMax = 1 << 20
    /// How long whoever promises room waits for the supplier to begin, in nanoseconds.
    package static let supplierStartPatience: UInt64 = 30_000_000_000
    /// What an answer to an invitation may take: the other side has a file to write.
    package static let invitationDeadline: Duration = .seconds(20)
    /// How often a node tries to hire who has accepted its invitation, and the pause in between, in
    /// nanoseconds: a backup that has the home ends, or the next backup does it.
    package static let friendHiringTries = 20
    package static let friendHiringPause: UInt64 = 15_000_000_000
}
