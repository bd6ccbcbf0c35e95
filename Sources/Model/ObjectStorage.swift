/// A bucket of objects, as far as a supplier needs one: whole objects that are replaced in one
/// step, read in parts and listed.
///
/// Every call blocks until it is done or given up; one that may help is made again a few times.
///
/// Thread rules: any thread.
package protocol ObjectStorage: AnyObject, Sendable {
    /// Stores `parts`, one after the other, as one object; durable on return.
    ///
    /// - Throws: with ``ObjectError/silent(reason:)`` it may be there all the same, now or later.
    func put(_ parts: [UnsafeRawBufferPointer], as key: String) throws(ObjectError)

    /// Reads a part of an object, all of it when `range` is `nil`.
    ///
    /// - Parameter limit: bytes; a longer answer is ``ObjectError/wrongAnswer(field:)``.
    /// - Returns: exactly `range`, less only where the object ends before.
    func get(_ key: String, range: Range<Int>?, limit: Int) throws(ObjectError) -> [UInt8]

    /// Removes an object; one that is not there is none.
    func remove(_ key: String) throws(ObjectError)

    /// The objects whose keys begin with `prefix`, ascending by key.
    func list(_ prefix: String) throws(ObjectError) -> [StoredObject]

    /// ``ObjectError/silent(reason:)`` while requests are refused because none was answered; asks
    /// nobody.
    var silence: ObjectError? { get }
}

extension ObjectStorage {
    package var silence: ObjectError? { nil }
}

/// An object in a list.
package struct StoredObject: Hashable, Sendable {
    package let key: String
    /// Bytes.
    package let length: Int

    package init(key: String, length: Int) {
        self.key = key
        self.length = length
    }
}

/// Why a bucket did not do what it was asked.
package enum ObjectError: Error, Hashable, Sendable {
    /// No object has this key.
    case notFound
    case noBucket
    /// The access key is unknown, wrong, or may not do this; with the code of the answer.
    case refused(code: String)
    /// The bucket has no room.
    case full
    /// Nothing came, or only “later”, each time it was asked.
    case silent(reason: String)
    /// Whoever is there cannot be told from somebody else: nothing was sent.
    case untrusted(reason: String)
    /// The answer is not one to what was asked.
    case wrongAnswer(field: String)
    /// Another error, with the status of HTTP and the code of the answer.
    case failed(status: Int, code: String)

    /// What an operator reads.
    package var text: String {
        switch self {
        case .notFound: "the object is not there"
        case .noBucket: "there is no such bucket"
        case .refused("RequestTimeTooSkewed"): "the clock of this machine is wrong"
        case .refused(let code): "the access key is refused (\(code))"
        case .full: "the bucket is full"
        case .silent(let reason): "it does not answer (\(reason))"
        case .untrusted(let reason): "its certificate is not trusted: \(reason)"
        case .wrongAnswer(let field): "it answers what was not asked (\(field))"
        case .failed(let status, let code): "it fails (\(status) \(code))"
        }
    }
}
