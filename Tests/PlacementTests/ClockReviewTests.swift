import Model
import Placement
import Testing

@Suite struct ClockReviewTests {
    private func review(_ ahead: [Int64]) -> (own: Int64?, wrong: [Int64]) {
        let suppliers = ahead.indices.map { SupplierID(Bytes32(words: (UInt64($0 + 1), 0, 0, 0))) }
        let review = ClockReview(Dictionary(uniqueKeysWithValues: zip(suppliers, ahead)))
        return (review.own, suppliers.compactMap { review.wrong[$0] })
    }

    @Test func `one clock that differs is the supplier's`() {
        #expect(review([0, 9000, 5]) == (nil, [9000]))
        #expect(review([-9000, 20]) == (nil, [-9000]))
        #expect(review([9000]) == (nil, [9000]))
        #expect(review([]) == (nil, []))
    }

    @Test func `when most agree against ours it is ours`() {
        #expect(review([9000, 9010, 0]) == (-9000, [-9000]))
        #expect(review([-9000, -9000]) == (9000, []))
    }

    @Test func `a difference within an offer's age is none`() {
        #expect(review([3600, -3600, 0]) == (nil, []))
        #expect(review([3601, 0, 0]) == (nil, [3601]))
    }

    @Test func `no clock overflows`() {
        #expect(review([.max, .min, .max]) == (-(1 << 40), [-(1 << 41)]))
        #expect(review([.min, .min]) == (1 << 40, []))
    }
}
