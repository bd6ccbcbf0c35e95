internal import APIModel
internal import Identities
internal import IdentityServers
internal import Model
internal import Services

/// The group `identity`.
struct IdentityAPI: Sendable {
    let identity: LocalIdentity
    let states: StateRegistry
    let publishing: @Sendable () -> Publishing

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("identity/get") { await get($0) }
        table.on("identity/create") { await create($0) }
        table.on("identity/backup") { await backUp($0) }
        // What these answer in the reference too: clients expect it.
        table.on("identity/erase") { _ in .error("method is not implemented yet") }
        table.on("identity/heal") { _ in .error("method is not implemented yet") }
        return table
    }

    private func get(_ request: APIRequest) async -> APIEnvelope {
        guard let document = await identity.document else {
            return .error("local identity is not ready", reason: "identity_not_exist")
        }
        return .ok(IdentityJSON.value(document, withXML: request.flag("xml_source")))
    }

    private func create(_ request: APIRequest) async -> APIEnvelope {
        do {
            let preferred = try KnownServers.parse(
                request.list("preferred_servers").joined(separator: ","))
            let plan = publishing().plan(preferred: preferred, states: states)
            let document = try await identity.create(
                request.text("username") ?? "", plan: plan)
            return .ok(
                IdentityJSON.value(document, withXML: true),
                message: "identity \(document.globalID) was created")
        } catch let error as RegistrationError {
            return .error(error.description)
        } catch let failure as Failure {
            return .error(failure.message, message: failure.cause, reason: failure.code)
        } catch {
            return .error("\(error)")
        }
    }

    private func backUp(_ request: APIRequest) async -> APIEnvelope {
        guard let path = request.text("destination_filepath"), path.hasPrefix("/") else {
            return .error("destination_filepath must be an absolute path")
        }
        guard await identity.document != nil else {
            return .error("local identity is not ready", reason: "identity_not_exist")
        }
        do {
            try await identity.backUp(to: path)
        } catch let failure as Failure {
            return .error(failure.message, message: failure.cause, reason: failure.code)
        } catch {
            return .error("error writing to \(path)", message: "\(error)")
        }
        return .ok(
            ["local_path": .text(path)],
            message: "WARNING! keep the master key in a safe place and never publish it anywhere!")
    }
}
