extension JSONValue {
  /// A number that counts or places things, held between 0 and a billion so that sums of it cannot
  /// overflow; nil for what is no whole number.
  package var counter: Int? { int.map { Swift.min(Swift.max($0, 0), 1_000_000_000) } }
}
