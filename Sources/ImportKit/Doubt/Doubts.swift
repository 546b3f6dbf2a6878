/// The one maker of notes and conditions of an import.
///
/// A doubt is told once in one wording, as a note of the policy and as a condition of what it is
/// about: an importer cannot drop it half-way. Nothing else in an importer makes a `Condition`.
package final class Doubts {
  private struct Key: Hashable {
    let kind: Note.Kind
    let text: String
  }

  /// In the order in which they came up, none twice.
  package private(set) var notes: [Note] = []
  private var known: Set<Key> = []

  package init() {}

  /// Writes a note; the same words of the same kind are written once, with the first position.
  package func note(_ kind: Note.Kind, _ text: String, at position: SourcePosition? = nil) {
    guard known.insert(Key(kind: kind, text: text)).inserted else { return }
    notes.append(Note(kind, text, at: position))
  }

  /// Takes over what was written elsewhere, by the same rule.
  package func add(_ others: [Note]) {
    for other in others { note(other.kind, other.text, at: other.position) }
  }

  /// What an export leaves open, as a condition for the match that it is about.
  ///
  /// Kinds that tell of the export (not understood, missing, perhaps not in force) leave a note too;
  /// kinds that tell of the world outside (categories, applications, lists, users, times) do not,
  /// since they are no fault of the export.
  ///
  /// - Parameter detail: for a reader who knows the product; the same words mean the same question,
  ///   wherever they stand.
  package func doubt(
    _ kind: Condition.Kind, _ detail: String, at position: SourcePosition? = nil
  ) -> Condition {
    if let kind = Self.noteKind(kind) { note(kind, detail, at: position) }
    return Condition(kind, detail)
  }

  private static func noteKind(_ kind: Condition.Kind) -> Note.Kind? {
    switch kind {
    case .unmodelled: .unmodelled
    case .unresolved: .unresolved
    case .missingPart: .completeness
    case .patternReading, .notInForce: .reading
    case .application, .category, .externalList, .vendorTag, .resolvedName, .addressOnly, .user,
      .schedule, .urlPath, .interfaceBinding:
      nil
    }
  }
}
