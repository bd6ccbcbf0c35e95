internal import Identities
internal import Model
internal import Sealing

/// Makes the headers of fragments: descriptor sealed for the owner, signed by this device.
struct FragmentSigning: Sendable {
    let owner: BlockWriter.Owner
    let random: any RandomSource

    func header(of descriptor: BlockDescriptor, position: Int) throws -> FragmentHeader {
        var writer = ByteWriter(reserving: 64 + 64 * descriptor.places.count)
        writer.byte(UInt8(position))
        descriptor.encode(into: &writer)
        let context = SealContext(
            kind: .descriptor, repository: owner.keys.repository,
            plaintextLength: writer.bytes.count)
        let sealed = try owner.keys.descriptorSealer.seal(
            writer.bytes, random: random, context: context.bytes)
        return try FragmentHeader(
            owner: owner.user, device: owner.device.publicKey.deviceID,
            fragment: descriptor.places[position].fragment,
            length: descriptor.fragmentLength, sealedDescriptor: sealed
        ) { try owner.device.sign($0, for: .fragmentHeader).array }
    }
}
