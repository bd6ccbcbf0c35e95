internal import Model
internal import Networking

/// Why a port could not be opened, for people: whose it is and what to do.
enum PortFailure {
    static func explain(
        _ error: NetworkError, _ transport: PortHolder.Transport = .tcp
    ) -> Failure {
        switch error {
        case .portInUse(let port):
            let holder = PortHolder.find(port: port, transport).map { " by \($0)" } ?? ""
            return Failure(
                "BD-PORT-IN-USE", .failed, "port \(port) is in use\(holder)",
                remedy: "stop that program, or choose another port with `bitdust set`")
        case .portNotAllowed(let port):
            return Failure(
                "BD-PORT-NOT-ALLOWED", .noPermission,
                "port \(port) is for the administrator only",
                remedy: "choose one above 1023; a web server can pass port 80 on to it")
        case .addressNotHere(let address):
            return Failure(
                "BD-ADDRESS-NOT-HERE", .badConfiguration,
                "this machine does not have the address \(address)",
                remedy: "bitdust set services/network/listen-address \"\"")
        default:
            return Failure("BD-PORT", .failed, "a port cannot be opened", cause: "\(error)")
        }
    }
}
