internal import Glibc
package import Model
internal import Networking
internal import Settings
internal import Suppliers

/// What is behind the paths that are donated: directories of this machine, and buckets as
/// `s3://BUCKET/PREFIX`.
package struct DonatedPlaces: Sendable {
    let home: NodeHome
    let values: SettingValues
    let threads: NetworkThreads
    let setting: NodeSetting

    /// Blocks until a bucket has answered.
    ///
    /// - Throws: `BD-SUPPLIER-BUCKET`, `BD-SUPPLIER-KEY`, or ``ObjectError``.
    func locate(_ path: String) throws -> DonatedPlace {
        guard DonatedPlaces.isBucket(path) else {
            return DonatedPlace(directory: path, disk: LocalDisk())
        }
        let endpoint = values[SupplierSettings.storageEndpoint]
        let region = values[SupplierSettings.storageRegion]
        guard
            let address = BucketAddress(
                place: path, endpoint: endpoint, region: region.isEmpty ? "us-east-1" : region)
        else {
            throw Failure(
                "BD-SUPPLIER-BUCKET", .badConfiguration,
                "\(path) at \(endpoint) is no bucket",
                remedy: "`s3://BUCKET/PREFIX`, and `https://HOST` in "
                    + "services/supplier/storage-endpoint")
        }
        let client = try makeClient(address)
        try client.probe()
        let directory = DonatedPlaces.directory(of: address, home)
        return DonatedPlace(
            directory: directory,
            disk: ObjectDisk(
                root: directory, storage: client, random: setting.random,
                takesOver: access(DonatedPlaces.order(directory), F_OK) == 0))
    }

    private func makeClient(_ address: BucketAddress) throws -> BucketClient {
        let certificates = values[SupplierSettings.storageCertificates]
        let roots =
            certificates.isEmpty
            ? nil : try HomeFile.read(certificates, limit: Limits.certificatesLengthMax)
        let key = try AccessKeyFile.read(home)
        do {
            return try BucketClient(
                address, key: key, threads: threads, time: setting.time, roots: roots,
                renew: { try? AccessKeyFile.read(home) })
        } catch {
            throw Failure(
                "BD-SUPPLIER-BUCKET", .badConfiguration,
                "there is no certificate in \(certificates)",
                remedy: "name a file with `-----BEGIN CERTIFICATE-----` in "
                    + "services/supplier/storage-certificates")
        }
    }

    /// Has the node take buckets that are another's, the next time that it opens them.
    ///
    /// - Throws: `BD-FILE`.
    package static func takeOver(_ paths: [String], _ home: NodeHome) throws(Failure) {
        for path in paths {
            guard let address = BucketAddress(place: path, endpoint: "", region: "any") else {
                continue
            }
            try home.create()
            mkdir(home.buckets, 0o700)
            try HomeFile.write([], to: order(directory(of: address, home)))
        }
    }

    /// They were opened.
    func forgetOrders(_ paths: [String]) {
        for path in paths where DonatedPlaces.isBucket(path) {
            guard let address = BucketAddress(place: path, endpoint: "", region: "any") else {
                continue
            }
            HomeFile.remove(DonatedPlaces.order(DonatedPlaces.directory(of: address, home)))
        }
    }

    private static func order(_ directory: String) -> String { "\(directory).take-over" }

    static func isBucket(_ path: String) -> Bool { path.hasPrefix("s3://") }

    /// Where the index and the key of a supplier in a bucket are: words of a prefix have no `_`.
    static func directory(of address: BucketAddress, _ home: NodeHome) -> String {
        let words = (address.bucket + "/" + address.prefix).split(separator: "/")
        return "\(home.buckets)/" + words.joined(separator: "_")
    }
}
