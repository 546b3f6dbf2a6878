/// Objects that have a number and wait for their members to be read.
///
/// An importer takes a number for an object where it is first named, puts its definition here, and
/// reads the definitions one after the other: no nesting is too deep, and groups may refer to each
/// other in circles.
package struct ObjectQueue<Definition> {
  package struct Entry {
    /// Index in the ``ObjectTable``.
    package let number: Int
    package let definition: Definition
  }

  private var entries: [Entry] = []
  private var next_ = 0

  package init() {}

  package mutating func add(_ number: Int, _ definition: Definition) {
    entries.append(Entry(number: number, definition: definition))
  }

  /// The next one to read; nil where none waits.
  package mutating func next() -> Entry? {
    guard next_ < entries.count else {
      entries = []
      next_ = 0
      return nil
    }
    next_ += 1
    return entries[next_ - 1]
  }
}
