import NetworkSets
import Testing

/// Kleene's strong logic, row by row.
@Suite struct TruthTests {
  @Test(arguments: [
    (Truth.no, Truth.no, Truth.no, Truth.no), (.no, .perhaps, .no, .perhaps),
    (.no, .yes, .no, .yes), (.perhaps, .perhaps, .perhaps, .perhaps),
    (.perhaps, .yes, .perhaps, .yes), (.yes, .yes, .yes, .yes),
  ])
  func tables(_ left: Truth, _ right: Truth, _ both: Truth, _ either: Truth) {
    #expect((left && right) == both && (right && left) == both)
    #expect((left || right) == either && (right || left) == either)
    #expect(!(left && right) == (!left || !right))
    #expect(!(left || right) == (!left && !right))
    #expect(!(!left) == left)
  }
}
