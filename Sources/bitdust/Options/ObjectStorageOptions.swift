internal import Daemon
internal import Model

/// Where object storage is and who asks it, from the environment, as the tools for it read that.
struct ObjectStorageOptions {
    let environment: ProcessEnvironment

    init(_ environment: ProcessEnvironment) {
        self.environment = environment
    }

    /// Keeps what the environment says, when one of the paths is a bucket: the node that runs has
    /// another environment, or another day's.
    ///
    /// - Throws: `BD-SUPPLIER-KEY` when there is no key and never was one.
    func keep(_ paths: [String], _ client: NodeClient) throws {
        guard paths.contains(where: { $0.hasPrefix("s3://") }) else { return }
        if let id = environment.text("AWS_ACCESS_KEY_ID"),
            let secret = environment.text("AWS_SECRET_ACCESS_KEY")
        {
            try client.home.create()
            try AccessKeyFile.write(
                id: id, secret: secret, token: environment.text("AWS_SESSION_TOKEN"), client.home)
        } else if !AccessKeyFile.isThere(client.home) {
            throw Failure(
                "BD-SUPPLIER-KEY", .usage, "there is no key to the object storage",
                remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        }
        let names = [
            ("storage-endpoint", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
            ("storage-region", ["AWS_REGION", "AWS_DEFAULT_REGION"]),
            ("storage-certificates", ["AWS_CA_BUNDLE"]),
        ]
        for (key, variables) in names {
            guard let text = variables.lazy.compactMap(environment.text).first else { continue }
            try client.set("services/supplier/\(key)", text)
        }
    }
}
