internal import Logging
internal import Services

extension Logger {
    /// A line for what a service did.
    func report(_ report: ServiceRunner.Report) {
        switch report {
        case .entered(let name, let state): debug("\(name.id) is \(state.rawValue)")
        case .failed(let name, let reason, let delay):
            warning(
                "\(name.id) failed, tried again in \(delay / 1_000_000_000) s: \(reason)")
        }
    }
}
