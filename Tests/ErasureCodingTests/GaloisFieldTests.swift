import ErasureCoding
import Testing

@Suite struct GaloisFieldTests {
    private let elements = UInt8.min...UInt8.max

    /// Carry-less multiplication, then division by the polynomial: no table.
    private func slowProduct(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product: UInt16 = 0
        for bit in 0..<8 where b >> bit & 1 == 1 { product ^= UInt16(a) << bit }
        for bit in (8..<16).reversed() where product >> bit & 1 == 1 {
            product ^= 0x11D << (bit - 8)
        }
        return UInt8(product)
    }

    @Test func `products are those of the polynomial 0x11D`() {
        for a in elements {
            for b in elements where GaloisField.product(a, b) != slowProduct(a, b) {
                Issue.record("\(a) * \(b)")
            }
        }
    }

    @Test func `every element but zero has an inverse`() {
        #expect(GaloisField.inverse(0) == 0)
        for a in elements where a != 0 {
            #expect(GaloisField.product(a, GaloisField.inverse(a)) == 1)
        }
    }

    @Test func `multiplication commutes, associates and distributes`() {
        var failures = 0
        for a in elements {
            for b in elements {
                let product = GaloisField.product(a, b)
                if product != GaloisField.product(b, a) { failures += 1 }
                for c in elements {
                    let right = GaloisField.product(b, c)
                    if GaloisField.product(product, c) != GaloisField.product(a, right) {
                        failures += 1
                    }
                    if GaloisField.product(a, b ^ c) != product ^ GaloisField.product(a, c) {
                        failures += 1
                    }
                }
            }
        }
        #expect(failures == 0)
    }

    @Test func `two generates all elements but zero`() {
        var seen: Set<UInt8> = []
        var power: UInt8 = 1
        for _ in 0..<255 {
            seen.insert(power)
            power = GaloisField.product(power, 2)
        }
        #expect(seen.count == 255 && power == 1)
    }
}
