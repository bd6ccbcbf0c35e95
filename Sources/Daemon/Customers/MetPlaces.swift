internal import Identities
internal import Model
internal import Networking

/// Where nodes are that this home has met, without asking anybody: as friends have said, and as the
/// documents say that the node keeps.
struct MetPlaces: Sendable {
    let home: NodeHome

    func places(of user: UserID) -> PeerAddresses {
        // A damaged file helps nobody here; the commands about friends tell of it.
        var places = (try? FriendBook(home: home))?.friend(user)?.places ?? PeerAddresses()
        let path = "\(home.knownIdentities)/\(user).xml"
        guard
            let bytes = try? HomeFile.readIfThere(path, limit: Limits.identityDocumentLengthMax),
            let document = try? IdentityDocument(decoding: bytes), document.userID == user
        else { return places }
        for contact in document.content.contacts {
            if let endpoint = contact.endpoint { places.add(endpoint, of: contact) }
        }
        return places
    }
}
