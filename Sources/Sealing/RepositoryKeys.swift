package import Model

/// All keys of one repository, from its master key alone: what a machine needs to back up and to
/// restore.
///
/// docs/formats/keys.md has the labels; golden file fixtures/seal/keys-v1.txt.
package struct RepositoryKeys: Sendable {
    /// Public: names the repository in contexts, heads and logs, and tells nothing about the keys.
    package let repository: RepositoryID
    /// Seals blocks and catalog blocks.
    package let seal: SecretBytes
    /// Seals the descriptors that suppliers keep next to their fragments.
    package let descriptor: SecretBytes
    /// Seals heads.
    package let head: SecretBytes
    /// Key of the keyed BLAKE3 that names chunks.
    package let chunkID: SecretBytes
    /// Seed of the chunker's table.
    package let chunker: SecretBytes
    /// Key of the ids that suppliers know fragments by.
    package let placement: SecretBytes
    /// Seed of the Ed25519 key that signs where the suppliers are, in the DHT.
    package let pointerSigning: SecretBytes
    /// Seals that.
    package let pointer: SecretBytes

    package init(masterKey: SecretBytes) {
        repository = masterKey.derived("bitdust/v1/repository/id").withBytes {
            RepositoryID(Bytes32($0))
        }
        seal = masterKey.derived("bitdust/v1/repository/seal")
        descriptor = masterKey.derived("bitdust/v1/repository/descriptor")
        head = masterKey.derived("bitdust/v1/repository/head")
        chunkID = masterKey.derived("bitdust/v1/repository/chunk-id")
        chunker = masterKey.derived("bitdust/v1/repository/chunker")
        placement = masterKey.derived("bitdust/v1/repository/placement")
        pointerSigning = masterKey.derived("bitdust/v1/repository/pointer-signing")
        pointer = masterKey.derived("bitdust/v1/repository/pointer")
    }

    package var blockSealer: Sealer { Sealer(key: seal) }
    package var descriptorSealer: Sealer { Sealer(key: descriptor) }
    package var headSealer: Sealer { Sealer(key: head) }
    package var pointerSealer: Sealer { Sealer(key: pointer) }
}
