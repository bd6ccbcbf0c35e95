package import Model

extension RootSeed {
    /// Private key seed of a root key: generation 0 is the user id's, each rotation takes the next.
    ///
    /// They hang on a chain of their own, so that a stolen root key tells nothing of the next; the
    /// root seed gives them all. docs/formats/keys.md has the labels.
    ///
    /// - Precondition: `generation` is not negative.
    package func identitySeed(generation: Int) -> SecretBytes {
        precondition(generation >= 0)
        guard generation > 0 else { return identitySeed }
        var link = secret.derived("bitdust/v1/identity/rotation")
        for _ in 1..<generation { link = link.derived("bitdust/v1/identity/rotation/next") }
        return link.derived("bitdust/v1/identity/rotation/ed25519")
    }
}
