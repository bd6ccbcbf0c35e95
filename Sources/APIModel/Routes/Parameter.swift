/// One parameter of a route: how it is called, what it may be, what it is when nobody gives it.
package struct Parameter: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Text without NUL; numbers and flags are taken as their text.
        case text
        /// True exactly for `1 true True yes Yes YES ok`, JSON 1 and true.
        case flag
        case integer(ClosedRange<Int64>)
        /// Texts separated by commas, or a JSON array of texts.
        case list
        /// Any JSON value; a query gives a text.
        case value
    }

    package enum Place: Hashable, Sendable {
        /// A name of the query or of the JSON object.
        case input
        /// The segment of the path after the verb; a name of the input if the path has none.
        case path
        /// All segments of the path after the verb, joined with `/`; else a name of the input.
        case pathRest
    }

    /// The first one is what handlers ask for; the others are taken too, in this order.
    package let names: [String]
    package let kind: Kind
    package let place: Place
    package let isMandatory: Bool
    package let standard: APIValue?
    package let about: String

    package var name: String { names[0] }

    private init(
        _ names: [String], _ kind: Kind, _ need: Need, place: Place = .input, about: String
    ) {
        self.names = names
        self.kind = kind
        self.place = place
        self.about = about
        switch need {
        case .mandatory: (isMandatory, standard) = (true, nil)
        case .optional: (isMandatory, standard) = (false, nil)
        case .otherwise(let value): (isMandatory, standard) = (false, value)
        }
    }

    package enum Need: Hashable, Sendable {
        case mandatory
        case optional
        case otherwise(APIValue)
    }

    package static func text(
        _ name: String, or others: [String] = [], _ need: Need = .optional, _ about: String = ""
    ) -> Parameter {
        Parameter([name] + others, .text, need, about: about)
    }

    package static func flag(
        _ name: String, default standard: Bool = false, _ about: String = ""
    ) -> Parameter {
        Parameter([name], .flag, .otherwise(.bool(standard)), about: about)
    }

    package static func integer(
        _ name: String, or others: [String] = [], in range: ClosedRange<Int64>,
        _ need: Need = .optional, _ about: String = ""
    ) -> Parameter {
        Parameter([name] + others, .integer(range), need, about: about)
    }

    /// Seconds to wait, at most an hour.
    package static func seconds(_ name: String, default standard: Int64) -> Parameter {
        Parameter([name], .integer(0...3600), .otherwise(.integer(standard)), about: "seconds")
    }

    package static func list(_ name: String, _ about: String = "") -> Parameter {
        Parameter([name], .list, .optional, about: about)
    }

    package static func value(
        _ name: String, _ need: Need = .optional, _ about: String = ""
    ) -> Parameter {
        Parameter([name], .value, need, about: about)
    }

    package static func path(_ name: String, _ about: String = "") -> Parameter {
        Parameter([name], .text, .mandatory, place: .path, about: about)
    }

    package static func pathRest(_ name: String, _ about: String = "") -> Parameter {
        Parameter([name], .text, .mandatory, place: .pathRest, about: about)
    }

    /// A user: by global id, by the URL of an identity document, or by the id of a key.
    package static func user(
        _ name: String, or others: [String] = ["global_id", "idurl", "id"],
        _ need: Need = .mandatory
    ) -> Parameter {
        Parameter([name] + others, .text, need, about: "global id, idurl or key id")
    }
}
