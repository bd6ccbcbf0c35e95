extension Duration {
    /// Whole nanoseconds, from 0 to what fits; for sums with uptimes.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow
            ? .max / 4 : min(.max / 4, min(product, .max / 2) + UInt64(attoseconds / 1_000_000_000))
    }
}
