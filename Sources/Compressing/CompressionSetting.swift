internal import Model

/// What a user asks for: a codec and its level. Written `zstd`, `zstd:3`, `deflate:6`, `none`.
package struct CompressionSetting: Hashable, Sendable, CustomStringConvertible {
    package let codec: Codec
    /// The library's own level; 0 for `none`.
    package let level: Int

    package static let none = CompressionSetting(codec: .none, uncheckedLevel: 0)
    package static let standard = CompressionSetting(
        codec: .zstd, uncheckedLevel: Limits.zstdLevelDefault)

    /// `nil` when the codec has no such level: zstd -5...-1 and 1...19, deflate 1...9, none 0.
    ///
    /// Zero is no level of zstd here, although the library takes it for 3.
    package init?(codec: Codec, level: Int) {
        let isLevel =
            switch codec {
            case .none: level == 0
            case .zstd: level != 0 && (Limits.zstdLevelMin...Limits.zstdLevelMax).contains(level)
            case .deflate: (1...Limits.deflateLevelMax).contains(level)
            }
        guard isLevel else { return nil }
        self.init(codec: codec, uncheckedLevel: level)
    }

    /// Reads `codec` or `codec:level`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, parts.count <= 2,
            let codec = Codec.allCases.first(where: { "\($0)" == name })
        else { return nil }
        guard parts.count == 2 else {
            self.init(codec: codec, uncheckedLevel: CompressionSetting.defaultLevel(codec))
            return
        }
        // The round trip refuses "+3" and "03", which Int reads.
        guard codec != .none, let level = Int(parts[1]), String(level) == parts[1] else {
            return nil
        }
        self.init(codec: codec, level: level)
    }

    package var description: String { codec == .none ? "none" : "\(codec):\(level)" }

    private init(codec: Codec, uncheckedLevel: Int) {
        self.codec = codec
        self.level = uncheckedLevel
    }

    private static func defaultLevel(_ codec: Codec) -> Int {
        switch codec {
        case .none: 0
        case .zstd: Limits.zstdLevelDefault
        case .deflate: Limits.deflateLevelDefault
        }
    }
}
