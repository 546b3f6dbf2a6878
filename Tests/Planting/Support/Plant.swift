import ImportKit

/// A sample export with one thing changed so that the original stays one possible reading of it.
package struct Plant: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    /// A word that nobody knows in the place of a value.
    case word
    /// A marker of a template that was never filled in.
    case marker
    /// A value of another type: a fraction, an object, an element inside a text.
    case oddType = "odd-type"
    /// A member that nobody knows.
    case member
    /// An object that is referred to is gone.
    case reference
    /// One of several files is gone.
    case part
  }

  package let kind: Kind
  /// Where: names of elements or members, with the line.
  package let place: String
  let files: [ExportFile]
  /// The rule or object that got the unknown member, where it is one; then it must show.
  let isInRuleOrObject: Bool
}

/// A stretch of a file that can be replaced, or a point where something can be put in.
struct PlantSite {
  enum Role {
    /// A scalar value; the stretch holds it without quotes or tags.
    case value
    /// The end of an object: an unknown member goes in here.
    case end
    /// A whole object or element, as it would be taken away.
    case whole
  }

  let role: Role
  let range: Range<Int>
  let path: String
  let line: Int
  /// JSON pointer of the object (`end`, `whole`) or value; empty for other formats.
  let pointer: String
  /// What surrounds a value in its file, for replacing it by another type.
  let outer: Range<Int>
}
