package import Model

// Documents out of documents; nothing here touches a disk or a network.

extension IdentityDocument {
    /// The first document of an identity.
    ///
    /// - Throws: ``IdentityChangeError``.
    package static func first(
        _ content: IdentityContent, keys: IdentityKeys, signedBy key: DocumentKey
    ) throws(IdentityChangeError) -> IdentityDocument {
        try IdentityDocument(content, keys: keys, signedBy: key)
    }

    /// Says something new with the same keys; any of the devices may.
    ///
    /// - Parameter change: of sources, contacts, date and version.
    package func updated(
        signedBy key: DocumentKey, _ change: (inout IdentityContent) -> Void
    ) throws(IdentityChangeError) -> IdentityDocument {
        try IdentityDocument(try next(change), keys: keys, signedBy: key)
    }

    /// Takes over a statement of the root, such as ``IdentityKeys/adding(_:signedBy:)`` makes.
    package func updated(
        keys: IdentityKeys, signedBy key: DocumentKey,
        _ change: (inout IdentityContent) -> Void = { _ in }
    ) throws(IdentityChangeError) -> IdentityDocument {
        try IdentityDocument(try next(change), keys: keys, signedBy: key)
    }

    private func next(
        _ change: (inout IdentityContent) -> Void
    ) throws(IdentityChangeError) -> IdentityContent {
        guard content.revision < .max else { throw .noRevisionLeft }
        var next = content
        change(&next)
        next.revision = content.revision + 1
        next.previous = digest
        return next
    }
}

extension IdentityKeys {
    /// The first statement of an identity.
    ///
    /// - Parameter next: the key of its first rotation.
    /// - Throws: ``IdentityChangeError``.
    package static func first(
        root: IdentityKey, next: IdentityPublicKey, xWing: XWingPublicKey,
        certificates: [DeviceCertificate]
    ) throws(IdentityChangeError) -> IdentityKeys {
        let history: IdentityHistory
        do {
            history = try IdentityHistory(first: root, next: next)
        } catch {
            throw .signing(error)
        }
        return try IdentityKeys(
            epoch: 1, previous: .zero, history: history, xWing: xWing,
            certificates: certificates, signedBy: root)
    }

    /// Adds a device, or replaces the certificate of one.
    package func adding(
        _ certificate: DeviceCertificate, signedBy root: IdentityKey
    ) throws(IdentityChangeError) -> IdentityKeys {
        if let known = self.certificate(of: certificate.device),
            known.sequence >= certificate.sequence
        {
            throw .deviceIsKnown(certificate.device.deviceID)
        }
        let others = certificates.filter { $0.device != certificate.device }
        return try following(certificates: others + [certificate], signedBy: root)
    }

    /// Leaves a device out: what it signs from now on is not the user's.
    package func revoking(
        _ device: DeviceID, signedBy root: IdentityKey
    ) throws(IdentityChangeError) -> IdentityKeys {
        let others = certificates.filter { $0.device.deviceID != device }
        guard others.count < certificates.count else { throw .deviceIsUnknown(device) }
        return try following(certificates: others, signedBy: root)
    }

    /// Puts the root that was committed to in the place of the one in use.
    ///
    /// - Parameters:
    ///   - next: the key of the rotation after this one.
    ///   - xWing: a new one, or `nil` to keep it.
    package func rotating(
        from former: IdentityKey, to root: IdentityKey, next: IdentityPublicKey,
        xWing: XWingPublicKey? = nil
    ) throws(IdentityChangeError) -> IdentityKeys {
        let history = try history.rotated(from: former, to: root, next: next)
        return try following(
            history: history, xWing: xWing, certificates: certificates, signedBy: root)
    }

    private func following(
        history: IdentityHistory? = nil, xWing: XWingPublicKey? = nil,
        certificates: [DeviceCertificate], signedBy root: IdentityKey
    ) throws(IdentityChangeError) -> IdentityKeys {
        // A thief of the old root may have used up its epochs; the new root starts anew.
        let last = history == nil ? epoch : 0
        guard last < Limits.identityEpochMax else { throw .noEpochLeft }
        return try IdentityKeys(
            epoch: last + 1, previous: digest, history: history ?? self.history,
            xWing: xWing ?? self.xWing, certificates: certificates, signedBy: root)
    }
}
